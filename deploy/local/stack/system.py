"""The whole: PostgreSQL, Redis, mail sink, four daemons and the front door, with the settings that connect them.

A Stack makes private servers for itself; tests may hand it a PostgreSQL and a Redis that it shares with others (with a
database of its own), which it then neither starts nor stops.
"""

import os
import subprocess

from . import daemon
from .mail import MailSink
from .nginx import Nginx
from .postgres import Postgres
from .redis import Redis
from .waiting import Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class Stack:
    def __init__(self, directory, state, *, mode="release", given=None, postgres=None, redis=None,
                 database="sharelink", redis_database=0, defaults=None):
        """`defaults` are settings of ours for all daemons, `given` is the environment that overrules them."""
        self.directory = os.path.abspath(directory)
        self.state = state
        self.binaries = os.path.join(ROOT, "build", mode, "bin")
        self.given = given or {}
        self.defaults = defaults or {}
        self.database = database
        self.redis_database = redis_database
        os.makedirs(f"{self.directory}/log", exist_ok=True)

        self.postgres = postgres or Postgres(f"{self.directory}/postgres", state.port("postgres"),
                                             state.password("postgres"), self.log("postgres"))
        self.redis = redis or Redis(f"{self.directory}/redis", state.port("redis"), self.log("redis"))
        self.mail = MailSink(f"{self.directory}/mail", state.port("mail"), self.log("mail"))
        self.stores = [*([] if postgres else [self.postgres]), *([] if redis else [self.redis]), self.mail]

        self.public_url = self.given.get("SHARELINK_PUBLIC_URL") or f"http://127.0.0.1:{state.port('front')}"
        self.daemons = [self._daemon(name) for name in daemon.NAMES]
        self.links, self.views, self.notifications, self.console = self.daemons
        self.front = Nginx(f"{self.directory}/nginx", state.port("front"),
                           {each.name: each.address() for each in self.daemons},
                           self.views.settings.get("SHARELINK_MEDIA_DIR", self.directory), self.log("front"))

    def servers(self):
        """Those that are this stack's own, in the order in which they start."""
        return [*self.stores, *self.daemons, self.front]

    def log(self, name):
        return f"{self.directory}/log/{name}.log"

    # --- up and down ---

    def fail_unless_built(self):
        for program in (f"{self.binaries}/sharelink", *(each.program for each in self.daemons)):
            if not os.access(program, os.X_OK):
                raise Failure(f"{program} is not built: run make")

    def start_stores(self, template="template0"):
        start(self.stores)
        self.postgres.create_database(self.database, template)

    def start_daemons(self):
        start([*self.daemons, self.front])

    def stop(self):
        """In order: no new requests, then the daemons finish what they have, then what they lean on.

        Returns the exit statuses by name, None for what did not run.
        """
        statuses = {}
        for group in ([self.front], self.daemons, self.stores):
            for server in group:
                server.ask_to_stop()
            for server in group:
                # Longer than the daemons give themselves to drain.
                statuses[server.name] = server.wait_until_stopped(40)
        return statuses

    # --- the operator's command ---

    def migrate(self):
        self.operate("migrate")

    def create_account(self, name, plan="growth"):
        """The account's id and its first key."""
        printed = self.operate("account", "create", "--name", name, "--plan", plan)
        values = dict(line.split(": ", 1) for line in printed.splitlines() if ": " in line)
        return values["account"], values["key"]

    def operate(self, *words):
        """What `sharelink` prints for these words; with the rights of the database's owner."""
        settings = {
            **daemon.settings_of("ctl", self._common_settings(), self.given),
            "SHARELINK_DATABASE_URL": self.postgres.url(self.database),
            **{f"SHARELINK_{name.upper()}_PASSWORD": self.state.password(name) for name in daemon.NAMES},
        }
        settings.pop("SHARELINK_DATABASE_URL_FILE", None)
        done = subprocess.run([f"{self.binaries}/sharelink", *words], text=True, capture_output=True, check=False,
                              env={**daemon.without_settings(os.environ), **settings}, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failure(f"`sharelink {' '.join(words)}` ended with status {done.returncode}:\n"
                          f"{done.stdout}{done.stderr}".rstrip())
        return done.stdout

    # --- settings ---

    def _daemon(self, name):
        return daemon.Daemon(name, f"{self.binaries}/sharelink-{name}",
                             daemon.settings_of(name, self._settings(name), self.given), self.log(name))

    def _settings(self, name):
        settings = {
            **self._common_settings(),
            "SHARELINK_DATABASE_URL": self.postgres.url(self.database, f"sharelink_{name}", self.state.password(name)),
            "SHARELINK_LISTEN": f"127.0.0.1:{self.state.port(name)}",
        }
        if name == "views":
            settings["SHARELINK_MEDIA_DIR"] = self._media_dir()
        if name == "notifications":
            settings["SHARELINK_SMTP_URL"] = self.mail.url()
            settings["SHARELINK_MAIL_FROM"] = "Sharelink <noreply@sharelink.example>"
        return settings

    def _common_settings(self):
        return {
            "SHARELINK_REDIS_URL": self.redis.url(self.redis_database),
            "SHARELINK_PUBLIC_URL": self.public_url,
            "SHARELINK_SECRET_KEY": self.state.secret_key(),
            "SHARELINK_LOG_FORMAT": "logfmt",
            **self.defaults,
        }

    def _media_dir(self):
        """The sample's media; without them an empty directory."""
        media = f"{ROOT}/deploy/demo/media"
        if not os.path.isdir(media):
            media = f"{self.directory}/media"
            os.makedirs(media, exist_ok=True)
        return media


def start(servers):
    """All at once, then waits for each: together they take as long as the slowest."""
    for server in servers:
        server.start()
    for server in servers:
        server.wait_until_answering()
