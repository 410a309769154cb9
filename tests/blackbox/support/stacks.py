"""Stacks for tests: real servers, a database that is migrated, an account with its key, and the helpers bound to them.

Ordinary tests share one PostgreSQL and one Redis, each module with a database of its own in both. A test that breaks
servers asks for private ones.
"""

import contextlib
import itertools
import json
import os
import shutil
import tempfile

import psycopg2
from stack import ports, postgres, system
from stack.daemon import NAMES, Daemon
from stack.postgres import Postgres
from stack.redis import Redis
from stack.state import State
from stack.system import Stack, start

from . import leaks, pooled, prism, samples
from .api import DAEMONS, Api, Reviewer
from .connected import wait_until_connected
from .contract import Breach, check_event
from .database import Database
from .mailbox import Mailbox

MODE = os.environ.get("MODE") or "release"
SANITIZERS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")
# Tests call more often than a caller should; those of the limits themselves say so.
DEFAULTS = {"SHARELINK_LOG_FORMAT": "json", "SHARELINK_RATE_LIMIT_BURST": "1000000", "SHARELINK_RATE_LIMIT_PER_SECOND": "100000"}
TEMPLATE = "migrated"

# Servers that come and go with each test make and remove thousands of files: in memory, where there is room, that is half the work.
MEMORY, MEMORY_NEEDED = "/dev/shm", 4 << 30

# Those whose logs belong into the report of a failing test.
active = []


class TestStack(Stack):
    """A running stack. `api` has the account's key, `other_api` that of another account, `anonymous` none."""

    __test__ = False  # not a test, whatever pytest thinks of the name

    def __init__(self, *arguments, lock_seconds=None, **options):
        self.lock_seconds = lock_seconds
        super().__init__(*arguments, **options)

    def _settings(self, name):
        """With lock_seconds a statement waits so long for what a test holds, instead of the 3 s (5 s with its work) of the roles."""
        settings = super()._settings(name)
        if self.lock_seconds:
            limits = "%20".join(f"-c%20{limit}%3D{self.lock_seconds}s" for limit in ("lock_timeout", "statement_timeout"))
            settings["SHARELINK_DATABASE_URL"] += f"?options={limits}"
        return settings

    def come_up(self, accounts):
        self.account, self.key, self.other_key = accounts
        self.replicas = []
        self.start_daemons()
        self.wait_until_whole()
        for name in NAMES:
            DAEMONS[getattr(self, name).url()] = name
        self.api = Api(self.links.url(), self.key)
        self.other_api = Api(self.links.url(), self.other_key)
        self.anonymous = Api(self.links.url())
        self.mails = Mailbox(self.mail.mail_dir)
        self.db = Database(self.postgres.url(self.database))
        active.append(self)

    def wait_until_whole(self):
        """After a fault: until each daemon that runs has found PostgreSQL and Redis again, and reads its streams."""
        wait_until_connected(*(each for each in [*self.daemons, *self.replicas] if each.is_running()))

    def wait_until_told(self):
        """Until the streams hold the events of all requests that were answered. An answer may overtake its event on the way to Redis; a
        readyz does not: it asks by the connection that the daemon adds events with, and Redis answers in order."""
        for daemon in (self.links, self.views):
            Api(daemon.url()).get("/readyz", status=200)

    def bring_back(self, *servers):
        """Starts what a test has stopped or killed, and waits until the whole stack has found it."""
        start(servers)
        self.wait_until_whole()

    def make_interview(self, **over):
        """Its id."""
        interview_id = samples.interview_id()
        self.api.put(f"/v1/interviews/{interview_id}", samples.interview_document(**over), status=201)
        return interview_id

    def make_share_link(self, reviewer_count=1, interview_count=1, **over):
        """The answer to the POST. Makes its interviews unless `interview_ids` are given."""
        interview_ids = over.pop("interview_ids", None) or [self.make_interview() for _ in range(interview_count)]
        body = samples.share_link_body(interview_ids, reviewer_count, **over)
        return self.api.post("/v1/share-links", body, status=201).json()

    def reviewer(self, link, number=0):
        """The browser of one of the link's reviewers, at the views daemon."""
        return Reviewer(self.views.url(), link["reviewers"][number]["url"])

    @contextlib.contextmanager
    def replica(self, of):
        """Another process of the daemon `of`, on a port of its own."""
        port = ports.free_port()
        other = Daemon(f"{of.name}-{port}", of.program, {**of.settings, "SHARELINK_LISTEN": f"127.0.0.1:{port}"},
                       self.log(f"{of.name}-{port}"))
        DAEMONS[other.url()] = of.name
        start([other])
        wait_until_connected(other)
        self.replicas.append(other)
        try:
            yield other
        finally:
            self.replicas.remove(other)
            del DAEMONS[other.url()]
            assert other.stop() == 0, other.last_log_lines(30)

    def close(self):
        """Stops all; every daemon that still ran must have drained and ended well, no sanitizer complained, and every event was
        as proto/events/ has it."""
        active.remove(self)
        breaches = self.breaches_of_events()
        self.db.close()
        if self.smtp:
            self.smtp.close()  # a mail that stalls would hold up the end
        statuses = self.stop()
        for name in NAMES:
            DAEMONS.pop(getattr(self, name).url(), None)
        faults = [f"{each.name} ended with status {statuses[each.name]}:\n{each.last_log_lines(30)}"
                  for each in self.daemons if statuses[each.name] not in (0, None)]
        faults += [f"{each.name} was reported by a sanitizer:\n{report}" for each in self.daemons
                   if (report := sanitizer_report(each.log))]
        self.forget_data()
        assert not faults + breaches, "\n".join(faults + breaches)

    def forget_data(self):
        if self.postgres in self.stores:
            postgres.remove(self.postgres.directory)
        else:
            self.postgres.drop_database(self.database)

    def breaches_of_events(self):
        """Of one event of each type and form; none when the test has taken PostgreSQL away."""
        try:
            rows = self.db.rows("""
                select distinct on (type, keys) events.cloud_event(l) as event
                from events.log l cross join lateral (select string_agg(k, ' ' order by k) as keys from jsonb_object_keys(l.data) k) k""")
        except psycopg2.Error:
            return []
        breaches = []
        for row in rows:
            try:
                check_event(json.loads(row["event"]))
            except Breach as breach:
                breaches.append(str(breach))
        return breaches


