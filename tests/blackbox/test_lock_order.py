"""No two writers wait for each other in a circle: every pair of writing statements at once, on the same few rows; and all that people and
platforms do at once, over HTTP. The order in which rows are locked stands in docs/architecture.md.

A statement that writes and is new is found by its text. It needs no entry here; what it takes that no other takes is said in
support/writers.py.
"""

import collections
import itertools
import os
import threading
import time

import psycopg2
import pytest
from support import prometheus, samples, writers
from support.api import Api

# 20 is the number to be sure with, for some hours: LOCK_PAIR_SECONDS=20 pytest -k lock_order.
PAIR_SECONDS = float(os.environ.get("LOCK_PAIR_SECONDS", "0.12"))
HTTP_SECONDS = float(os.environ.get("LOCK_HTTP_SECONDS", "12"))
STATEMENTS = writers.writing_statements()
# What else a statement may meet when two are at once; whose fault a deadlock is, is asked of PostgreSQL itself.
USUAL = (psycopg2.errors.LockNotAvailable, psycopg2.errors.UniqueViolation, psycopg2.errors.ForeignKeyViolation)
LOCKED = """
    select distinct coalesce(p.inhparent::regclass, l.relation::regclass)::text as name
    from pg_locks l join pg_class c on c.oid = l.relation and c.relkind in ('r', 'p') left join pg_inherits p on p.inhrelid = c.oid
    where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode in ('RowShareLock', 'RowExclusiveLock')"""


def deadlocks(stack):
    stack.db.close()  # counts are told when a session ends or pauses
    return stack.db.value("select deadlocks from pg_stat_database where datname = current_database()")


def met_by(daemon):
    """The deadlocks that a daemon met, also where it tried again and told nobody: counted at once, while PostgreSQL's own count comes in when
    a session pauses."""
    found = prometheus.parse(Api(daemon.url()).get("/metrics", status=200).text)
    families = [found["sharelink_pg_tried_again_total"], *filter(None, [found.get("sharelink_pg_errors_total")])]
    return sum(number for family in families for (_, labels), number in family.samples.items() if dict(labels)["sqlstate"] == "40P01")


@pytest.fixture(scope="module")
def world(shared):
    stack = shared.make_stack()
    made = writers.World(stack)
    stack.wait_until_told()
    for daemon in stack.daemons:
        daemon.stop()
    made.settle()
    stack.db.rows(f'alter database "{stack.database}" set deadlock_timeout = \'10ms\'')
    yield made
    stack.close()


def url_of(stack, service):
    return stack.postgres.url(stack.database) if service == "ctl" else getattr(stack, service).settings["SHARELINK_DATABASE_URL"]


@pytest.fixture(scope="module")
def locked(world):
    """{name: the tables whose rows it locks or writes}, found by running each once."""
    found = {}
    for name, (statement, service) in STATEMENTS.items():
        writer = writers.Writer(world, name, statement, url_of(world.stack, service))

        def look(cursor):
            cursor.execute(LOCKED)
            return {row[0] for row in cursor.fetchall()} - {"events.log"}
        try:
            found[name] = writer.run(look)
        except USUAL as refusal:
            raise AssertionError(f"{name} could not be tried") from refusal
        writer.close()
    return found


def test_every_writing_statement_is_found_and_locks_something(locked):
    assert len(locked) > 50 and {"open_link", "erase_interview", "record_outcomes", "idempotency_store"} <= locked.keys()
    assert "links.interviews" in locked["erase_interview"] and "views.activity" in locked["open_link"]
    idle = {name for name, tables in locked.items() if not tables}
    assert idle <= {"idempotency_claim", "make_partitions", "schedule_mails"}, f"{idle} met no row: say in support/writers.py what they take"


