"""What a database looks like, as text that can be compared, and as a snapshot that another can be made of."""

import os
import re
import shutil
import subprocess

from support.database import Database
from support.tables import row_counts, tables

# Which months the log has partitions for is a matter of the day.
MONTHS = "events.log_2*"
NOISE = re.compile(r"^--\n-- (?:Name|Data for Name): .*\n--\n\n|^-- Dumped .*\n|^\\(?:un)?restrict .*\n", re.MULTILINE)
OWN_SCHEMAS = ("links", "views", "notifications", "console", "events", "sharelink")


def shape(postgres, database):
    """All that `sharelink migrate` makes, but for the order of columns: one that is added later is the last of a table that
    exists, and stands where it belongs in a new one."""
    dump = re.sub(r"^(CREATE TABLE .*\n)((?: .*\n)*)", _sorted_columns, "\n".join(_dump(postgres, database, "--schema-only")), flags=re.MULTILINE)
    return dump.splitlines() + _role_settings(postgres, database) + _rows(postgres, database)


def snapshot(postgres, database):
    """What psql makes such a database of; the roles have to be there. The same for the same schema, whenever it is taken."""
    lines = [re.sub(r"'[0-9-]+ [0-9:.]+\+00'\);$", "now());", line) for line in _dump(postgres, database, "--inserts", "--no-owner")]
    return [*lines, *_role_settings(postgres, database)]


def _sorted_columns(table):
    return table[1] + "".join(sorted(line.rstrip(",") + "\n" for line in table[2].splitlines()))


def _dump(postgres, database, *options):
    program = shutil.which("pg_dump", path="/usr/lib/postgresql/15/bin:" + os.environ["PATH"])
    done = subprocess.run([program, "-d", postgres.url(database), "-T", MONTHS, *options], text=True, capture_output=True, check=True)
    return NOISE.sub("", done.stdout).splitlines()


def _role_settings(postgres, database):
    db = Database(postgres.url(database))
    rows = db.rows("select setrole::regrole::text as role, split_part(s, '=', 1) as name, substring(s from '=(.*)') as value "
                   "from pg_db_role_setting, unnest(setconfig) s where setdatabase = (select oid from pg_database where datname = %s) order by 1, 2",
                   database)
    db.close()
    return [f"alter role {row['role']} in database :\"DBNAME\" set {row['name']} = '{row['value']}';" for row in rows]


def _rows(postgres, database):
    db = Database(postgres.url(database))
    counted = row_counts(db, tables(db, OWN_SCHEMAS))
    db.close()
    return [f"{rows} rows in {name}" for name, rows in counted.items()]
