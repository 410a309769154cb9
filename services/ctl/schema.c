/* schema.c - see the header. An advisory lock lets one run at a time. Nothing is begun in a database that an edited migration,
 * one that this plan does not know, or a newer release shows not to be the plan's own.
 */
#include "services/ctl/schema.h"

#include <stdio.h>
#include <string.h>

#include "common/base/str.h"
#include "common/data/crypto.h"
#include "services/ctl/find_schema_tables.sql.h"
#include "services/ctl/read_schema_records.sql.h"
#include "services/ctl/record_schema.sql.h"

#define TABLE "public.sharelink_schema"

enum { CHECKSUM_SIZE = 2 * CRYPTO_HASH_SIZE + 1, TRIES_MAX = 5 };

/* One call of schema_apply. */
struct run {
    struct arena *arena;
    struct pg_sync *pg;
    const struct schema_plan *plan;
    struct schema_done *done;
    const struct pg_answer *records; /* of read_schema_records.sql; NULL in an empty database */
    bool was_in_the_way;             /* what was undone last met somebody else's locks */
};

static const char *begin(struct run *run);
static const char *find_tables(struct run *run);
static const char *read_records(struct run *run);
static const char *make_base(struct run *run);
static const char *refuse_newer(struct run *run);
static const char *refuse_edited(struct run *run);
static const char *migrate_each(struct run *run);
static const char *apply_migration(struct run *run, const struct schema_migration *migration);
static const char *repeat_changed(struct run *run);
static const char *repeat_once(struct run *run);
static const char *run_file(struct run *run, const struct schema_file *file);
static const char *record(struct run *run, const char *kind, const char *name, const char *checksum);
static const char *record_digest(struct run *run);
static const char *recorded(struct run *run, const char *kind, const char *name);
static const char *checksum_of(struct run *run, const char *sql);
static bool is_newer(const char *version, const char *than);
static const char *undo(struct run *run, const char *what);

const char *schema_apply(struct arena *arena, struct pg_sync *pg, const struct schema_plan *plan, struct schema_done *done)
{
    struct run run = { .arena = arena, .pg = pg, .plan = plan, .done = done };
    const char *fault = begin(&run);

    fault = fault ? fault : find_tables(&run);
    if (fault || !run.records) {
        return fault ? fault : make_base(&run);
    }
    fault = refuse_newer(&run);
    fault = fault ? fault : refuse_edited(&run);
    fault = fault ? fault : migrate_each(&run);
    return fault ? fault : repeat_changed(&run);
}

static const char *begin(struct run *run)
{
    if (!pg_sync_run(run->pg, "set client_min_messages = warning") ||
        !pg_sync_run(run->pg, "select pg_advisory_lock(hashtext('sharelink migrate'))")) {
        return arena_printf(run->arena, "the migration cannot start: %s", pg_sync_error(run->pg));
    }
    return NULL;
}

static const char *find_tables(struct run *run)
{
    struct pg_params params;

    find_schema_tables_params(&params, run->arena);
    const struct pg_answer *answer = pg_sync_ask(run->pg, &find_schema_tables_statement, &params);
    if (!answer) {
        return pg_sync_error(run->pg);
    }
    struct find_schema_tables_out found = find_schema_tables_read(answer, 0);
    if (found.has_migrations_before && !found.has_records) {
        return "this database was made by 0.3.0 or before, which was never released and cannot be brought to this version: "
               "make a new, empty database and migrate that";
    }
    return found.has_records ? read_records(run) : NULL;
}

static const char *read_records(struct run *run)
{
    struct pg_params params;

    read_schema_records_params(&params, run->arena);
    run->records = pg_sync_ask(run->pg, &read_schema_records_statement, &params);
    return run->records ? NULL : pg_sync_error(run->pg);
}

/* The base has in it what the migrations have made of it until now: they count as applied. */
static const char *make_base(struct run *run)
{
    const char *fault = NULL;

    if (!pg_sync_run(run->pg, "begin") ||
        !pg_sync_run(run->pg,
                     "create table " TABLE " (kind text not null check (kind in ('base', 'migration', 'repeatable', 'schema')), "
                     "name text not null, checksum text not null, version text not null, "
                     "applied_at timestamptz not null default now(), primary key (kind, name))")) {
        return undo(run, "the schema");
    }
    for (const struct schema_file *file = run->plan->files; !fault && file->name; file++) {
        fault = run_file(run, file);
    }
    for (const struct schema_migration *migration = run->plan->migrations; !fault && migration->name; migration++) {
        fault = record(run, "migration", migration->name, checksum_of(run, migration->sql));
    }
    fault = fault ? fault : record_digest(run);
    if (fault) {
        run->done->files = 0;
    }
    return fault;
}

static const char *refuse_newer(struct run *run)
{
    for (int row = 0; row < pg_answer_rows(run->records); row++) {
        struct read_schema_records_out done = read_schema_records_read(run->records, row);
        const struct schema_migration *migration = run->plan->migrations;

        if (is_newer(done.version, run->plan->version)) {
            return arena_printf(run->arena, "the database has the schema of %s, and this is %s: use a newer version",
                                done.version, run->plan->version);
        }
        while (migration->name && !str_equal(migration->name, done.name)) {
            migration++;
        }
        if (!migration->name && str_equal(done.kind, "migration")) {
            return arena_printf(
                run->arena, "the database has migration %s, which this version does not know: use a newer version", done.name);
        }
    }
    return NULL;
}

