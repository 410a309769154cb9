"""Prism before the daemons: with SHARELINK_TEST_PRISM=1 calls of an Api pass through a proxy that knows the daemon's document alone, and
judges by that what is asked and answered. It is another reader of the contract than contract.py: what OpenAPI means is decided by
neither of us.

    SHARELINK_TEST_PRISM=1 /usr/bin/python3 -m pytest -q tests/blackbox/test_lists.py        or make test-prism

A violation is whatever it says of an answer, or of a request that was taken; it fails the run at its end, when all stacks are closed.
Of a request that was refused it may say what it likes: many are bad on purpose.
"""

import atexit
import collections
import json
import os
import re
import socket
import subprocess
import threading
from urllib.parse import unquote, urlsplit

from stack import ports
from stack.waiting import wait_until

from .. import ROOT, npm

PACKAGES = {"@stoplight/prism-cli": "5.14.2"}  # the last one for the Node.js of Debian's time
IS_ON = os.environ.get("SHARELINK_TEST_PRISM") == "1"
UPSTREAM = "X-Upstream"
DOCUMENTS = ROOT / "build" / "gen" / "proto" / "openapi"
START_SECONDS = 120

# Calls that go past it, with what it cannot do.
PAST = (
    (lambda method, path, options: options.get("stream"), "it reads an answer to its end, and streams have none"),
    (lambda method, path, options: method == "HEAD", "OpenAPI documents it as GET, and so it knows no such operation"),
    (lambda method, path, options: re.fullmatch(r"/s/[^/]+/media/.*", urlsplit(path).path), "it reads each body as text"),
    (lambda method, path, options: is_malformed(path, options.get("data")), "it answers what it cannot read, and no daemon would see it"),
    (lambda method, path, options: re.search(r"T[\d:.]+\+\d", urlsplit(path).query), "a bare + is a blank to it, and to us what it must be in a time"),
    (lambda method, path, options: "Content-Encoding" in (options.get("headers") or {}), "it reads JSON itself, and unpacks none"),
)

# Tests that it cannot be before, with the reason.
LEFT_OUT = {
    "test_log_filters.py::test_the_types_of_deliveries_have_two_names": "it asks 60 times for one type: we count different ones, the contract offers 50",
}

passed = collections.Counter()
violations = []
running = {}
lock = threading.Lock()


class Prism:
    """The proxy of one daemon's document, for the daemons of that name in all stacks."""

    def __init__(self, daemon):
        folder = npm.folder_with(PACKAGES)
        self.port = ports.free_port()
        self.said = open(folder / f"{daemon}-{os.getpid()}.out", "wb")  # no .log: it may print what is in a request
        self.process = subprocess.Popen(
            ["node", "--require", npm.SCRIPTS / "prism" / "upstream.cjs", folder / "node_modules" / ".bin" / "prism", "proxy",
             DOCUMENTS / f"{daemon}.json", "http://127.0.0.1:9", "--host", "127.0.0.1", "--port", str(self.port), "--cors", "false", "-v", "error"],
            stdin=subprocess.DEVNULL, stdout=self.said, stderr=subprocess.STDOUT)
        atexit.register(self.stop)
        wait_until(self.listens, START_SECONDS, f"prism listens for {daemon}")

    def listens(self):
        assert self.process.poll() is None, f"prism has ended: {self.said.name}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.said.close()


def is_malformed(path, data):
    """An escape that is broken or no UTF-8, or a body that is no JSON of which each reader understands the same."""
    try:
        unquote(path, errors="strict")
        return bool(re.search("%(?![0-9A-Fa-f]{2})", path) or data and not isinstance(json.loads(data, object_pairs_hook=once_each), (dict, list)))
    except (TypeError, ValueError):
        return True


def once_each(pairs):
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key twice")
    return made


def before(daemon):
    """Its URL. Started when it is first needed: that takes seconds."""
    with lock:
        if daemon not in running:
            running[daemon] = Prism(daemon)
        return f"http://127.0.0.1:{running[daemon].port}"


def way(daemon, base, method, path, options):
    """(base, options) of a call to the daemon at `base`, or to what is none of them."""
    if not IS_ON or not daemon or any(goes(method, path, options) for goes, _ in PAST):
        return base, options
    return before(daemon), {**options, "headers": {**(options.get("headers") or {}), UPSTREAM: base}}


def judge(daemon, answer):
    """Notes what prism says of an answer that came through it."""
    if UPSTREAM not in answer.request.headers:
        return
    taken = 200 <= answer.status_code < 300
    found = [each for each in told(answer) if each["location"][0] == "response" or taken]
    place = f"{daemon}: {answer.request.method} {answer.request.path_url}: {answer.status_code}"
    with lock:
        passed["answered 2xx" if taken else "others"] += 1
        violations.extend(f"{place}: {'/'.join(map(str, each['location']))}: {each['message']}" for each in found)


def told(answer):
    """What the header says; of a long one the beginning."""
    header = answer.headers.get("sl-violations", "[]")
    try:
        return json.loads(header)
    except ValueError:
        return [{"location": [where], "message": header[:2000]} for where in ("request", "response") if f'"location":["{where}"' in header]


def faults():
    """A line for each kind of violation, with the first call that had it."""
    kinds = {}
    for each in violations:
        kinds.setdefault(re.sub(r"[\w-]{16,}|\d+", "…", each), []).append(each)
    return [f"{len(each)} × {each[0]}" for each in kinds.values()]


def figures():
    return {"passed": dict(passed), "violations": violations}


def add(other):
    """The figures of a process that pytest shares files out to."""
    if other:
        passed.update(other["passed"])
        violations.extend(other["violations"])


def summary():
    lines = [f"prism: {sum(passed.values())} requests passed, {passed['answered 2xx']} of them answered 2xx, {len(violations)} violations", *faults()]
    return "\n".join(lines)
