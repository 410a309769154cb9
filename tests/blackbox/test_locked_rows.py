"""A row that somebody holds delays those who want it, and nobody else: on the same connections, in the same batch, in the same lane."""

import concurrent.futures
import contextlib
import statistics
import threading
import time

import psycopg2
import pytest
from stack.waiting import wait_until
from support import prometheus
from support.connected import ask

# For how long a locked row is waited for; and what is far below it, though the machine be busy: nobody waits for a lock that he does
# not want.
LOCK_SECONDS, SOON = 8, 3.0


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_DATABASE_LOCK_SECONDS": str(LOCK_SECONDS)})
    yield made
    made.close()


@contextlib.contextmanager
def held(stack, statement, *values):
    """The rows that the statement finds are somebody's for a while."""
    connection = psycopg2.connect(stack.postgres.url(stack.database))
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement + " for update", values)
            assert cursor.fetchall(), "there is such a row"
        yield
    finally:
        connection.rollback()
        connection.close()


def timed(call):
    began = time.monotonic()
    answer = call()
    return time.monotonic() - began, answer


def test_those_who_change_a_locked_link_make_no_reader_wait(stack):
    locked, other = (stack.make_share_link()["id"] for _ in range(2))
    with held(stack, "select 1 from links.share_links where id = %s", locked), concurrent.futures.ThreadPoolExecutor(12) as pool:
        changes = [pool.submit(stack.api.another().patch, f"/v1/share-links/{locked}", {"title": f"T {n}"}) for n in range(12)]
        api, waits = stack.api.another(), []
        while not all(each.done() for each in changes):
            waits.append(timed(lambda: api.get(f"/v1/share-links/{other}", status=200))[0])
    answers = [each.result() for each in changes]
    assert {(each.status_code, each.json()["code"], each.headers["Retry-After"]) for each in answers} == {(503, "database_busy", "1")}
    assert max(waits) < SOON, f"{max(waits):.2f} s, in the middle {statistics.median(waits) * 1000:.0f} ms of {len(waits)}"


def test_who_waits_gets_the_row_when_it_is_free(stack):
    link = stack.make_share_link()["id"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with held(stack, "select 1 from links.share_links where id = %s", link):
            change = pool.submit(stack.api.another().patch, f"/v1/share-links/{link}", {"title": "Free"})
            wait_until(lambda: waiting(stack.links, "links-locks") >= 1, 10, "the change waits in its lane")
        assert change.result().status_code == 200
    assert stack.api.get(f"/v1/share-links/{link}", status=200).json()["title"] == "Free"


def test_many_who_wait_for_one_row_keep_nobody_from_another(stack):
    """Who waits for a row that is locked for a moment gets it when it is free, though many wait for one that is not."""
    crowded, other = (stack.make_share_link()["id"] for _ in range(2))
    over = threading.Event()

    def change_again():
        api = stack.api.another()
        while not over.is_set():
            api.patch(f"/v1/share-links/{crowded}", {"title": "Crowded"})

    with held(stack, "select 1 from links.share_links where id = %s", crowded), concurrent.futures.ThreadPoolExecutor(25) as pool:
        try:
            for _ in range(24):
                pool.submit(change_again)
            wait_until(lambda: waiting(stack.links, "links-locks") >= 20, 10, "the crowd waits in the lane")
            for n in range(3):
                with held(stack, "select 1 from links.share_links where id = %s", other):
                    change = pool.submit(stack.api.another().patch, f"/v1/share-links/{other}", {"title": f"T {n}"})
                    wait_until(lambda: waiting(stack.links, "links-locks") >= 25, 3, "it waits in the lane, too")
                took, answer = timed(change.result)
                assert answer.status_code == 200 and took < SOON, f"{answer.status_code} after {took:.2f} s"
        finally:
            over.set()


def test_what_nobody_asked_for_has_limits_of_time_too(make_stack):
    """Where the role has none, as in a database that was restored: seen from within a statement of the sweep."""
    stack = make_stack(settings={"SHARELINK_NOTIFICATIONS_SWEEP_INTERVAL_MS": "100"})
    stack.db.rows(f'alter role sharelink_notifications in database "{stack.database}" reset all')
    stack.db.rows("create table public.seen (lock_timeout text, statement_timeout text, jit text)")
    stack.db.rows("create function public.see() returns trigger language plpgsql security definer as $$ begin "
                  "insert into public.seen values (current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('jit')); return new; end $$")
    stack.db.rows("create trigger see before update on notifications.cursors for each row execute function public.see()")
    stack.notifications.restart()
    stack.make_share_link()
    wait_until(lambda: stack.db.value("select count(*) from public.seen") > 0, 20, "the sweep has moved a cursor")
    assert {tuple(row.values()) for row in stack.db.rows("select distinct * from public.seen")} == {("150ms", "5s", "off")}


def waiting(daemon, pool):
    """How many statements are at work in the pool or wait for one of its connections."""
    found = prometheus.parse(ask(f"{daemon.url()}/metrics").text)
    return sum(number for name in ("sharelink_pg_in_flight", "sharelink_pg_waiting")
               for (_, labels), number in found[name].samples.items() if dict(labels)["pool"] == pool)


def test_one_reviewers_locked_row_holds_up_no_other_reviewers_open(stack):
    links = [stack.make_share_link() for _ in range(20)]
    for link in links:
        assert stack.reviewer(link).open().status_code == 200
    locked, others = links[0], links[1:]
    waits, over = [], threading.Event()

    def open_again():
        answers = []
        while not over.is_set():
            answers.append(stack.reviewer(locked).open().status_code)
        return answers

    with held(stack, "select 1 from views.activity where reviewer_id = %s", locked["reviewers"][0]["id"]), \
            concurrent.futures.ThreadPoolExecutor(4) as pool:
        eager = [pool.submit(open_again) for _ in range(4)]
        for _ in range(5):
            for link in others:
                wait, answer = timed(stack.reviewer(link).open)
                assert answer.status_code == 200
                waits.append(wait)
        over.set()
    assert {status for each in eager for status in each.result()} <= {200, 503}
    assert max(waits) < SOON, f"the longest of {len(waits)} opens took {max(waits):.2f} s"
