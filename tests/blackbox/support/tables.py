"""What stands in a stack's tables: how many rows, and all of it as text."""

import contextlib

SCHEMAS = ("links", "views", "notifications", "console", "events", "sharelink", "public")

# The scheduler tells of an expiry a moment after it passed, whatever a test does meanwhile.
NOT_BY_SCHEDULE = {"events.log": " where type <> 'link.expired'"}


# Captions and logos are tried again by the clock, likewise.
NOT_BY_CLOCK = {"views.fetches": ["state", "attempts", "next_attempt_at", "lease_until", "lease_holder", "last_error"]}


def tables(db, schemas=SCHEMAS):
    """schema.table of each, partitioned tables as a whole."""
    rows = db.rows("""
        select format('%%I.%%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any (%s) order by 1""", list(schemas))
    return [row["name"] for row in rows]


def row_counts(db, names=None):
    """Rows by table, in one snapshot; of all that requests put into the services' tables and the log when no names are given."""
    names = names or tables(db, ("links", "views", "events"))
    counted = db.rows(" union all ".join(f"select '{name}' as name, count(*) as rows from {name}{NOT_BY_SCHEDULE.get(name, '')}" for name in names))
    return {row["name"]: row["rows"] for row in counted}


@contextlib.contextmanager
def nothing_stored(db, names=None):
    """What is done inside leaves not one row behind."""
    before = row_counts(db, names)
    yield
    assert row_counts(db, names) == before


def all_text(db, without=None):
    """Every row of every table as JSON, by table and in an order of their own; bytes as hex. without: columns that are left out, by table."""
    without = without or {}
    return {name: "\n".join(row["text"] for row in db.rows(f"select (to_jsonb(t) - %s::text[])::text as text from {name} t order by 1", without.get(name, [])))
            for name in tables(db)}
