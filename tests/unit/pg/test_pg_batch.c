/* test_pg_batch.c - natural batches against a real PostgreSQL: sizes, own rows, one bad row, retries. */
#include "tests/unit/rigs/batch_rig.h"

/* What each item learns: its number in the batch, the size of its batch, and its own first column. */
#define NUMBERED "select n, cardinality($1::text[]), a, b from unnest($1::text[], $2::text[]) with ordinality as t(a, b, n) "
static const struct pg_statement echo = { .name = "batch_echo", .sql = NUMBERED };
/* Rows in the wrong order, as many for an item as its second column says, 0 too. */
static const struct pg_statement repeat = { .name = "batch_repeat",
                                            .sql = NUMBERED "cross join generate_series(1, b::int) as g order by g, n desc" };
/* Numbers that belong to nobody. */
static const struct pg_statement misnumber = {
    .name = "batch_misnumber", .sql = "select unnest(array[0, -1, 99, null, 2]), cardinality($1::text[]), 'x', $2::text"
};
static const struct pg_statement divide = { .name = "batch_divide",
                                            .sql = "select n, cardinality($1::text[]), (12 / a::int)::text, b "
                                                   "from unnest($1::text[], $2::text[]) with ordinality as t(a, b, n)" };

static void check_echo(const struct noted *noted, int number, int together)
{
    char text[32];

    snprintf(text, sizeof text, "item %d", number);
    assert_int_equal(noted->calls, 1);
    assert_int_equal(noted->outcome, PG_OK);
    assert_int_equal(noted->rows, 1);
    assert_string_equal(noted->first, text);
    assert_int_equal(noted->together, together);
}

static void push_echo(struct rig *rig, struct noted *noted, int number)
{
    char text[32];

    snprintf(text, sizeof text, "item %d", number);
    push(rig, text, NULL, noted);
}

static void what_comes_in_one_turn_flies_together(void **state)
{
    struct rig rig = ready_rig(&echo, 8);
    struct noted noted[20];
    (void)state;

    for (int i = 0; i < 20; i++) {
        push_echo(&rig, &noted[i], i);
    }
    assert_int_equal(pg_batch_size(rig.batch), 20);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 20; i++) {
        check_echo(&noted[i], i, i < 16 ? 8 : 4);
    }
    rig_free(&rig);
}

static void what_comes_during_a_flight_is_the_next(void **state)
{
    struct rig rig = ready_rig(&echo, 8);
    struct noted noted[6];
    (void)state;

    push_echo(&rig, &noted[0], 0);
    /* Sent without waiting for more. */
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    for (int i = 1; i < 6; i++) {
        push_echo(&rig, &noted[i], i);
    }
    /* A fast server may have answered the first within that very turn; that changes nothing for the others. */
    assert_in_range(pg_batch_size(rig.batch), 5, 6);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 6; i++) {
        check_echo(&noted[i], i, i == 0 ? 1 : 5);
    }
    rig_free(&rig);
}

