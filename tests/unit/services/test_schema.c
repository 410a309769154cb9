/* test_schema.c - the engine of `sharelink migrate` with little plans of its own, each in a database of its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/data/crypto.h"
#include "services/ctl/schema.h"

/* A plan of three files: a table, a function, and a view that stands on both. Each counts how often it was run. */
#define RUN(name) "insert into runs values ('" name "');"
#define TABLES                                                                                                                   \
    "create table runs (name text, place int generated always as identity);"                                                     \
    "create table things (id int primary key); insert into things values (1), (2);" RUN("tables")
#define ONE  "create or replace function one() returns int language sql return 1;" RUN("one")
#define TWO  "create or replace function one() returns int language sql return 2;" RUN("one")
#define SEEN "create or replace view seen as select id from things;" RUN("seen")

static const struct schema_file first_files[] = {
    { SCHEMA_BASE, "tables", TABLES }, { SCHEMA_REPEATABLE, "one", ONE }, { SCHEMA_REPEATABLE, "seen", SEEN }, { .name = NULL }
};
static const struct schema_file changed_files[] = {
    { SCHEMA_BASE, "tables", TABLES }, { SCHEMA_REPEATABLE, "one", TWO }, { SCHEMA_REPEATABLE, "seen", SEEN }, { .name = NULL }
};
static const struct schema_migration none[] = { { .name = NULL } };
static const struct schema_migration adds[] = {
    { "0001_add", "alter table things add column name text default 'x';" RUN("0001_add") }, { .name = NULL }
};
static const struct schema_plan first = { first_files, none, "digest one", "1.2.0" };
static const struct schema_plan changed = { changed_files, none, "digest two", "1.2.1" };
static const struct schema_plan with_migration = { first_files, adds, "digest three", "1.3.0" };

struct place {
    struct arena *arena;
    const char *url;
    struct pg_sync *admin, *pg;
    const char *name;
};

static const char *url_of(struct arena *arena, const char *database)
{
    const char *url = getenv("TEST_POSTGRES_URL");

    return arena_printf(arena, "%.*s/%s", (int)(strrchr(url, '/') - url), url, database);
}

static struct pg_sync *open_or_fail(struct arena *arena, const char *url)
{
    const char *error = NULL;
    struct pg_sync *pg = pg_sync_open(arena, url, &error);

    if (!pg) {
        fail_msg("%s", error);
    }
    return pg;
}

static int enter(void **state)
{
    static int number;
    struct place *place = calloc(1, sizeof *place);

    if (!getenv("TEST_POSTGRES_URL")) {
        *state = place;
        return 0;
    }
    crypto_setup();
    place->arena = arena_new();
    place->name = arena_printf(place->arena, "schema_%d_%d", (int)getpid(), ++number);
    place->admin = open_or_fail(place->arena, getenv("TEST_POSTGRES_URL"));
    assert_true(pg_sync_run(place->admin, arena_printf(place->arena, "create database %s", place->name)));
    place->url = url_of(place->arena, place->name);
    place->pg = open_or_fail(place->arena, place->url);
    *state = place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;

    if (place->arena) {
        pg_sync_close(place->pg);
        assert_true(pg_sync_run(place->admin, arena_printf(place->arena, "drop database %s", place->name)));
        pg_sync_close(place->admin);
        arena_free(place->arena);
    }
    free(place);
    return 0;
}

static struct place *of(void **state)
{
    struct place *place = *state;

    if (!place->arena) {
        skip();
    }
    return place;
}

/* The one value that it answers with. */
static const char *ask(struct place *place, const char *sql)
{
    const struct pg_statement statement = { .name = "ask", .sql = sql };
    struct pg_params params;

    pg_params_init(&params, place->arena);
    const struct pg_answer *answer = pg_sync_ask(place->pg, &statement, &params);
    if (!answer) {
        fail_msg("%s: %s", sql, pg_sync_error(place->pg));
    }
    assert_int_equal(pg_answer_rows(answer), 1);
    return pg_answer_get(answer, 0, 0);
}

static void run(struct place *place, const char *sql)
{
    if (!pg_sync_run(place->pg, sql)) {
        fail_msg("%s: %s", sql, pg_sync_error(place->pg));
    }
}

/* What was run since this was asked last, in its order. */
static const char *runs(struct place *place)
{
    return ask(place, "with gone as (delete from runs returning name, place) "
                      "select coalesce(string_agg(name, ' ' order by place), '') from gone");
}