def test_no_pair_of_writing_statements_deadlocks(world, locked):
    stack, faults = world.stack, []
    before = deadlocks(stack)
    sessions = {name: [writers.Writer(world, name, statement, url_of(stack, service)) for _ in range(2)]
                for name, (statement, service) in STATEMENTS.items()}
    pairs = [pair for pair in itertools.combinations_with_replacement(sorted(sessions), 2) if locked[pair[0]] & locked[pair[1]]]
    assert len(pairs) > 300

    def run(writer, until):
        while time.monotonic() < until:
            try:
                writer.run()
            except USUAL:
                pass
            except psycopg2.Error as error:
                faults.append(f"{writer.name}: {error.pgcode} {str(error).strip()}")
                return

    for one, other in pairs:
        until = time.monotonic() + PAIR_SECONDS
        count = len(faults)
        threads = [threading.Thread(target=run, args=(writer, until)) for writer in (sessions[one][0], sessions[other][1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        faults[count:] = [f"{one} beside {other}: {fault}" for fault in faults[count:]]
    for each in itertools.chain(*sessions.values()):
        each.close()
    print(f"{len(pairs)} pairs of {len(sessions)} statements")
    assert not faults, "\n".join(sorted(set(faults)))
    assert deadlocks(stack) == before


# --- over HTTP ---

def calls(hooks, links, interviews, endpoints):
    """What people and platforms do, again and again: (name, function of a caller and a round)."""
    def pick(listed, n):
        return listed[n % len(listed)]
    return {
        "put interview": lambda api, n: api.put(f"/v1/interviews/{pick(interviews, n)}", samples.interview_document()),
        "erase": lambda api, n: api.delete(f"/v1/interviews/{pick(interviews, n)}"),
        "put share-links": lambda api, n: api.put(f"/v1/interviews/{pick(interviews, n)}/share-links",
                                                  {"share_link_ids": [pick(links, n), pick(links, n + 1)][:1 + n % 2]}),
        "add": lambda api, n: api.post(f"/v1/share-links/{pick(links, n)}/interviews", {"interview_ids": interviews[n % 2:]}),
        "remove": lambda api, n: api.post(f"/v1/share-links/{pick(links, n)}/interviews/remove", {"interview_ids": interviews[::-1][n % 2:]}),
        "memberships": lambda api, n: api.post("/v1/memberships", {"interview_ids": interviews[::1 - 2 * (n % 2)], "add_to": [pick(links, n)],
                                                                   "remove_from": [pick(links, n + 1)]}),
        "patch": lambda api, n: api.patch(f"/v1/share-links/{pick(links, n)}", {"title": f"T {n}"}),
        "create": lambda api, n: api.post("/v1/share-links", samples.share_link_body(interviews, 1, send_email=True)),
        "new endpoint": lambda api, n: endpoints.append(
            hooks.post("/v1/webhook-endpoints", {"url": f"https://hooks.example/{n}"}).json().get("id", "whe_none")),
        "delete endpoint": lambda api, n: hooks.delete(f"/v1/webhook-endpoints/{endpoints.pop(0)}") if endpoints else time.sleep(0.05),
    }


def test_all_that_is_done_at_once_deadlocks_nobody(make_stack):
    stack = make_stack()
    interviews = [stack.make_interview() for _ in range(3)]
    made = [stack.make_share_link(interview_ids=interviews) for _ in range(3)]
    links, endpoints = [each["id"] for each in made], []
    before, answers, until = deadlocks(stack), {}, time.monotonic() + HTTP_SECONDS

    def repeat(name, call):
        api = stack.api.another()
        for n in itertools.count():
            if time.monotonic() > until:
                return
            answer = call(api, n)
            if answer is not None and hasattr(answer, "status_code"):
                answers.setdefault(name, []).append((answer.status_code, answer.text))

    def review(number):
        for n in itertools.count():
            if time.monotonic() > until:
                return
            visitor = stack.reviewer(made[number])
            answers.setdefault("open", []).append(((answer := visitor.open()).status_code, answer.text))

    threads = [threading.Thread(target=repeat, args=item) for item in calls(Api(stack.notifications.url(), stack.key), links, interviews, endpoints).items()]
    threads += [threading.Thread(target=review, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [(name, text) for name, listed in answers.items() for status, text in listed if status >= 500]
    assert not refused, refused[:3]
    print({name: dict(collections.Counter(status for status, _ in listed)) for name, listed in answers.items()})
    assert {name for name, listed in answers.items() if any(status < 300 for status, _ in listed)} >= {"erase", "add", "remove", "memberships", "create", "patch"}
    assert [met_by(daemon) for daemon in stack.daemons] == [0] * len(stack.daemons)
    assert deadlocks(stack) == before
