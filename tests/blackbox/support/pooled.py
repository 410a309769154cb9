"""PgBouncer in transaction mode before each PostgreSQL of the tests: SHARELINK_TEST_PGBOUNCER=1 runs the suite so.

The daemons go through it, without named statements (Debian's 1.18 knows none in this mode); `sharelink`, which migrates
under a session's lock, and the tests themselves go straight to PostgreSQL, as docs/operations.md says.
"""

import os
import signal
import socket

from stack import ports
from stack.postgres import Postgres
from stack.server import Server

WANTED = os.environ.get("SHARELINK_TEST_PGBOUNCER") == "1"


class PgBouncer(Server):
    stop_signal = signal.SIGINT
    signal_when_orphaned = "QUIT"

    def __init__(self, postgres):
        super().__init__("pgbouncer", ports.free_port(), f"{postgres.log}.pgbouncer")
        self.directory, self.postgres, self.passwords = f"{postgres.directory}.pgbouncer", postgres, {}
        self.user = postgres.user  # it refuses to be root

    def prepare(self):
        os.makedirs(self.directory, mode=0o755, exist_ok=True)
        self.write("users", "".join(f'"{role}" "{password}"\n' for role, password in self.passwords.items()))
        self.write("pgbouncer.ini", f"""[databases]
* = host=127.0.0.1 port={self.postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = {self.directory}/users
default_pool_size = 20
max_client_conn = 2000
server_login_retry = 1
ignore_startup_parameters = extra_float_digits,options
""")

    def write(self, name, text):
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(f"{self.directory}/{name}", 0o644)

    def command(self):
        return ["/usr/sbin/pgbouncer", f"{self.directory}/pgbouncer.ini"]

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def knows(self, role, password):
        if role not in self.passwords:
            self.passwords[role] = password
            self.prepare()
            if self.is_running():
                self.process.send_signal(signal.SIGHUP)


class PooledPostgres(Postgres):
    """Its URLs of the daemons' roles lead through a PgBouncer, which stays up when PostgreSQL goes."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.pooler = PgBouncer(self)

    def url(self, database="sharelink", role="postgres", password=None):
        straight = super().url(database, role, password)
        if role == "postgres":
            return straight
        self.pooler.knows(role, password)
        return straight.replace(f":{self.port}/", f":{self.pooler.port}/")

    def start(self):
        super().start()
        if not self.pooler.is_running():
            self.pooler.start()
            self.pooler.wait_until_answering()