static const char *records(struct place *place, const char *kind)
{
    return ask(place, arena_printf(place->arena,
                                   "select coalesce(string_agg(name || ' ' || version, ', ' order by applied_at, name), '') "
                                   "from sharelink_schema where kind = '%s'",
                                   kind));
}

static void applies(struct place *place, const struct schema_plan *plan, int migrations, int files)
{
    struct schema_done done = { 0 };
    const char *fault = schema_apply(place->arena, place->pg, plan, &done);

    if (fault) {
        fail_msg("%s", fault);
    }
    assert_int_equal(done.migrations, migrations);
    assert_int_equal(done.files, files);
}

/* Says both of these; how many migrations were applied before it stopped. */
static int refuses(struct place *place, const struct schema_plan *plan, const char *says, const char *also)
{
    struct schema_done done = { 0 };
    const char *fault = schema_apply(place->arena, place->pg, plan, &done);

    assert_non_null(fault);
    if (!strstr(fault, says) || !strstr(fault, also)) {
        fail_msg("it says: %s", fault);
    }
    assert_int_equal(done.files, 0);
    return done.migrations;
}

static void empty_database_gets_all_files_once_in_their_order(void **state)
{
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    assert_string_equal(runs(place), "tables one seen");
    assert_string_equal(records(place, "base"), "tables 1.2.0");
    assert_string_equal(records(place, "repeatable"), "one 1.2.0, seen 1.2.0");
    assert_string_equal(records(place, "schema"), "digest one 1.2.0");
    run(place, "insert into things values (3)");
    applies(place, &first, 0, 0);
    assert_string_equal(runs(place), "");
    assert_string_equal(ask(place, "select count(*) from seen"), "3");
}

static void base_that_fails_leaves_nothing(void **state)
{
    static const struct schema_file files[] = { { SCHEMA_BASE, "tables", TABLES },
                                                { SCHEMA_REPEATABLE, "broken", "create view broken as select * from nothing;" },
                                                { .name = NULL } };
    const struct schema_plan plan = { files, none, "d", "1.2.0" };
    struct place *place = of(state);

    assert_int_equal(refuses(place, &plan, "broken failed and was undone", "\"nothing\" does not exist"), 0);
    assert_string_equal(ask(place, "select count(*) from pg_class where relnamespace = 'public'::regnamespace"), "0");
    applies(place, &first, 0, 3);
}

static void base_has_in_it_what_migrations_did(void **state)
{
    static const struct schema_migration migrations[] = { { "0001_past", "select 1 / 0;" }, { .name = NULL } };
    const struct schema_plan plan = { first_files, migrations, "d", "1.2.0" };
    struct place *place = of(state);

    applies(place, &plan, 0, 3);
    assert_string_equal(records(place, "migration"), "0001_past 1.2.0");
    applies(place, &plan, 0, 0);
}

static void migration_is_applied_once(void **state)
{
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    runs(place);
    applies(place, &with_migration, 1, 2);
    assert_string_equal(records(place, "migration"), "0001_add 1.3.0");
    assert_string_equal(ask(place, "select string_agg(name, '') from things"), "xx");
    runs(place);
    applies(place, &with_migration, 0, 0);
    assert_string_equal(runs(place), "");
}