class SharedServers:
    """One PostgreSQL and one Redis for a whole session, and all temporary directories."""

    def __init__(self):
        # Not pytest's tmp_path: PostgreSQL's own account could not get there.
        self.root = tempfile.mkdtemp(prefix="sharelink-test-", dir=MEMORY if has_room(MEMORY) else None)
        os.chmod(self.root, 0o755)
        self.state = self._secrets()
        self.numbers = itertools.count(1)
        self.accounts = None
        self.postgres = Postgres(f"{self.root}/postgres", ports.free_port(), self.state.password("postgres"),
                                 f"{self.root}/postgres.log", durable=False)
        self.redis = Redis(f"{self.root}/redis", ports.free_port(), f"{self.root}/redis.log")
        start([self.postgres, self.redis])

    def _secrets(self):
        """Made once for all stacks: roles belong to the whole PostgreSQL, and keys are hashed with the secret key."""
        state = State()
        state.secret_key()
        for name in ("postgres", *NAMES):
            state.password(name)
        return state

    def directory(self):
        path = f"{self.root}/{next(self.numbers)}"
        os.mkdir(path)
        return path

    def make_stack(self, private=False, smtp=None, settings=None, lock_seconds=None):
        """A running TestStack. `private`: with a PostgreSQL and a Redis of its own, to kill or to flush. `smtp`: a
        ScriptedSmtp instead of the mail sink. `settings` as in the environment. `lock_seconds`: how long the daemons wait for
        what the test has locked, up to their answers' own limit of 10 s."""
        given = {**({"SHARELINK_SMTP_URL": smtp.url()} if smtp else {}), **(settings or {})}
        stack = self._private_stack(given, lock_seconds) if private else self._sharing_stack(given, lock_seconds)
        stack.smtp = smtp
        try:
            stack.come_up(self.accounts if not private else self._accounts_in(stack))
        except BaseException:
            stack.stop()
            raise
        return stack

    def close(self):
        self.redis.stop()
        self.postgres.stop()
        postgres.remove(self.postgres.directory)
        faults = leaks.faults_below(self.root)
        shutil.rmtree(self.root, ignore_errors=True)
        assert not faults, "a log holds what none may hold:\n" + "\n".join(faults)
        assert not prism.violations, "prism found what is not as the contract says:\n" + "\n".join(prism.faults())

    def _private_stack(self, given, lock_seconds):
        stack = TestStack(self.directory(), State(), mode=MODE, given=given, defaults=DEFAULTS, lock_seconds=lock_seconds)
        stack.fail_unless_built()
        stack.start_stores()
        return stack

    def _sharing_stack(self, given, lock_seconds):
        if not self.accounts:
            self.postgres.create_database(TEMPLATE)
            self.accounts = self._accounts_in(self._stack_on(TEMPLATE, 0, given={}))
        number = next(self.numbers)
        stack = self._stack_on(f"test_{number}", number % 255 + 1, given, lock_seconds)
        stack.start_stores(TEMPLATE)
        stack.migrate()  # grants on a database itself are not copied from a template
        return stack

    def _stack_on(self, database, redis_database, given, lock_seconds=None):
        stack = TestStack(self.directory(), self.state.sibling(), mode=MODE, given=given, postgres=self.postgres,
                          redis=self.redis, database=database, redis_database=redis_database, defaults=DEFAULTS, lock_seconds=lock_seconds)
        stack.fail_unless_built()
        return stack

    def _accounts_in(self, stack):
        """Migrates; the first account, its key, and the key of another account."""
        stack.migrate()
        return (*stack.create_account("Tests"), stack.create_account("Others")[1])


def has_room(directory):
    return os.path.isdir(directory) and os.access(directory, os.W_OK) and shutil.disk_usage(directory).free >= MEMORY_NEEDED


def sanitizer_report(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    found = [text.find(mark) for mark in SANITIZERS if mark in text]
    return text[min(found):][:6000] if found else None
