/* schema.h - brings a database to the schema of a plan: the files that make one, and the migrations that change one.
 *
 * An empty database gets the files, in their order. One that has been made before gets the migrations that it has not had, each
 * in a transaction of its own, and then the repeatable files that have changed, in one transaction. After a migration all
 * repeatable files are run again, for it may have dropped what stood on a table.
 *
 * What was done stands in public.sharelink_schema, by kind: "base" and "repeatable" (a file, by its name), "migration", and
 * "schema" (the digest of a plan that this database was brought to, which the daemons look for).
 */
#ifndef SHARELINK_CTL_SCHEMA_H
#define SHARELINK_CTL_SCHEMA_H

#include <stdbool.h>

#include "common/pg/sync.h"

enum schema_kind { SCHEMA_BASE, SCHEMA_REPEATABLE };

struct schema_file {
    enum schema_kind kind;
    const char *name, *sql;
};

struct schema_migration {
    const char *name, *sql;
};

struct schema_plan {
    const struct schema_file *files;           /* in the order in which they are run; the last has no name */
    const struct schema_migration *migrations; /* by number; the last has no name */
    const char *digest;                        /* of all of it */
    const char *version;                       /* 1.2.3, of the release that it belongs to */
};

struct schema_done {
    int files, migrations; /* how many were run */
};

/* NULL, or what is wrong, in the arena; what was done before that is counted all the same. Safe to call from several sessions
 * at once. The lock that it takes belongs to the session and ends with it. */
const char *schema_apply(struct arena *arena, struct pg_sync *pg, const struct schema_plan *plan, struct schema_done *done);

#endif
