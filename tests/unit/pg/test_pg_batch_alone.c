/* test_pg_batch_alone.c - one item of many fails, or waits for a locked row: the others do not, against a real PostgreSQL. */
#include "tests/unit/rigs/batch_rig.h"

#include "common/base/clock.h"

static const struct pg_statement choosy = { .name = "batch_choosy",
                                            .sql = "select n, cardinality($1::text[]), pg_temp.choose(a), b "
                                                   "from unnest($1::text[], $2::text[]) with ordinality as t(a, b, n)" };

/* Fails for one item alone, with any code. */
static void make_choosy(struct rig *rig, const char *sqlstate)
{
    char sql[300];

    snprintf(sql, sizeof sql,
             "create or replace function pg_temp.choose(a text) returns text language plpgsql as $$ begin "
             "if a = 'bad' then raise exception using errcode = '%s'; end if; return a; end $$",
             sqlstate);
    do_sql(rig, "make_choosy", sql);
}

static void whatever_one_item_meets_the_others_do_not(void **state)
{
    static const char *const codes[] = { "42501", "42883", "42P01", "XX000", "XX001", "55000", "58P01", "P0001",
                                         "57014", "55P03", "40P01", "40001", "53100", "22003", "23505" };
    (void)state;

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct rig rig = ready_rig(&choosy, 50);
        struct noted noted[50], later[2];
        bool is_data = codes[i][0] == '2';
        bool passes = codes[i][0] == '4' || codes[i][0] == '5';
        make_choosy(&rig, codes[i]);
        for (int j = 0; j < 50; j++) {
            char text[32];
            snprintf(text, sizeof text, "%d", j);
            push(&rig, j == 20 ? "bad" : text, NULL, &noted[j]);
        }
        assert_true(loop_until(rig.base, is_nothing_due, &rig));
        for (int j = 0; j < 50; j++) {
            assert_int_equal(noted[j].calls, 1);
            if (j != 20) {
                assert_int_equal(noted[j].outcome, PG_OK);
            }
        }
        assert_int_not_equal(noted[20].outcome, PG_OK);
        assert_true((noted[20].outcome == PG_REJECTED) == is_data);
        assert_true(noted[20].outcome != PG_RETRY || passes);
        /* It is known now: it spoils no other batch. */
        push(&rig, "bad", NULL, &noted[20]);
        push(&rig, "good", NULL, &later[0]);
        push(&rig, "as good", NULL, &later[1]);
        assert_true(loop_until(rig.base, is_nothing_due, &rig));
        assert_int_equal(later[0].together, 2);
        assert_int_equal(later[1].together, 2);
        assert_int_not_equal(noted[20].outcome, PG_OK);
        /* And when it is mended, it is one of the others again. */
        do_sql(&rig, "mend", "create or replace function pg_temp.choose(a text) returns text language sql as 'select a'");
        push(&rig, "bad", NULL, &noted[20]);
        assert_true(loop_until(rig.base, is_nothing_due, &rig));
        assert_int_equal(noted[20].outcome, PG_OK);
        push(&rig, "bad", NULL, &noted[20]);
        push(&rig, "good", NULL, &later[0]);
        assert_true(loop_until(rig.base, is_nothing_due, &rig));
        assert_int_equal(later[0].together, 2);
        assert_int_equal(noted[20].together, 2);
        rig_free(&rig);
    }
}

static const struct pg_statement change = {
    .name = "batch_change",
    .sql = "with items as (select a, b, n from unnest($1::text[], $2::text[]) with ordinality as t(a, b, n)), "
           "locked as materialized (select id from batch_rows where id in (select a::int from items) order by id for update), "
           "changed as (update batch_rows r set v = v + 1 from items where r.id = a::int and r.id in (select id from locked) "
           "returning n, v) select n, cardinality($1::text[]), v::text, null::text from changed"
};

static int count_answered(const struct noted *noted, int count)
{
    int answered = 0;

    for (int i = 0; i < count; i++) {
        answered += noted[i].calls;
    }
    return answered;
}

struct wanted {
    const struct noted *noted;
    int count, answered;
};

static bool are_answered(void *arg)
{
    const struct wanted *wanted = arg;

    return count_answered(wanted->noted, wanted->count) >= wanted->answered;
}

static void one_locked_row_waits_alone(void **state)
{
    const char *url = getenv("TEST_POSTGRES_URL");
    char short_url[400];
    struct noted noted[50], later[50];
    (void)state;

    if (!url) {
        skip();
    }
    snprintf(short_url, sizeof short_url, "%s%soptions=-c%%20lock_timeout%%3D100ms", url, strchr(url, '?') ? "&" : "?");
    struct rig holder = { .base = event_base_new(), .arena = arena_new() };
    holder.pool = pg_pool_new(
        holder.base,
        &(struct pg_pool_options){
            .name = "holder", .url = url, .connections = 1, .queue_limit = 10, .answer_limit_ms = 10000, .transactions = true });
    assert_true(loop_until(holder.base, is_pool_ready, holder.pool));
    do_sql(&holder, "make_rows", "create table if not exists batch_rows (id int primary key, v int not null)");
    do_sql(&holder, "fill_rows",
           "insert into batch_rows select g, 0 from generate_series(1, 100) g on conflict (id) do update set v = 0");
    do_sql(&holder, "begin", "begin");
    do_sql(&holder, "hold", "select from batch_rows where id = 20 for update");

    struct rig rig = rig_on(short_url, &change, 50, 1000, 8000);
    assert_true(loop_until(rig.base, is_pool_ready, rig.pool));
    int64_t began_us = clock_mono_us();
    for (int i = 0; i < 50; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        push(&rig, i == 0 ? "50" : text, NULL, &noted[i]);
    }
    assert_true(loop_until(rig.base, are_answered, &(struct wanted){ noted, 50, 49 }));
    assert_in_range(clock_mono_us() - began_us, 0, 1000000);
    assert_int_equal(noted[20].calls, 0);
    /* What comes now does not wait either, though one wants the same row. */
    began_us = clock_mono_us();
    for (int i = 0; i < 50; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", i == 49 ? 20 : 51 + i);
        push(&rig, text, NULL, &later[i]);
    }
    assert_true(loop_until(rig.base, are_answered, &(struct wanted){ later, 50, 49 }));
    assert_in_range(clock_mono_us() - began_us, 0, 90000); /* no lock_timeout is in it */
    assert_int_equal(later[0].together, 49);
    assert_int_equal(later[49].calls, 0);
    do_sql(&holder, "commit", "commit");
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 50; i++) {
        assert_int_equal(noted[i].outcome, PG_OK);
        assert_int_equal(later[i].outcome, PG_OK);
    }
    rig_free(&rig);
    do_sql(&holder, "drop", "drop table batch_rows");
    pg_pool_free(holder.pool);
    arena_free(holder.arena);
    event_base_free(holder.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_one_item_meets_the_others_do_not),
        cmocka_unit_test(one_locked_row_waits_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