static const char *refuse_edited(struct run *run)
{
    for (const struct schema_migration *migration = run->plan->migrations; migration->name; migration++) {
        const char *checksum = recorded(run, "migration", migration->name);
        if (checksum && !str_equal(checksum, checksum_of(run, migration->sql))) {
            return arena_printf(run->arena, "migration %s was edited after it had been applied: put it back, and write a new one",
                                migration->name);
        }
    }
    return NULL;
}

static const char *migrate_each(struct run *run)
{
    const char *fault = NULL;

    for (const struct schema_migration *migration = run->plan->migrations; !fault && migration->name; migration++) {
        if (!recorded(run, "migration", migration->name)) {
            fault = apply_migration(run, migration);
        }
    }
    return fault ? fault : read_records(run);
}

/* Also forgets in what state the repeatable files were run: so they are run again, even if this process goes no further. */
static const char *apply_migration(struct run *run, const struct schema_migration *migration)
{
    const char *what = arena_printf(run->arena, "migration %s", migration->name);

    if (!pg_sync_run(run->pg, "begin") || !pg_sync_run(run->pg, migration->sql) ||
        !pg_sync_run(run->pg, "delete from " TABLE " where kind = 'repeatable'")) {
        return undo(run, what);
    }
    const char *fault = record(run, "migration", migration->name, checksum_of(run, migration->sql));
    if (!fault && !pg_sync_run(run->pg, "commit")) {
        fault = undo(run, what);
    }
    run->done->migrations += fault ? 0 : 1;
    return fault;
}

/* The daemons that run meanwhile lock tables and views in their own order: what PostgreSQL ends for that is done again. */
static const char *repeat_changed(struct run *run)
{
    const char *fault = repeat_once(run);

    for (int tries = 1; fault && run->was_in_the_way && tries < TRIES_MAX; tries++) {
        fault = repeat_once(run);
    }
    return fault;
}

static const char *repeat_once(struct run *run)
{
    const char *fault = pg_sync_run(run->pg, "begin") ? NULL : undo(run, "the schema");

    for (const struct schema_file *file = run->plan->files; !fault && file->name; file++) {
        const char *checksum = recorded(run, "repeatable", file->name);
        if (file->kind == SCHEMA_REPEATABLE && !str_equal(checksum, checksum_of(run, file->sql))) {
            fault = run_file(run, file);
        }
    }
    fault = fault ? fault : record_digest(run);
    if (fault) {
        run->done->files = 0;
    }
    return fault;
}

static const char *run_file(struct run *run, const struct schema_file *file)
{
    if (!pg_sync_run(run->pg, file->sql)) {
        return undo(run, file->name);
    }
    run->done->files++;
    return record(run, file->kind == SCHEMA_BASE ? "base" : "repeatable", file->name, checksum_of(run, file->sql));
}

/* In the transaction of what it tells. */
static const char *record(struct run *run, const char *kind, const char *name, const char *checksum)
{
    struct record_schema_in in = { .kind = kind, .name = name, .checksum = checksum, .version = run->plan->version };
    struct pg_params params;

    record_schema_params(&params, run->arena, &in);
    return pg_sync_ask(run->pg, &record_schema_statement, &params) ? NULL : undo(run, name);
}

/* Ends the transaction. A digest keeps the version that came with it first: the same schema is no newer in a later release. */
static const char *record_digest(struct run *run)
{
    const char *fault = record(run, "schema", run->plan->digest, run->plan->digest);

    return !fault && !pg_sync_run(run->pg, "commit") ? undo(run, "the schema") : fault;
}

/* The checksum, or NULL. */
static const char *recorded(struct run *run, const char *kind, const char *name)
{
    for (int row = 0; row < pg_answer_rows(run->records); row++) {
        struct read_schema_records_out done = read_schema_records_read(run->records, row);
        if (str_equal(done.kind, kind) && str_equal(done.name, name)) {
            return done.checksum;
        }
    }
    return NULL;
}

static const char *checksum_of(struct run *run, const char *sql)
{
    uint8_t hash[CRYPTO_HASH_SIZE];
    char *checksum = arena_alloc(run->arena, CHECKSUM_SIZE);

    crypto_hash(hash, sql, strlen(sql));
    str_hex(checksum, hash, sizeof hash);
    return checksum;
}

static bool is_newer(const char *version, const char *than)
{
    int a[3] = { 0 }, b[3] = { 0 };

    (void)!sscanf(version, "%d.%d.%d", &a[0], &a[1], &a[2]);
    (void)!sscanf(than, "%d.%d.%d", &b[0], &b[1], &b[2]);
    for (int i = 0; i < 3; i++) {
        if (a[i] != b[i]) {
            return a[i] > b[i];
        }
    }
    return false;
}

static const char *undo(struct run *run, const char *what)
{
    const char *fault = arena_printf(run->arena, "%s failed and was undone: %s", what, pg_sync_error(run->pg));

    run->was_in_the_way = str_equal(pg_sync_sqlstate(run->pg), "40P01");
    pg_sync_run(run->pg, "rollback");
    return fault;
}
