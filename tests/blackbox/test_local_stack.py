"""The servers under the tests and under `make run`: they come up, are watched, come back, and leave nothing behind."""

import contextlib
import fcntl
import os
import shutil
import signal
import smtplib
import socket
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import psycopg2
import pytest
from stack import ports, postgres
from stack.daemon import settings_of
from stack.mail import MailSink, text_of
from stack.postgres import Postgres
from stack.redis import Redis
from stack.server import Server
from stack.state import State
from stack.supervisor import Supervisor, Watch
from stack.waiting import wait_until
from support import ROOT
from support.mailbox import Mailbox
from support.scripted_smtp import DROP_AFTER_DOT, LATER, REFUSE
from support.stacks import sanitizer_report

# --- the mail sink ---


@pytest.fixture
def sink(tmp_path):
    server = MailSink(tmp_path / "mail", ports.free_port(), tmp_path / "mail.log")
    server.start()
    server.wait_until_answering()
    yield server
    assert server.stop() == 0


def send(server, subject, to="rae@reviewers.example", text="Grüße\n.\nafter a dot\n"):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "noreply@sharelink.example", to, subject
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        client.send_message(mail, to_addrs=[to])


def test_the_sink_keeps_a_mail_with_its_envelope(sink):
    send(sink, "Zoë")
    mail = Mailbox(sink.mail_dir).wait_for_one_to("rae@reviewers.example")
    assert mail["X-Envelope-From"] == "noreply@sharelink.example"
    assert mail["Subject"] == "Zoë"
    assert text_of(mail) == "Grüße\n.\nafter a dot"


def test_the_sink_takes_addresses_in_utf8(sink):
    send(sink, "hello", to="jörg@reviewers.example")
    with open(f"{sink.mail_dir}/{os.listdir(sink.mail_dir)[0]}", encoding="utf-8") as file:
        assert "X-Envelope-To: jörg@reviewers.example\n" in file.read()


def test_the_sink_orders_mails_and_serves_many_at_once(sink):
    for number in range(3):
        send(sink, f"first {number}")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: send(sink, f"then {number}"), range(100)))
    subjects = [mail["Subject"] for mail in Mailbox(sink.mail_dir).all()]
    assert subjects[:3] == ["first 0", "first 1", "first 2"]
    assert sorted(subjects[3:]) == sorted(f"then {number}" for number in range(100))


def test_the_scripted_mail_server_follows_its_script(smtp):
    smtp.on("rae@reviewers.example", LATER, REFUSE, DROP_AFTER_DOT)
    for expected in (smtplib.SMTPRecipientsRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPServerDisconnected):
        with pytest.raises(expected):
            send(smtp, "hello")
    send(smtp, "hello")
    attempts = smtp.wait_for(4, "rae@reviewers.example")
    assert [attempt.accepted for attempt in attempts] == [False, False, False, True]
    assert [attempt.mail and attempt.mail["Subject"] for attempt in attempts] == [None, None, "hello", "hello"]


# --- PostgreSQL and Redis ---


@contextlib.contextmanager
def private_postgres(directory):
    server = Postgres(f"{directory}/postgres", ports.free_port(), "secret", f"{directory}/postgres.log", durable=False)
    try:
        server.start()
        server.wait_until_answering()
        yield server
    finally:
        server.stop()
        postgres.remove(server.directory)


@pytest.fixture
def redis_server(tmp_path):
    server = Redis(tmp_path / "redis", ports.free_port(), tmp_path / "redis.log")
    server.start()
    server.wait_until_answering()
    yield server
    server.stop()


def test_postgres_works_where_its_account_cannot_go_and_recovers_from_a_crash(tmp_path):
    tmp_path.chmod(0o700)
    with private_postgres(tmp_path) as server:
        assert server.create_database("one") and not server.create_database("one")
        server.sql("CREATE TABLE t AS SELECT 42 AS answer", "one")
        with contextlib.closing(psycopg2.connect(server.url("one"))) as session:
            server.kill()
            assert session.closed == 0
        server.start()
        server.wait_until_answering()
        assert server.sql("SELECT answer FROM t", "one") == "42"
        server.restart()
        assert server.sql("SELECT answer FROM t", "one") == "42"
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(server.url("one", password="wrong"))
    assert not os.path.exists(postgres.place_elsewhere(tmp_path / "postgres"))


