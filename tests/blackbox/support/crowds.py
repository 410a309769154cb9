"""Many clients at once that mean no good, and how another one is served meanwhile."""

import contextlib
import resource
import socket
import time

import requests

from .stacks import MODE

SAMPLES = 500
IS_WATCHED = MODE == "asan"
SLOWER_MOST = 3  # times what is usual
ROUNDS = 5


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def crowd(server, count, request=b"", receive_buffer=None):
    """Connections that have sent these bytes and then neither send nor read."""
    raise_file_limit()
    host, _, port = server.address().rpartition(":")
    made = []
    try:
        for _ in range(count):
            each = socket.socket()
            made.append(each)
            if receive_buffer:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            each.settimeout(20)
            each.connect((host, int(port)))
            each.sendall(request)
        yield made
    finally:
        for each in made:
            each.close()


def p99(server, path, key=None, fields=None, samples=SAMPLES):
    """Of calls one after the other, in seconds; each must be served."""
    times = []
    fields = fields or {"Authorization": f"Bearer {key}"}
    with requests.Session() as session:
        for _ in range(samples):
            began = time.monotonic()
            answer = session.get(server.url() + path, headers=fields, timeout=20)
            times.append(time.monotonic() - began)
            assert answer.status_code == 200, answer.text
    return sorted(times)[samples * 99 // 100]


@contextlib.contextmanager
def served_as_usual(server, path, key=None, fields=None):
    """Gives a function to call while the crowd is there: calls are then no more than three times slower than before it came. The best of
    some rounds counts, and what is usual is measured again when the crowd has gone: this machine has other work too."""
    def measure():
        return p99(server, path, key, fields)

    before, beside = measure(), []

    def is_served():
        while len(beside) < ROUNDS and (not beside or min(beside) > SLOWER_MOST * before):
            beside.append(measure())
    yield is_served
    assert beside and (min(beside) <= SLOWER_MOST * before or min(beside) <= SLOWER_MOST * measure()), (before, beside)


def grown_mib(server, since):
    """How much more it has than this. Nothing is told of a program that the sanitizer watches: it keeps what was freed."""
    return 0 if IS_WATCHED else resident_mib(server) - since


def peak_mib(server):
    """The most that it ever had; of a watched program nothing, as above."""
    return 0 if IS_WATCHED else memory_mib(server, "VmHWM")


def resident_mib(server):
    return memory_mib(server, "VmRSS")


def memory_mib(server, name):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(f"{name}:")) / 1024
