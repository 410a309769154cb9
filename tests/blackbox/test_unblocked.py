"""What must not stop or end a daemon from outside: a stderr that nobody reads, signals that mean nothing."""
import contextlib
import fcntl
import json
import os
import signal
import subprocess

import pytest
from stack import ports
from stack.daemon import NAMES, without_settings
from stack.waiting import wait_until
from stack.web import status_of
from support import programs, prometheus
from support.api import Api
from support.raw_http import is_readable


@contextlib.contextmanager
def piped(name, settings):
    """A daemon whose stderr is a pipe that nobody reads, with its reading end."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen([programs.program(f"sharelink-{name}")], env={**without_settings(os.environ), **settings},
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writing)
    try:
        yield process, reading, writing
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)
        os.close(writing)


def settings_of(stack, name):
    return {**getattr(stack, name).settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", "SHARELINK_LOG_LEVEL": "debug"}


@pytest.mark.parametrize("name", NAMES)
def test_stderr_that_nobody_reads_stops_nothing(stack, name):
    settings = settings_of(stack, name)
    url = f"http://{settings['SHARELINK_LISTEN']}"
    with piped(name, settings) as (process, reading, writing):
        wait_until(lambda: process.poll() is not None or status_of(url + "/readyz") == 200, 20, "it is ready")
        api = Api(url)
        for _ in range(100):
            api.get("/nowhere", status=404)
        dropped = prometheus.value(prometheus.parse(api.get("/metrics", status=200).text), "sharelink_log_lines_dropped_total")
        assert dropped > 50
        assert not fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_NONBLOCK  # others write to the same pipe, and want to wait
        told, text = [], b""
        while sum(told) < dropped:  # it is read again
            assert is_readable(reading, 20), "it does not say how many lines were dropped"
            text += os.read(reading, 65536)
            told = [json.loads(line)["lines"] for line in text.splitlines(True) if b"log.lines_dropped" in line and line.endswith(b"\n")]
        api.get("/readyz", status=200)


def test_faults_of_settings_are_no_reason_to_hang(stack):
    settings = {**settings_of(stack, "links"), "SHARELINK_WORKERZ": "1"}
    reading, writing = os.pipe()
    with contextlib.closing(os.fdopen(reading, "rb")), contextlib.closing(os.fdopen(writing, "wb")):
        size = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
        os.write(writing, b"x" * size)
        done = subprocess.run([programs.program("sharelink-links")], env=settings, stderr=writing, timeout=20, check=False)
        assert done.returncode == 78


@pytest.mark.parametrize("name", NAMES)
def test_signals_that_mean_nothing_end_nothing(stack, name):
    daemon = getattr(stack, name)
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO,
                   signal.SIGPWR, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGRTMIN, signal.SIGRTMAX):
        os.kill(daemon.process.pid, number)
        Api(daemon.url()).get("/readyz", status=200)
    assert daemon.is_running()