def test_postgres_is_not_misled_by_a_stale_pid_file(tmp_path):
    with private_postgres(tmp_path) as server:
        server.stop()
        with open(f"{server.data}/postmaster.pid", "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n{server.data}\n")
        server.start()
        server.wait_until_answering()


def test_redis_keeps_what_it_was_told_through_a_crash(redis_server):
    redis_server.ask("SET", "a", "b")
    redis_server.kill()
    redis_server.start()
    redis_server.wait_until_answering()
    assert redis_server.ask("GET", "a").endswith("b")
    redis_server.stop()
    redis_server.forget()
    redis_server.start()
    redis_server.wait_until_answering()
    assert redis_server.ask("GET", "a") == "$-1"


# --- supervision ---


class Watched:
    """A supervisor over some servers, and what it said."""

    def __init__(self, *servers):
        self.said = []
        self.supervisor = Supervisor(servers, self.said.append)

    def until(self, condition, what, seconds=20):
        return wait_until(condition, seconds, what, self.supervisor.tick)

    def until_said(self, words):
        self.until(lambda: any(words in line for line in self.said), f"it says: {words}")


def test_what_dies_is_started_again_within_two_seconds(redis_server, sink):
    watched = Watched(redis_server, sink)
    for server in (sink, redis_server, sink, sink):
        watch = next(each for each in watched.supervisor.watched if each.server is server)
        killed = server.process.pid
        os.kill(killed, signal.SIGKILL)
        watched.until(lambda watch=watch: watch.state is Watch.DOWN, f"the death of {server.name} is seen")
        assert watch.due - time.monotonic() <= 2
        watched.until(lambda: server.process.pid != killed and server.is_running(), f"{server.name} is started again")
        watched.until(server.answers, f"{server.name} answers again")
    assert watched.said[0].startswith("mail was killed by SIGKILL; starting it again")


def test_a_redis_that_somebody_started_in_its_place_is_adopted(redis_server, tmp_path):
    watched = Watched(redis_server)
    redis_server.ask("SHUTDOWN", "NOSAVE")
    theirs = Redis(tmp_path / "theirs", redis_server.port, tmp_path / "theirs.log")
    theirs.start()
    theirs.wait_until_answering()  # before the supervisor looks again
    watched.until_said("started by somebody else")
    assert redis_server.pid_of_stranger() is None, "it works in a directory of its own: not ours to stop"
    theirs.kill()
    watched.until_said("redis answers again")
    assert redis_server.is_running()


def test_pg_ctl_restart_is_adopted_and_ended_with_the_rest(tmp_path):
    with private_postgres(tmp_path) as server:
        watched = Watched(server)
        server._as_account([server._program("pg_ctl"), "-D", server.data, "-w", "-l", "/dev/null", "restart"])
        watched.until_said("started by somebody else")
        theirs = server.pid_of_stranger()
        assert theirs and not server.is_running()
        server.stop()
        assert not server.answers()


class Hopeless(Server):
    def command(self):
        return ["sh", "-c", "echo this cannot work; exit 78"]

    def answers(self):
        return False


def test_what_keeps_dying_gets_a_growing_pause_and_its_log_is_shown(tmp_path, redis_server):
    hopeless = Hopeless("hopeless", ports.free_port(), tmp_path / "hopeless.log")
    hopeless.start()
    watched = Watched(hopeless, redis_server)
    watched.until_said("3 times now; trying again in 1 s")
    assert "this cannot work" in watched.said[-1]
    assert redis_server.answers()


