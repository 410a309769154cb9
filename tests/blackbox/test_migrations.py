"""What the schema must keep to, beyond doing its work.

schema/ has a snapshot of what each release's database looks like before anything has happened. An upgraded database must be what
a new one is: so who changes a base file (tables.sql and the like) without a migration that brings existing databases to the same,
or takes a function out of its file without a migration that drops it, learns it here. A snapshot is made when its release is
made, by `make && tests/blackbox/schema/make >tests/blackbox/schema/VERSION.sql`, and never changed afterwards. Only the one of
a first release that has not been made yet, 0.4.0, is made anew instead of writing a migration.
"""

import difflib
import itertools
import os

import pytest
from support import ROOT, programs, schemas

SNAPSHOTS = sorted((ROOT / "tests" / "blackbox" / "schema").glob("*.sql"))
numbers = itertools.count(1)

TIED = """
    select p.oid::regprocedure::text as name
    from pg_proc p
    where p.prosqlbody is not null
      and p.pronamespace::regnamespace::text in ('sharelink', 'events', 'links', 'views', 'notifications', 'console')
      and exists (select from unnest(p.proargtypes) as argument (type)
                  join pg_type t on t.oid = argument.type
                  join pg_class c on c.oid = t.typrelid
                  where c.relkind in ('r', 'p'))"""


def test_no_compiled_function_ties_down_a_table(db):
    """From 15.19 on, PostgreSQL refuses to add a column with a default to a table whose row such a function takes."""
    tied = [row["name"] for row in db.rows(TIED)]
    assert tied == [], "write the bodies of these as text: as $$ … $$"


@pytest.fixture
def migrated(shared):
    """Makes a database, lets psql put something in it, and runs `sharelink migrate` on it; its name."""
    def migrate(begins_with=""):
        name = f"migrations_{os.getpid()}_{next(numbers)}"
        shared.postgres.create_database(name)
        shared.postgres.sql(begins_with, name)
        ended = programs.run("sharelink", "migrate", settings={"SHARELINK_DATABASE_URL": shared.postgres.url(name)})
        assert ended.returncode == 0, ended.stderr
        return name
    return migrate


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda path: path.stem)
def test_upgraded_database_is_what_a_new_one_is(shared, migrated, snapshot):
    new = migrated()  # first, for it makes the roles
    upgraded = migrated(snapshot.read_text(encoding="utf-8"))
    shapes = [schemas.shape(shared.postgres, name) for name in (new, upgraded)]
    assert shapes[0] == shapes[1], "\n".join(difflib.unified_diff(*shapes, "new", "upgraded", lineterm=""))


def test_there_is_a_snapshot_of_the_first_release():
    assert "0.4.0" in [path.stem for path in SNAPSHOTS]
