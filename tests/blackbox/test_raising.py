"""What other tests raise in the daemons' statements is raised there, and nowhere else."""

import time

import psycopg2
import pytest
from support.raising import poisoned, raising, renamed, slowed


def test_statement_of_that_name_fails_and_no_other(stack):
    with raising(stack, "renew_leases", "XX001"):
        with pytest.raises(psycopg2.Error) as raised:
            stack.db.rows("-- renew_leases\nupdate notifications.deliveries set attempts = attempts where false")
        assert raised.value.pgcode == "XX001"
        stack.db.rows("-- renew_leases_too\nupdate notifications.deliveries set attempts = attempts where false")
    stack.db.rows("-- renew_leases\nupdate notifications.deliveries set attempts = attempts where false")


def test_row_that_is_meant_fails_or_is_slow_and_no_other(stack):
    move = "-- find_unsettled\nupdate notifications.cursors set event_id = event_id where consumer = %s"
    with poisoned(stack, "find_unsettled", "55000", "notifications.cursors", "new.consumer = 'email'"):
        with pytest.raises(psycopg2.Error) as raised:
            stack.db.rows(move, "email")
        assert raised.value.pgcode == "55000"
        stack.db.rows(move, "webhook")
    with slowed(stack, "find_unsettled", 3, "notifications.cursors", "new.consumer = 'email'"):
        took = {consumer: seconds_of(lambda: stack.db.rows(move, consumer)) for consumer in ("webhook", "email")}
    assert took["email"] >= 3 > took["webhook"]


def seconds_of(act):
    began = time.monotonic()
    act()
    return time.monotonic() - began


def test_function_that_is_renamed_comes_back(stack):
    with renamed(stack, "notifications.last_eight(timestamptz,text)"):
        with pytest.raises(psycopg2.errors.UndefinedFunction):
            stack.db.rows("select notifications.last_eight(now(), 'UTC')")
    stack.db.rows("select notifications.last_eight(now(), 'UTC')")