def test_servers_end_with_their_supervisor_even_when_it_is_killed(tmp_path):
    supervisor = subprocess.Popen([sys.executable, "-c", f"""
import sys
sys.path.insert(0, {str(ROOT / "deploy" / "local")!r})
from stack.mail import MailSink
from stack.redis import Redis
from stack import ports
servers = [Redis({str(tmp_path / "redis")!r}, ports.free_port(), {str(tmp_path / "redis.log")!r}),
           MailSink({str(tmp_path / "mail")!r}, ports.free_port(), {str(tmp_path / "mail.log")!r})]
for server in servers:
    server.start()
    server.wait_until_answering()
print(*(server.port for server in servers), flush=True)
sys.stdin.read()
"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with supervisor:
        open_ports = [int(word) for word in supervisor.stdout.readline().split()]
        assert len(open_ports) == 2 and all(ports.is_open(port) for port in open_ports)
        supervisor.kill()
    wait_until(lambda: not any(ports.is_open(port) for port in open_ports), 10, "both have ended")


# --- what is remembered, and settings ---


def test_the_state_is_remembered_and_a_port_that_was_taken_is_replaced(tmp_path):
    path = str(tmp_path / "state" / "state.json")
    first = State(path)
    remembered = (first.port("links"), first.password("links"), first.secret_key())
    taken = first.port("views")
    first.save()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with socket.create_server(("127.0.0.1", taken)):
        second = State(path)
        assert (second.port("links"), second.password("links"), second.secret_key()) == remembered
        assert second.port("views") != taken
    assert first.is_new and not second.is_new


def test_the_environment_overrules_our_settings():
    ours = {"SHARELINK_SMTP_URL": "smtp://ours", "SHARELINK_LISTEN": "127.0.0.1:1", "SHARELINK_SECRET_KEY": "ours"}
    given = {"SHARELINK_SMTP_URL": "smtp://given", "SHARELINK_VIEWS_SMTP_URL": "smtp://views", "SHARELINK_LISTEN": "no",
             "SHARELINK_LINKS_LISTEN": "127.0.0.1:2", "SHARELINK_SECRET_KEY_FILE": "/secret", "HOME": "/",
             "SHARELINK_LINKS_PASSWORD": "a role's", "SHARELINK_VIEWS_PASSWORD_FILE": "/role"}
    assert settings_of("links", ours, given) == {
        "SHARELINK_SMTP_URL": "smtp://given", "SHARELINK_LISTEN": "127.0.0.1:2", "SHARELINK_SECRET_KEY_FILE": "/secret"}
    assert settings_of("views", ours, given) == {
        "SHARELINK_SMTP_URL": "smtp://views", "SHARELINK_LISTEN": "127.0.0.1:1", "SHARELINK_SECRET_KEY_FILE": "/secret"}


def test_a_sanitizers_report_is_found_in_a_log(tmp_path):
    log = tmp_path / "links.log"
    log.write_text('{"event":"daemon.listening"}\n')
    assert sanitizer_report(log) is None
    log.write_text('{"event":"daemon.listening"}\ncommon/str.c:7:3: runtime error: signed integer overflow\n  #0 in main\n')
    assert sanitizer_report(log).startswith("runtime error: signed integer overflow")


# --- run.py ---


def run_py(directory, *arguments, **options):
    return subprocess.run([sys.executable, ROOT / "deploy" / "local" / "run.py", *arguments], text=True, timeout=60,
                          capture_output=True, env={**os.environ, "RUN_DIR": str(directory), **options})


def test_one_tree_has_one_run_and_only_an_idle_one_can_be_forgotten(tmp_path):
    directory = tmp_path / "run"
    (directory / "state").mkdir(parents=True)
    with open(directory / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for arguments in ([], ["--clean"]):
            refused = run_py(directory, *arguments)
            assert refused.returncode == 1 and "another run is active" in refused.stdout
        assert (directory / "state").exists()
    assert run_py(directory, "--clean").returncode == 0
    assert not directory.exists()


def test_a_build_that_is_missing_is_one_clear_line(tmp_path):
    directory = tempfile.mkdtemp(dir=tmp_path)
    failed = run_py(directory, MODE="no-such-mode")
    assert failed.returncode == 1
    assert failed.stdout.splitlines()[-1].endswith("is not built: run make")
    assert not os.path.exists(f"{directory}/env")
    assert run_py(directory, "--clean").returncode == 0
    shutil.rmtree(directory, ignore_errors=True)
