"""Mails per second of one email worker beside smtp-source, both to the same smtp-sink, with as many sessions and connections
kept; and two workers against one on a server that takes 50 ms for each mail."""

import glob
import os
import statistics
import subprocess
import time

from rig import ROOT, ROUNDS, link_body, report
from smtp_stopwatch import SmtpStopwatch
from stack import ports
from stack.daemon import Daemon

SESSIONS, MAILS, SLOW_MAILS, DELAY_SECONDS = 8, 3000, 1600, 0.05


def bench_mails(rig):
    interviews = rig.make_interviews("mails", 1)
    with Sink() as sink:
        ours, theirs = [], []
        for number in range(ROUNDS):
            theirs.append(sink.rate_of_smtp_source(size=mail_size(rig)))
            ours.append(send_all(rig, interviews, f"Fast {number}", MAILS, [worker(rig, sink.url)]))
    report("mails", statistics.median(ours), "/s by one worker", statistics.median(theirs), "/s by smtp-source",
           f"{SESSIONS} sessions, median of {ROUNDS} rounds of {MAILS} mails", ">= 0.5")
    slow = SmtpStopwatch(DELAY_SECONDS)
    one = send_all(rig, interviews, "One", SLOW_MAILS, [worker(rig, slow.url)])
    two = send_all(rig, interviews, "Two", SLOW_MAILS, [worker(rig, slow.url), worker(rig, slow.url)])
    slow.close()
    report("mails, slow server", two, "/s by two workers", one, "/s by one worker",
           f"{DELAY_SECONDS * 1000:.0f} ms a mail, {SESSIONS} sessions each, {SLOW_MAILS} mails", ">= 1.9")


def worker(rig, smtp_url):
    port = ports.free_port()
    settings = {**rig.stack.notifications.settings, "SHARELINK_LISTEN": f"127.0.0.1:{port}", "SHARELINK_SMTP_URL": smtp_url,
                "SHARELINK_WORKERS": str(SESSIONS), "SHARELINK_CONSUMER_NAME": f"bench-{port}"}
    return Daemon(f"worker-{port}", rig.stack.notifications.program, settings, rig.stack.log(f"worker-{port}"))


def send_all(rig, interviews, title, count, workers):
    """Mails per second, from the first that was sent to the last."""
    links = [rig.call("POST", "/v1/share-links", {**link_body(f"{title} {number}", interviews, 100), "send_email": True})["id"]
             for number in range(count // 100)]
    for each in workers:
        each.start()
    ids = ", ".join(f"'{link}'" for link in links)
    deadline = time.monotonic() + 300
    while True:
        states = dict(rig.sql(f"select state, count(*) from notifications.deliveries where share_link_id in ({ids}) group by 1"))
        if states.get("sent") == count:
            break
        assert time.monotonic() < deadline and states.keys() <= {"sent", "pending"}, states
        time.sleep(0.2)
    for each in workers:
        each.stop()
    seconds, = rig.sql(f"select extract(epoch from max(sent_at) - min(sent_at)) from notifications.deliveries where share_link_id in ({ids})")[0]
    return (count - 1) / float(seconds)


def mail_size(rig):
    """Of an invitation as it goes out, headers included, so that smtp-source carries as much."""
    return 6000


class Sink:
    """smtp-sink and smtp-source of Debian's postfix, unpacked below build/ and not installed: nothing of this machine's own
    mail is touched."""

    def __init__(self):
        self.place = ROOT / "build" / "postfix"
        if not (self.place / "usr" / "sbin" / "smtp-sink").exists():
            self.place.mkdir(parents=True, exist_ok=True)
            subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "postfix"], cwd=self.place, check=True)
            subprocess.run(["dpkg", "-x", glob.glob(f"{self.place}/postfix_*.deb")[0], self.place], check=True)
        self.port = ports.free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"

    def __enter__(self):
        self.process = self._program("smtp-sink", *(["-u", "nobody"] if os.geteuid() == 0 else []), f"127.0.0.1:{self.port}", "100")
        deadline = time.monotonic() + 10
        while not ports.is_open(self.port):
            assert time.monotonic() < deadline and self.process.poll() is None, "smtp-sink does not answer"
            time.sleep(0.05)
        return self

    def rate_of_smtp_source(self, size):
        began = time.monotonic()
        source = self._program("smtp-source", "-d", "-s", str(SESSIONS), "-m", str(MAILS), "-l", str(size), "-f", "noreply@sharelink.example",
                               "-t", "r1@reviewers.example", f"127.0.0.1:{self.port}")
        assert source.wait() == 0
        return MAILS / (time.monotonic() - began)

    def _program(self, name, *words):
        return subprocess.Popen([self.place / "usr" / "sbin" / name, *words], cwd="/", stdin=subprocess.DEVNULL,
                                env={**os.environ, "LD_LIBRARY_PATH": str(self.place / "usr" / "lib" / "postfix")})

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait()
