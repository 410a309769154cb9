"""Stream entries that are not ours, or not whole: kept for a person, and the stream goes on."""

import json
from pathlib import Path

import psycopg2
import pytest
import redis
from stack.waiting import wait_until

CE = {"specversion": "1.0", "type": "sharelink.link.opened.v1", "source": "/sharelink/views", "data": {}}

MALFORMED = {
    "no event field": {"hello": "world"},
    "no JSON": {"type": "x", "ce": "{broken"},
    "no object": {"type": "x", "ce": "[1, 2]"},
    "no id": {"type": "x", "ce": json.dumps(CE)},
    "a foreign id": {"type": "x", "ce": json.dumps({**CE, "id": "order-77"})},
    "an id that is not in the log": {"type": "x", "ce": json.dumps({**CE, "id": "evt_01M82RQ571E318FGQC21KK4KGE"})},
    "an oversized event": {"type": "x", "ce": json.dumps({**CE, "id": "evt_01M82RQ571E318FGQC21KK4KGF", "data": "x" * 100_000})},
}


def add_to_stream(stack, fields):
    """The entry's id."""
    with redis.Redis.from_url(stack.redis.url(stack.redis_database)) as connection:
        return connection.xadd("sharelink:views", fields).decode()


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_entry_is_kept_and_the_stream_goes_on(stack, name):
    entry_id = add_to_stream(stack, MALFORMED[name])
    kept = wait_until(lambda: stack.db.rows("select * from notifications.dead_entries where entry_id = %s", entry_id), 20,
                      "the entry is kept as dead")
    assert kept[0]["stream"] == "sharelink:views" and kept[0]["fault"]
    assert entry_id in stack.operate("dead-letters", "list")

    link = stack.make_share_link()
    stack.reviewer(link).open(status=200)
    stack.mails.wait_for_one_to(link["owner"]["email"])


def test_event_that_comes_again_makes_no_second_mail(stack):
    link = stack.make_share_link()
    stack.reviewer(link).open(status=200)
    stack.mails.wait_for_one_to(link["owner"]["email"])
    event = stack.db.rows("select events.cloud_event(log) as ce from events.log where type = 'link.opened' and share_link_id = %s", link["id"])[0]["ce"]
    for _ in range(3):
        add_to_stream(stack, {"type": "sharelink.link.opened.v1", "ce": event})

    after = stack.make_share_link()  # a later event has passed the same way, so the repeated ones are through
    stack.reviewer(after).open(status=200)
    stack.mails.wait_for_one_to(after["owner"]["email"])
    assert len(stack.mails.to(link["owner"]["email"])) == 1
    assert stack.db.value("select count(*) from notifications.deliveries where share_link_id = %s", link["id"]) == 1


def test_sweep_comes_through_all_that_happened_while_nobody_swept(make_stack):
    """More than one look takes, behind a transaction that keeps the cursor where it is; then without it."""
    stack = make_stack(private=True)
    stack.notifications.stop()
    with psycopg2.connect(stack.db.url) as slow, slow.cursor() as statement:
        statement.execute("select pg_current_xact_id()")
        stack.db.rows("""
            with happened as (insert into events.log (id, account_id, type, share_link_id, data)
                              select 'evt_0' || lpad(n::text, 25, '0'), %s, 'link.deleted', link, jsonb_build_object('share_link_id', link)
                              from generate_series(1, 45000) n, (values ('lnk_01M82RQ571E318FGQC21KK4KGE')) l (link) returning id)
            insert into notifications.settled (consumer, event_id)
            select consumer, id from happened, notifications.cursors returning 1""", stack.account)
        stack.redis.kill()
        link = stack.make_share_link(send_email=True)
        stack.notifications.start()
        stack.mails.wait_for_one_to(link["reviewers"][0]["email"])
        slow.rollback()
    slow.close()
    stack.bring_back(stack.redis)
    wait_until(lambda: not stack.db.rows("select from notifications.cursors where event_id < (select max(id) from events.log)"), 60,
               "the cursors have come through")


def test_house_is_kept_in_bounded_steps_and_a_part_that_fails_stops_no_other(make_stack):
    """Marks of long ago, more than one step takes; and a partition that cannot be made, as while a backup reads the log."""
    stack = make_stack()
    stack.notifications.stop()
    stack.db.rows("""insert into notifications.settled (consumer, event_id, settled_at)
                     select 'email', 'evt_old' || n, now() - interval '9 days' from generate_series(1, 45000) n returning 1""")
    with psycopg2.connect(stack.db.url) as backup, backup.cursor() as statement:
        month = stack.db.value("select 'events.log_' || to_char((now() at time zone 'UTC') + interval '3 months', 'YYYY_MM')")
        stack.db.rows(f"drop table {month}; select 1 as done")
        statement.execute("lock table events.log in access share mode")
        stack.notifications.start()
        wait_until(lambda: "sweep.partitions_not_made" in stack.notifications.last_log_lines(1000), 20, "the partition cannot be made")
        wait_until(lambda: stack.db.value("select count(*) from notifications.settled where event_id like 'evt_old%%'") == 0, 30, "the marks are gone")
        link = stack.make_share_link(send_email=True)
        stack.mails.wait_for_one_to(link["reviewers"][0]["email"])
    backup.close()
    stack.notifications.stop()
    stack.bring_back(stack.notifications)
    wait_until(lambda: stack.db.value("select to_regclass(%s) is not null", month), 20, "the partition is made")


def partition_of(stack, months_ahead):
    return stack.db.value("select to_char(date_trunc('month', now() at time zone 'UTC') + make_interval(months => %s), '\"log_\"YYYY_MM')", months_ahead)


def exists(stack, partition):
    return stack.db.value("select to_regclass('events.' || %s) is not null", partition)


def test_partition_that_cannot_be_made_stops_no_other_and_is_named(make_stack):
    """The default has rows of its month."""
    stack = make_stack()
    stack.notifications.stop()
    taken, free = partition_of(stack, 2), partition_of(stack, 3)
    stack.db.rows(f"drop table events.{taken}; drop table events.{free}")
    stack.db.rows("insert into events.log (id, created_at, account_id, type, share_link_id, data) select sharelink.new_id('evt_'), "
                  "date_trunc('month', now()) + interval '2 months 10 days', %s, 'link.deleted', link, jsonb_build_object('share_link_id', link) "
                  "from (values ('lnk_01M82RQ571E318FGQC21KK4KGE')) l (link)", stack.account)
    stack.bring_back(stack.notifications)

    def said():
        return [line for line in Path(stack.notifications.log).read_text().splitlines() if "sweep.partitions_not_made" in line]

    wait_until(lambda: exists(stack, free) and said(), 30, "the month after it has its partition")
    line, = said()
    assert not exists(stack, taken) and taken in line and "log_default" in line and free not in line


def test_partitions_that_exist_are_not_waited_for(stack):
    with psycopg2.connect(stack.db.url) as dump, dump.cursor() as statement:
        statement.execute("lock table events.log in access share mode")
        assert stack.db.rows("select made, faults from events.make_partitions(3)") == [{"made": 0, "faults": None}]
        dump.rollback()
    dump.close()
