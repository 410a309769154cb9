"""Statements of the daemons that PostgreSQL fails, or makes take long, while a test wants it.

A statement's text begins with its name, so a trigger on a table that it writes to knows whose work it is in. For what only reads there
are revoke and rename.
"""

import itertools
from contextlib import contextmanager

TABLES = ("notifications.deliveries", "notifications.settled", "notifications.cursors", "notifications.preferences",
          "notifications.webhook_endpoints", "links.share_links")
numbers = itertools.count(1)


@contextmanager
def raising(stack, statement, sqlstate, tables=TABLES):
    """Within it each run of the statement that writes to one of the tables, though it be no row, ends with this SQLSTATE."""
    with _trigger(stack, statement, f"raise exception 'as the test wants it' using errcode = '{sqlstate}'", tables):
        yield


@contextmanager
def poisoned(stack, statement, sqlstate, table, row):
    """The same for a run that writes a row of the table for which this SQL on new (or, in a delete, old) is true."""
    with _trigger(stack, statement, f"raise exception 'as the test wants it' using errcode = '{sqlstate}'", (table,), row):
        yield


@contextmanager
def slowed(stack, statement, seconds, table, row):
    """Within it a run that writes such a row takes so long."""
    with _trigger(stack, statement, f"perform pg_sleep({seconds})", (table,), row):
        yield


@contextmanager
def renamed(stack, function):
    """A function, given as `schema.name(types)`, that is not there by its name within it."""
    schema, name = function.split("(")[0].split(".")
    away = f"{name}_{next(numbers)}"
    stack.db.rows(f"alter function {function} rename to {away}")
    try:
        yield
    finally:
        stack.db.rows(f"alter function {schema}.{away}({function.split('(')[1]} rename to {name}")


@contextmanager
def revoked(stack, right, role):
    """A right as `select on links.mail_contexts` that the role has not within it."""
    stack.db.rows(f"revoke {right} from {role}")
    try:
        yield
    finally:
        stack.db.rows(f"grant {right} to {role}")


@contextmanager
def _trigger(stack, statement, action, tables, row=None):
    name = f"test_{next(numbers)}"
    condition = f"starts_with(current_query(), '-- {statement}' || chr(10))" + (f" and ({row})" if row else "")
    stack.db.rows(f"create function public.{name}() returns trigger language plpgsql as $body$ begin "
                  f"if {condition} then {action}; end if; return coalesce(new, old); end $body$")
    try:
        for table in tables:
            stack.db.rows(f"create trigger {name} before insert or update or delete on {table} "
                          f"for each {'row' if row else 'statement'} execute function public.{name}()")
        yield
    finally:
        stack.db.rows(f"drop function public.{name} cascade")
