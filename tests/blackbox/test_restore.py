"""A backup by pg_dump, restored into a new PostgreSQL as docs/operations.md tells: all goes on where it was."""

import os
import shutil
import subprocess

import pytest
from stack.waiting import wait_until
from support.api import Api
from support.listener import Listener

TRANSACTIONS_AHEAD = 50_000  # of a server that has lived longer than the new one


@pytest.fixture
def stack(make_stack):
    return make_stack(private=True)


def tool(stack, name, *words):
    found = shutil.which(name, path="/usr/lib/postgresql/15/bin:" + os.environ["PATH"])
    done = subprocess.run([found, "-h", "127.0.0.1", "-p", str(stack.postgres.port), "-U", "postgres", *words], text=True,
                          capture_output=True, check=False, env={**os.environ, "PGPASSWORD": stack.postgres.password})
    assert done.returncode == 0, done.stderr
    return done.stdout


def live_long(stack):
    stack.postgres.sql(f"do $$ begin for i in 1..{TRANSACTIONS_AHEAD} loop perform pg_current_xact_id(); commit; end loop; end $$",
                       stack.database)


def begin_anew_from(stack, dump):
    """What the page tells: a new server, migrate for its roles and their settings, the dump in place of what is empty, and migrate
    again."""
    for daemon in stack.daemons:
        daemon.stop()
    stack.postgres.stop()
    shutil.rmtree(stack.postgres.data)
    stack.postgres.start()
    stack.postgres.wait_until_answering()
    stack.postgres.create_database(stack.database)
    stack.operate("migrate")
    tool(stack, "psql", "-d", stack.database, "-c",
         "drop schema events, console, links, notifications, sharelink, views cascade; drop table sharelink_schema")
    tool(stack, "pg_restore", "-d", stack.database, "--exit-on-error", dump)
    said = stack.operate("migrate")
    assert "transactions ahead: counting up to it" in said
    assert "counting" not in stack.operate("migrate")
    stack.bring_back(*stack.daemons)


def test_restored_backup_goes_on_where_it_was(stack, tmp_path):
    link = stack.make_share_link()
    live_long(stack)
    before = stack.make_share_link()
    browser = stack.reviewer(link)
    browser.open(status=200)
    stack.mails.wait_for_one_to(link["owner"]["email"])
    log = Api(stack.notifications.url(), stack.key)
    page = log.get("/v1/events", params={"sort": "created_at", "limit": 100}, status=200).json()
    known = [row["id"] for row in page["data"]]
    tool(stack, "pg_dump", "-Fc", "-d", stack.database, "-f", str(tmp_path / "dump"))

    begin_anew_from(stack, str(tmp_path / "dump"))
    assert [row["id"] for row in log.get("/v1/events", params={"sort": "created_at", "limit": 100}, status=200).json()["data"]] == known
    assert stack.db.value("select count(*) from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where r.rolname = 'sharelink_views' "
                          "and 'statement_timeout=5s' = any (s.setconfig)") == 1

    listener = Listener(stack.notifications.url(), stack.key, after=known[-1])
    stack.redis.kill()  # so that the sweep has to bring it
    stack.reviewer(before).open(status=200)
    stack.mails.wait_for_one_to(before["owner"]["email"])
    wait_until(lambda: "link.opened" in [event[1] for event in listener.events], 20, "the listener that goes on hears of it")
    assert not {event[0] for event in listener.events} & set(known[:-3]), "what it knew before comes again"
    followed = log.get("/v1/events", params={"sort": "created_at", "cursor": page["next_cursor"]}, status=200).json()["data"]
    assert [row["type"] for row in followed] == ["link.opened"] and followed[0]["share_link_id"] == before["id"]
    assert len(stack.mails.to(link["owner"]["email"])) == 1, "nothing is mailed again"
    listener.cut()
