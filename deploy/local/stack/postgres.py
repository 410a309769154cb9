"""A private PostgreSQL cluster: made when it is not there yet, on loopback TCP only, passwords by SCRAM.

PostgreSQL refuses to run as root; started by root it runs as the account `postgres`. Where that account cannot get to
the wanted directory (a clone under /root, a 0700 temporary directory) the cluster lives under /var/tmp, with a symbolic
link in its place.
"""

import glob
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess

from .server import Server, as_account, send_signal, working_directory
from .waiting import Failure, wait_until

ACCOUNT = "postgres"


class Postgres(Server):
    stop_signal = signal.SIGINT  # "fast": breaks off sessions, closes cleanly
    signal_when_orphaned = "QUIT"  # "immediate"
    grace_seconds = 1.0

    def __init__(self, directory, port, password, log, settings=(), durable=True):
        """`settings` are lines of postgresql.conf. Not durable means: safe against kill -9, not against a power cut."""
        super().__init__("postgres", port, log)
        self.directory = os.path.abspath(directory)
        self.password = password
        self.settings = [*settings, *([] if durable else ["fsync = off", "full_page_writes = off"])]
        self.user = ACCOUNT if os.geteuid() == 0 else None
        self.data = None  # known once the directory is

    def url(self, database="sharelink", role="postgres", password=None):
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement, database="postgres"):
        """The rows that psql prints for it, one a line."""
        done = subprocess.run([self._program("psql"), "-XqtA", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                               "-p", str(self.port), "-U", "postgres", "-d", database], input=statement, text=True,
                              capture_output=True, env={**os.environ, "PGPASSWORD": self.password}, check=False)
        if done.returncode != 0:
            raise Failure(f"psql said: {done.stderr.strip()}")
        return done.stdout.strip()

    def create_database(self, name, template="template0"):
        """Returns False when it is there already."""
        return bool(self.sql(f"""SELECT 'CREATE DATABASE "{name}" TEMPLATE "{template}"', 'SELECT true'
                                 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec"""))

    def drop_database(self, name):
        """Whoever still uses it."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    # --- as a server ---

    def command(self):
        return [self._program("postgres"), "-D", self.data]

    def prepare(self):
        place = self._make_directory()
        self.data = f"{place}/data"
        if not os.path.exists(f"{self.data}/PG_VERSION"):
            self._make_cluster(place)
        self._write_as_account(f"{self.data}/postgresql.conf", "\n".join(self._configuration()) + "\n")
        self._end_leftovers()

    def answers(self):
        return subprocess.run([self._program("pg_isready"), "-q", "-t", "2", "-h", "127.0.0.1", "-p", str(self.port),
                               "-U", "postgres", "-d", "postgres"], check=False).returncode == 0

    def pid_of_stranger(self):
        """The postmaster that runs on our cluster, by whomever it was started."""
        try:
            with open(f"{self.data}/postmaster.pid", encoding="utf-8") as file:
                pid = int(file.readline())
        except (OSError, ValueError):
            return None
        return pid if working_directory(pid) == self.data else None

    def stranger_is_gone(self):
        return self.pid_of_stranger() is None

    def _end_leftovers(self):
        """Ends a postmaster of a former run, and sessions that outlived a killed one: they hold its shared memory."""
        send_signal(self.pid_of_stranger(), signal.SIGQUIT)
        wait_until(lambda: not self.pid_of_stranger(), 30, "a former postmaster ends")
        for pid in self._processes_in_data():
            send_signal(pid, signal.SIGKILL)
        wait_until(lambda: not self._processes_in_data(), 30, "sessions of a former postmaster end")
        # Nobody runs: a postmaster.pid is stale, and its number may long belong to another program.
        self._as_account(["rm", "-f", f"{self.data}/postmaster.pid"])

    def _processes_in_data(self):
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and working_directory(name) == self.data]

    # --- the cluster ---

    def _configuration(self):
        return ["listen_addresses = '127.0.0.1'", f"port = {self.port}", "unix_socket_directories = ''",
                "max_connections = 400", "password_encryption = 'scram-sha-256'", "timezone = 'UTC'",
                "log_timezone = 'UTC'", "log_error_verbosity = terse", "log_line_prefix = '%m [%p] %q%u@%d '", *self.settings]

    def _make_cluster(self, place):
        password_file, new = f"{place}/password", f"{place}/data.new"
        self._write_as_account(password_file, self.password + "\n")
        self._as_account(["rm", "-rf", new])
        self._as_account([self._program("initdb"), "-D", new, "--username=postgres", f"--pwfile={password_file}",
                          "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
        self._as_account(["rm", password_file])
        self._as_account(["mv", new, self.data])  # at once: half a cluster never looks like one

    def _make_directory(self):
        """The real path of the directory that holds the cluster, made and owned by the account."""
        reaches = not self.user or self._account_reaches(os.path.dirname(self.directory))
        if reaches and not os.path.islink(self.directory):
            return self._own(self.directory)
        elsewhere = place_elsewhere(self.directory)
        if not os.path.lexists(self.directory):
            remove(self.directory)  # what is elsewhere belongs to a run that was forgotten by rm -r
            os.symlink(elsewhere, self.directory)
        if os.path.realpath(self.directory) != elsewhere:
            raise Failure(f"{self.directory} is not the link to {elsewhere} that it should be: was this tree moved "
                          "or copied? `make clean-run` forgets its data.")
        return self._own(elsewhere)

    def _own(self, directory):
        owner = pwd.getpwnam(self.user).pw_uid if self.user else os.geteuid()
        try:
            os.mkdir(directory, mode=0o700)
            os.chown(directory, owner, -1)
        except FileExistsError:
            found = os.lstat(directory)
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
                raise Failure(f"{directory} is not a directory of the account that PostgreSQL runs as") from None
        return os.path.realpath(directory)

    def _account_reaches(self, directory):
        return subprocess.run([*as_account(self.user, "KILL"), "test", "-x", directory], cwd="/",
                              check=False).returncode == 0

    def _write_as_account(self, path, text):
        # By the account and not by root: in a directory of that account, root would follow any link it finds.
        self._as_account(["sh", "-c", 'umask 077 && cat >"$0"', path], text)

    def _as_account(self, command, text=None):
        done = subprocess.run([*as_account(self.user, "KILL"), *command], input=text, text=True, cwd="/",
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _program(self, name):
        """Debian keeps each version's programs apart; an existing cluster wants those of its own version."""
        version = "*"
        if self.data and os.path.exists(f"{self.data}/PG_VERSION"):
            with open(f"{self.data}/PG_VERSION", encoding="ascii") as file:
                version = file.read().strip()
        found = glob.glob(f"/usr/lib/postgresql/{version}/bin/{name}")
        if found:
            return max(found, key=lambda path: int(path.split("/")[4]))
        return shutil.which(name) or _missing(name, version)


def _missing(name, version):
    raise Failure(f"PostgreSQL's {name} (version {version}) is not installed: see deploy/local/install-packages")


def place_elsewhere(directory):
    return "/var/tmp/sharelink-run-" + hashlib.sha256(os.path.abspath(directory).encode()).hexdigest()[:16]


def remove(directory):
    """Removes the cluster, wherever it is. The server must be stopped."""
    shutil.rmtree(place_elsewhere(directory), ignore_errors=True)
    if os.path.islink(directory):
        os.unlink(directory)
    elif os.path.exists(directory):
        shutil.rmtree(directory)
