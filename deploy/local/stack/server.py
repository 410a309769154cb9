"""One private server: a process of its own with a loopback port and a log file, and a way to tell that it answers.

Every kind of server (postgres.py, redis.py, ...) is a subclass that says how it is started and asked. Each runs in a
session of its own, so that Ctrl-C at the terminal reaches only the supervisor, which then stops all in order; and each
asked the kernel to be ended when the supervisor dies, even by kill -9, so that no process is left behind.

Start servers from the main thread only: the kernel takes the end of the starting *thread* for the death of the parent.
"""

import os
import signal
import subprocess

from . import ports
from .waiting import Failure, wait_until


class Server:
    stop_signal = signal.SIGTERM
    signal_when_orphaned = "KILL"
    # How long the supervisor leaves it to others to start it again by hand, before it does.
    grace_seconds = 0.0
    user = None  # the account it runs as; None is our own

    def __init__(self, name, port, log):
        self.name = name
        self.port = port
        self.log = log
        self.process = None

    # --- what each kind says about itself ---

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def prepare(self):
        """Makes its directory and configuration; called before every start."""

    def answers(self):
        """Whether it does its work, asked in its own protocol. Never raises, returns soon."""
        raise NotImplementedError

    def pid_of_stranger(self):
        """The process that somebody else started in our place on our own data, or None."""
        return None

    def stranger_is_gone(self):
        """Whether the server that somebody else started in our place has ended."""
        return not self.port_is_open()

    # --- what all do alike ---

    def start(self):
        self.prepare()
        with open(self.log, "ab", opener=not_for_everybody) as log:
            self.process = subprocess.Popen(
                as_account(self.user, self.signal_when_orphaned) + self.command(),
                env=self.environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def wait_until_answering(self, seconds=30):
        wait_until(lambda: self.fail_if_ended() or self.answers(), seconds, f"{self.name} answers (see {self.log})")

    def fail_if_ended(self):
        if self.process and self.process.poll() is not None:
            raise Failure(f"{self.name} {how_it_ended(self.process.returncode)} while starting, see {self.log}:\n"
                          + self.last_log_lines())

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def pid(self):
        return self.process.pid if self.is_running() else self.pid_of_stranger()

    def stop(self, seconds=20):
        self.ask_to_stop()
        return self.wait_until_stopped(seconds)

    def ask_to_stop(self):
        send_signal(self.pid(), self.stop_signal)

    def wait_until_stopped(self, seconds=20):
        """Its exit status, negative for a signal; one that does not end in time is killed."""
        try:
            wait_until(lambda: self.pid() is None, seconds, f"{self.name} stops")
        except Failure:
            send_signal(self.pid(), signal.SIGKILL)
            wait_until(lambda: self.pid() is None, seconds, f"{self.name} is killed")
        self.end_group()
        return self.process.returncode if self.process else None

    def kill(self):
        """As a crash would end it."""
        send_signal(self.pid(), signal.SIGKILL)
        self.wait_until_stopped()
        self.process = None

    def pause(self):
        """It is there and does nothing, until resume()."""
        send_signal(self.pid(), signal.SIGSTOP)

    def resume(self):
        send_signal(self.pid(), signal.SIGCONT)

    def restart(self):
        self.stop()
        self.start()
        self.wait_until_answering()

    def end_group(self):
        """Ends children that outlived the server, such as nginx's workers: they would hold the port."""
        if self.process and not self.is_running():
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def port_is_open(self):
        return ports.is_open(self.port)

    def last_log_lines(self, count=12):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join("    " + line for line in file.readlines()[-count:]).rstrip()


def not_for_everybody(path, flags):
    return os.open(path, flags, 0o640)


def as_account(user, signal_when_orphaned):
    """The words to put before a command, so that it runs as that account and ends with us."""
    account = ["--reuid", user, "--regid", user, "--init-groups"] if user else []
    return ["setpriv", *account, "--pdeathsig", signal_when_orphaned, "--"]


def send_signal(pid, number):
    try:
        if pid:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def is_alive(pid):
    return os.path.exists(f"/proc/{pid}")


def working_directory(pid):
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def how_it_ended(status):
    if status is None:
        return "stopped answering"
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