static void migration_that_fails_is_undone_and_named(void **state)
{
    static const struct schema_migration broken[] = {
        { "0001_add", "alter table things add column name text default 'x';" RUN("0001_add") },
        { "0002_break", "alter table things add column more int; select 1 / 0;" },
        { "0003_after", RUN("0003_after") },
        { .name = NULL },
    };
    static const struct schema_migration mended[] = {
        { "0001_add", "alter table things add column name text default 'x';" RUN("0001_add") },
        { "0002_break", "alter table things add column more int;" },
        { "0003_after", RUN("0003_after") },
        { .name = NULL },
    };
    const struct schema_plan plan = { changed_files, broken, "d", "1.3.0" },
                             mended_plan = { changed_files, mended, "d", "1.3.0" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    runs(place);
    assert_int_equal(refuses(place, &plan, "migration 0002_break failed and was undone", "division by zero"), 1);
    assert_string_equal(runs(place), "0001_add");
    assert_string_equal(records(place, "migration"), "0001_add 1.3.0");
    assert_string_equal(ask(place, "select count(*) from information_schema.columns where table_name = 'things'"), "2");
    assert_string_equal(records(place, "schema"), "digest one 1.2.0");
    applies(place, &mended_plan, 2, 2);
    assert_string_equal(runs(place), "0003_after one seen");
}

static void edited_migration_stops_everything(void **state)
{
    static const struct schema_migration edited[] = { { "0001_add", "alter table things add column name text default 'y';" },
                                                      { "0002_more", RUN("0002_more") },
                                                      { .name = NULL } };
    const struct schema_plan plan = { changed_files, edited, "d", "1.3.0" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    applies(place, &with_migration, 1, 2);
    runs(place);
    assert_int_equal(refuses(place, &plan, "0001_add", "edited after it had been applied"), 0);
    assert_string_equal(runs(place), "");
    assert_string_equal(ask(place, "select one()"), "1");
}

static void unknown_migration_stops_everything(void **state)
{
    const struct schema_plan plan = { changed_files, none, "d", "1.3.0" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    applies(place, &with_migration, 1, 2);
    assert_int_equal(refuses(place, &plan, "0001_add, which this version does not know", "newer version"), 0);
    assert_string_equal(ask(place, "select one()"), "1");
}

static void newer_release_is_not_taken_back(void **state)
{
    const struct schema_plan older[] = { { first_files, none, "d", "1.1.99" },
                                         { first_files, none, "d", "0.9.10" },
                                         { first_files, none, "d", "1.2" } };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    applies(place, &changed, 0, 1);
    for (size_t i = 0; i < sizeof older / sizeof older[0]; i++) {
        assert_int_equal(refuses(place, &older[i], "newer version", older[i].version), 0);
    }
    assert_int_equal(refuses(place, &first, "the database has the schema of 1.2.1, and this is 1.2.0", "use a newer version"), 0);
    assert_string_equal(ask(place, "select one()"), "2");
}

static void same_schema_is_no_newer_in_a_later_release(void **state)
{
    const struct schema_plan later = { first_files, none, "digest one", "10.0.0" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    applies(place, &later, 0, 0);
    assert_string_equal(records(place, "schema"), "digest one 1.2.0");
    applies(place, &first, 0, 0);
}

static void repeatable_file_is_run_again_only_when_it_has_changed(void **state)
{
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    runs(place);
    assert_string_equal(ask(place, "select one()"), "1");
    applies(place, &changed, 0, 1);
    assert_string_equal(runs(place), "one");
    assert_string_equal(ask(place, "select one()"), "2");
    assert_string_equal(records(place, "repeatable"), "seen 1.2.0, one 1.2.1");
    applies(place, &changed, 0, 0);
    assert_string_equal(runs(place), "");
}

static void every_digest_stays(void **state)
{
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    applies(place, &changed, 0, 1);
    applies(place, &with_migration, 1, 2);
    assert_string_equal(records(place, "schema"), "digest one 1.2.0, digest two 1.2.1, digest three 1.3.0");
}

static void changed_base_is_not_run_again(void **state)
{
    static const struct schema_file files[] = { { SCHEMA_BASE, "tables", "select 1 / 0;" },
                                                { SCHEMA_BASE, "a new one", "select 1 / 0;" },
                                                { SCHEMA_REPEATABLE, "one", ONE },
                                                { SCHEMA_REPEATABLE, "seen", SEEN },
                                                { .name = NULL } };
    const struct schema_plan plan = { files, none, "d", "1.3.0" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    applies(place, &plan, 0, 0);
}

static void what_a_migration_drops_comes_back(void **state)
{
    static const struct schema_migration drops[] = { { "0001_drop",
                                                       "drop view seen; alter table things rename column id to number; "
                                                       "alter table things add column id text default 'new';" },
                                                     { .name = NULL } };
    const struct schema_plan plan = { first_files, drops, "d", "1.3.0" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    runs(place);
    applies(place, &plan, 1, 2);
    assert_string_equal(runs(place), "one seen");
    assert_string_equal(ask(place, "select string_agg(id, '') from seen"), "newnew");
}

static void repeatable_file_may_be_emptied(void **state)
{
    static const struct schema_file files[] = { { SCHEMA_BASE, "tables", TABLES },
                                                { SCHEMA_REPEATABLE, "one", "-- Nothing is left here.\n" },
                                                { .name = NULL } };
    const struct schema_plan plan = { files, none, "emptied", "1.2.1" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    applies(place, &plan, 0, 1);
    applies(place, &plan, 0, 0);
    assert_string_equal(ask(place, "select one()"), "1"); /* what is taken out of a file stays */
}

static void repeatable_files_fail_together(void **state)
{
    static const struct schema_file files[] = { { SCHEMA_BASE, "tables", TABLES },
                                                { SCHEMA_REPEATABLE, "one", TWO },
                                                { SCHEMA_REPEATABLE, "seen",
                                                  "create or replace view seen as select nothing from things;" },
                                                { .name = NULL } };
    const struct schema_plan plan = { files, none, "digest two", "1.2.1" }, later = { files, adds, "digest three", "1.2.1" };
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    assert_int_equal(refuses(place, &plan, "seen failed and was undone", "\"nothing\" does not exist"), 0);
    assert_string_equal(ask(place, "select one()"), "1");
    assert_string_equal(records(place, "schema"), "digest one 1.2.0");
    assert_string_equal(records(place, "repeatable"), "one 1.2.0, seen 1.2.0");

    /* After a migration, all of them are yet to be run, however the run that applied it ended. */
    assert_int_equal(refuses(place, &later, "seen failed and was undone", ""), 1);
    runs(place);
    applies(place, &with_migration, 0, 2);
    assert_string_equal(runs(place), "one seen");
}

static void database_of_before_is_refused(void **state)
{
    struct place *place = of(state);

    run(place, "create table sharelink_migrations (name text primary key)");
    run(place, "insert into sharelink_migrations values ('0001_base')");
    assert_int_equal(refuses(place, &first, "0.3.0", "make a new, empty database"), 0);
    assert_string_equal(ask(place, "select count(*) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"),
                        "1");
}

/* A migrate of 0.3.0 that was run by mistake leaves its table behind, and nothing else. */
static void database_of_now_is_none_of_before(void **state)
{
    struct place *place = of(state);

    applies(place, &first, 0, 3);
    run(place, "create table sharelink_migrations (name text primary key)");
    applies(place, &changed, 0, 1);
}

struct racer {
    const char *url;
    const struct schema_plan *plan;
    struct schema_done done;
    bool failed;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    struct arena *arena = arena_new();
    const char *error = NULL;
    struct pg_sync *pg = pg_sync_open(arena, racer->url, &error);

    racer->failed = !pg || schema_apply(arena, pg, racer->plan, &racer->done);
    if (pg) {
        pg_sync_close(pg);
    }
    arena_free(arena);
    return NULL;
}

static void race_of_four(struct place *place, const struct schema_plan *plan, int migrations, int files)
{
    enum { RACERS = 4 };
    struct racer racers[RACERS];
    pthread_t threads[RACERS];

    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){ .url = place->url, .plan = plan };
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(racers[i].failed);
        migrations -= racers[i].done.migrations;
        files -= racers[i].done.files;
        assert_true(racers[i].done.files == 0 || files == 0);
    }
    assert_int_equal(migrations, 0);
    assert_int_equal(files, 0);
}

static void several_at_once_do_everything_once(void **state)
{
    struct place *place = of(state);

    race_of_four(place, &first, 0, 3);
    assert_string_equal(runs(place), "tables one seen");
    race_of_four(place, &with_migration, 1, 2);
    assert_string_equal(runs(place), "0001_add one seen");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_database_gets_all_files_once_in_their_order),
        TEST(base_that_fails_leaves_nothing),
        TEST(base_has_in_it_what_migrations_did),
        TEST(migration_is_applied_once),
        TEST(migration_that_fails_is_undone_and_named),
        TEST(edited_migration_stops_everything),
        TEST(unknown_migration_stops_everything),
        TEST(newer_release_is_not_taken_back),
        TEST(same_schema_is_no_newer_in_a_later_release),
        TEST(repeatable_file_is_run_again_only_when_it_has_changed),
        TEST(every_digest_stays),
        TEST(changed_base_is_not_run_again),
        TEST(what_a_migration_drops_comes_back),
        TEST(repeatable_file_may_be_emptied),
        TEST(repeatable_files_fail_together),
        TEST(database_of_before_is_refused),
        TEST(database_of_now_is_none_of_before),
        TEST(several_at_once_do_everything_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