static void hostile_text_comes_back_as_it_was(void **state)
{
    static const char *const texts[] = { "",      "NULL",
                                         "{}",    "\"",
                                         "\\",    "\\\"",
                                         "a,b",   "','); drop table x; --",
                                         " ",     "\n\t\r",
                                         "{\"}",  "\\N",
                                         "\\x00", "\xf0\x9f\x98\x80",
                                         "'" };
    enum { COUNT = sizeof texts / sizeof *texts };
    struct rig rig = ready_rig(&echo, 50);
    struct noted noted[COUNT];
    (void)state;

    for (int i = 0; i < COUNT; i++) {
        push(&rig, texts[i], texts[i], &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(noted[i].rows, 1);
        assert_string_equal(noted[i].first, texts[i]);
    }
    rig_free(&rig);
}

static void each_sees_its_own_rows(void **state)
{
    static const char *const counts[] = { "1", "3", "0", "2", "0", "5" };
    struct rig rig = ready_rig(&repeat, 50);
    struct noted noted[6];
    (void)state;

    for (int i = 0; i < 6; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        push(&rig, text, counts[i], &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 6; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(noted[i].outcome, PG_OK);
        assert_int_equal(noted[i].rows, atoi(counts[i]));
        assert_string_equal(noted[i].first, noted[i].rows ? text : "");
        assert_string_equal(noted[i].last, noted[i].rows ? text : "");
    }
    rig_free(&rig);
}

static void rows_for_nobody_go_nowhere(void **state)
{
    struct rig rig = ready_rig(&misnumber, 50);
    struct noted noted[4];
    (void)state;

    for (int i = 0; i < 4; i++) {
        push(&rig, "a", "b", &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(noted[i].outcome, PG_OK);
        assert_int_equal(noted[i].rows, i == 1 ? 1 : 0);
    }
    rig_free(&rig);
}

static void one_bad_row_fails_alone(void **state)
{
    struct rig rig = ready_rig(&divide, 50);
    struct noted noted[12];
    (void)state;

    for (int i = 0; i < 12; i++) {
        push(&rig, i == 0 ? "3" : i == 5 ? "0" : i == 7 ? "zero" : i == 8 ? "\xff" : "4", NULL, &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 12; i++) {
        bool is_bad = i == 5 || i == 7 || i == 8;
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, is_bad ? PG_REJECTED : PG_OK);
        assert_string_equal(noted[i].first, is_bad ? "" : i == 0 ? "4" : "3");
    }
    rig_free(&rig);
}

static const struct pg_statement shaky = { .name = "batch_shaky",
                                           .sql = "select n, cardinality($1::text[]), pg_temp.shake(), b "
                                                  "from unnest($1::text[], $2::text[]) with ordinality as t(a, b, n)" };

/* Fails with a deadlock as often as is said. */
static void make_shaky(struct rig *rig, int failures)
{
    char sql[400];

    /* A sequence moves on even when its transaction fails. */
    do_sql(rig, "make_sequence", "create temp sequence shakes");
    snprintf(sql, sizeof sql,
             "create function pg_temp.shake() returns text language plpgsql as $$ begin "
             "if nextval('pg_temp.shakes') <= %d then raise exception using errcode = '40P01'; end if; return 'fine'; "
             "end $$",
             failures);
    do_sql(rig, "make_shaky", sql);
}

static void what_passes_is_tried_again(void **state)
{
    (void)state;

    for (int failures = 0; failures <= 4; failures++) {
        struct rig rig = ready_rig(&shaky, 4);
        struct noted noted;
        make_shaky(&rig, failures);
        push(&rig, "a", "b", &noted);
        assert_true(loop_until(rig.base, is_nothing_due, &rig));
        assert_int_equal(noted.calls, 1);
        assert_int_equal(noted.outcome, failures < 4 ? PG_OK : PG_RETRY);
        rig_free(&rig);
    }
}

/* The batch's failures must not use up the tries of its items. */
static void each_item_has_its_own_tries(void **state)
{
    struct rig rig = ready_rig(&shaky, 4);
    struct noted noted[4];
    (void)state;

    make_shaky(&rig, 5);
    for (int i = 0; i < 4; i++) {
        char text[32];
        snprintf(text, sizeof text, "item %d", i);
        push(&rig, text, "b", &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, PG_OK);
        assert_int_equal(noted[i].together, 1);
    }
    rig_free(&rig);
}

static void too_many_are_refused(void **state)
{
    const char *url = getenv("TEST_POSTGRES_URL");
    struct noted noted[10];
    (void)state;

    if (!url) {
        skip();
    }
    struct rig rig = rig_with(url, &echo, 4, 5);
    assert_true(loop_until(rig.base, is_pool_ready, rig.pool));
    for (int i = 0; i < 10; i++) {
        push(&rig, "a", "b", &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, i < 5 ? PG_OK : PG_UNAVAILABLE);
    }
    rig_free(&rig);
}

static void without_a_server_all_are_told(void **state)
{
    struct rig rig = rig_with("postgresql://x@127.0.0.1:1/x", &echo, 4, 100);
    struct noted noted[10];
    (void)state;

    for (int i = 0; i < 10; i++) {
        push(&rig, "a", "b", &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, PG_UNAVAILABLE);
    }
    rig_free(&rig);
}

/* --- flows --- */

static struct next *check_own(struct flow *flow)
{
    struct noted *noted = flow->owner;

    assert_int_equal(pg_outcome(flow), PG_OK);
    assert_int_equal(pg_rows(flow), 1);
    assert_string_equal(pg_answer_get(pg_answer_of(flow), 0, 2), flow->request_id);
    assert_true(pg_answer_is_null(pg_answer_of(flow), 0, 3));
    assert_true(pg_answer_is_null(pg_answer_of(flow), 1, 0));
    noted->calls++;
    noted->rig->due--;
    return flow_end(flow);
}

static struct next *add(struct flow *flow)
{
    struct noted *noted = flow->owner;
    const char **values = arena_calloc(flow->arena, 2, sizeof *values);

    values[0] = flow->request_id;
    return pg_batch_add(flow, noted->rig->batch, values, check_own);
}

static struct next *end_late(struct flow *flow)
{
    struct noted *noted = flow->owner;

    noted->rig->due--;
    return flow_end(flow);
}

static const struct flow_kind test_kind = { .name = "test", .on_deadline = end_late };

static void start_flow(struct rig *rig, struct noted *noted, int number, int64_t deadline_ms)
{
    *noted = (struct noted){ .rig = rig };
    struct flow *flow = flow_new(rig->base, &test_kind, NULL, noted, deadline_ms);

    flow->request_id = arena_printf(flow->arena, "flow \"%d\"", number);
    rig->due++;
    flow_start(flow, add);
}

static void flows_wait_for_their_item(void **state)
{
    struct rig rig = ready_rig(&echo, 7);
    struct noted noted[40];
    (void)state;

    for (int i = 0; i < 40; i++) {
        start_flow(&rig, &noted[i], i, 10000);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 40; i++) {
        assert_int_equal(noted[i].calls, 1);
    }
    rig_free(&rig);
}

static const struct pg_statement slow = { .name = "batch_slow",
                                          .sql = "select n, pg_sleep(0.3)::text, a, b "
                                                 "from unnest($1::text[], $2::text[]) with ordinality as t(a, b, n)" };

/* Their values go with their arenas; the sanitizers watch. */
static void flows_that_ended_are_left_out(void **state)
{
    struct rig rig = ready_rig(&slow, 7);
    struct noted first, late[5], patient;
    (void)state;

    start_flow(&rig, &first, 0, 10000);
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    for (int i = 0; i < 5; i++) {
        start_flow(&rig, &late[i], i, 50);
    }
    start_flow(&rig, &patient, 9, 10000);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(first.calls, 1);
    assert_int_equal(patient.calls, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(late[i].calls, 0);
    }
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_server_all_are_told),
        cmocka_unit_test(what_comes_in_one_turn_flies_together),
        cmocka_unit_test(what_comes_during_a_flight_is_the_next),
        cmocka_unit_test(hostile_text_comes_back_as_it_was),
        cmocka_unit_test(each_sees_its_own_rows),
        cmocka_unit_test(rows_for_nobody_go_nowhere),
        cmocka_unit_test(one_bad_row_fails_alone),
        cmocka_unit_test(what_passes_is_tried_again),
        cmocka_unit_test(each_item_has_its_own_tries),
        cmocka_unit_test(too_many_are_refused),
        cmocka_unit_test(flows_wait_for_their_item),
        cmocka_unit_test(flows_that_ended_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
