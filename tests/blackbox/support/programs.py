"""The product's programs, run for themselves: the operator's command with its exit status, a daemon with odd settings."""

import contextlib
import os
import subprocess

from stack.daemon import Daemon, without_settings
from stack.waiting import wait_until
from stack.web import status_of

from . import ROOT, leaks
from .stacks import MODE

BINARIES = ROOT / "build" / MODE / "bin"


def program(name):
    return str(BINARIES / name)


def run(name, *words, settings=None, seconds=60):
    """A program of ours with only these settings; its exit status, stdout and stderr, as of subprocess.run."""
    return subprocess.run([program(name), *words], env={**without_settings(os.environ), **(settings or {})}, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False)


@contextlib.contextmanager
def daemon(name, settings, log):
    """A daemon beside a stack, alive but maybe not ready; it must end well."""
    leaks.logs.append(str(log))
    server = Daemon(name, program(f"sharelink-{name}"), settings, str(log))
    server.start()
    try:
        wait_until(lambda: server.fail_if_ended() or status_of(server.url() + "/healthz") == 200, 20, f"{name} is alive")
        yield server
    finally:
        status = server.stop()
    assert status == 0, f"{name} ended with status {status}:\n{server.last_log_lines(30)}"
