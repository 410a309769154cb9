/* test_pg.c - the pool against a real PostgreSQL: parameters, answers, outcomes. */
#include "tests/unit/rigs/pg_rig.h"

static void arrays_are_quoted(void **state)
{
    static const char *const values[] = { "plain",      NULL,   "",     "NULL",   "a,b",          "{}",
                                          "say \"hi\"", "C:\\", "\\\"", " space", "\xc3\xa4\n\t", "'" };
    static const uint8_t one[] = { 0x00, 0xff, 0x5c }, two[] = { 0x22, 0x7f, 0x80 };
    const char *bytes[3];
    struct arena *arena = arena_new();
    struct pg_params params;
    (void)state;

    pg_params_init(&params, arena);
    pg_text_array(&params, values, sizeof values / sizeof *values);
    pg_text_array(&params, values, 0);
    bytes[0] = pg_cell_bytes(&params, "one", pg_bytes_of(one, 3));
    bytes[1] = pg_cell_bytes_or_null(&params, pg_bytes_of(NULL, 3));
    bytes[2] = pg_cell_bytes(&params, "two", pg_bytes_of(two, 3));
    pg_text_array(&params, bytes, 3);
    pg_text_array(&params, bytes, 0);
    assert_int_equal(params.count, 4);
    assert_string_equal(params.values[0], "{\"plain\",NULL,\"\",\"NULL\",\"a,b\",\"{}\",\"say \\\"hi\\\"\",\"C:\\\\\","
                                          "\"\\\\\\\"\",\" space\",\"\xc3\xa4\n\t\",\"'\"}");
    assert_string_equal(params.values[1], "{}");
    assert_string_equal(params.values[2], "{\"\\\\x00ff5c\",NULL,\"\\\\x227f80\"}");
    assert_string_equal(params.values[3], "{}");
    arena_free(arena);
}

static void without_a_connection_the_answer_is_unavailable(void **state)
{
    static const char *const urls[] = { "postgresql://x:y@127.0.0.1:1/x", "postgresql://no-such-host.invalid/x",
                                        "postgresql://%zz", "postgresql:///x?host=/no/such/directory" };
    (void)state;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct pg_pool_options options = usual_options(urls[i]);
        options.connections = 3;
        struct rig rig = rig_new(&options);
        for (int round = 0; round < 3; round++) {
            assert_int_equal(ask(&rig, &select_one).outcome, PG_UNAVAILABLE);
        }
        assert_false(pg_pool_is_ready(rig.pool));
        rig_free(&rig);
    }
}

static void a_pool_is_freed_in_any_state(void **state)
{
    char url[80];
    int fd = silent_server(url, sizeof url, "postgresql");
    (void)state;

    for (int turns = 0; turns < 8; turns++) {
        struct pg_pool_options options = usual_options(turns % 2 ? url : "postgresql://no-such-host.invalid/x");
        struct rig rig = rig_new(&options);
        struct noted noted;
        for (int i = 0; i < turns; i++) {
            event_base_loop(rig.base, EVLOOP_NONBLOCK);
        }
        request(&rig, &select_one, &noted);
        pg_pool_free(rig.pool);
        rig.pool = NULL;
        assert_int_equal(noted.calls, 1);
        assert_int_equal(noted.outcome, PG_UNAVAILABLE);
        rig_free(&rig);
    }
    close(fd);
}

/* --- answers --- */

SQL(echo, "select $1::text, $2::bigint, $3::bool, $4::bytea, $5::text[], $6::bytea[], null::text, true, false");

struct echo {
    bool has_ended;
    int failures;
};

static struct next *check_echo(struct flow *flow)
{
    struct echo *seen = flow->owner;
    const struct pg_answer *answer = pg_answer_of(flow);
    size_t length;

    assert_int_equal(pg_outcome(flow), PG_OK);
    assert_string_equal(pg_sqlstate(flow), "");
    assert_string_equal(pg_constraint(flow), "");
    assert_int_equal(pg_rows(flow), 1);
    assert_string_equal(pg_answer_get(answer, 0, 0), "it's \"x\"\\");
    assert_int_equal(strlen(pg_read_text(answer, 0, 0)), 9);
    assert_true(pg_read_int(answer, 0, 1) == INT64_MIN);
    assert_true(pg_read_bool(answer, 0, 2));
    const uint8_t *bytes = pg_decode_bytes(flow->arena, pg_read_text(answer, 0, 3), &length);
    assert_int_equal(length, 4);
    assert_memory_equal(bytes, "\0\xff\\'", 4);
    assert_string_equal(pg_answer_get(answer, 0, 4), "{NULL,\"\",\"NULL\",\"\\\\\",\"\\\"\",\"{\",\",\"}");
    assert_string_equal(pg_answer_get(answer, 0, 5), "{\"\\\\x0001\",NULL}");
    assert_true(pg_answer_is_null(answer, 0, 6));
    assert_string_equal(pg_answer_get(answer, 0, 6), "");
    assert_true(pg_read_bool(answer, 0, 7));
    assert_false(pg_read_bool(answer, 0, 8));
    /* Beyond the edges. */
    assert_true(pg_answer_is_null(answer, 1, 0));
    assert_true(pg_answer_is_null(answer, 0, 9));
    assert_string_equal(pg_answer_get(answer, -1, 0), "");
    assert_string_equal(pg_answer_get(answer, 0, -1), "");
    pg_decode_bytes(flow->arena, pg_read_text(answer, 7, 7), &length);
    assert_int_equal(length, 0);
    seen->has_ended = true;
    return flow_end(flow);
}

static struct next *send_echo(struct flow *flow)
{
    static const char *const texts[] = { NULL, "", "NULL", "\\", "\"", "{", "," };
    static const uint8_t two[] = { 0, 1 };
    const char *bytes[2] = { NULL, NULL };
    const struct rig *rig = flow->app;
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, "it's \"x\"\\");
    pg_int(&params, INT64_MIN);
    pg_bool(&params, true);
    pg_bytes(&params, "\0\xff\\'", 4);
    pg_text_array(&params, texts, sizeof texts / sizeof *texts);
    bytes[0] = pg_cell_bytes(&params, "two", pg_bytes_of(two, 2));
    pg_text_array(&params, bytes, 2);
    return pg_query(flow, rig->pool, &echo, &params, check_echo);
}

static struct next *end_late(struct flow *flow)
{
    return flow_end(flow);
}

static const struct flow_kind test_kind = { .name = "test", .on_deadline = end_late };

static bool has_ended(void *arg)
{
    return ((struct echo *)arg)->has_ended;
}

static void a_flow_reads_what_it_sent(void **state)
{
    struct rig rig = ready_rig();
    (void)state;

    for (int i = 0; i < 3; i++) {
        struct echo seen = { 0 };
        struct flow *flow = flow_new(rig.base, &test_kind, NULL, &seen, 10000);
        flow->app = &rig;
        flow_start(flow, send_echo);
        assert_true(loop_until(rig.base, has_ended, &seen));
    }
    rig_free(&rig);
}

static void an_answer_that_is_none_reads_as_unavailable(void **state)
{
    struct flow flow = { 0 };
    (void)state;

    assert_int_equal(pg_outcome(&flow), PG_UNAVAILABLE);
    assert_int_equal(pg_rows(&flow), 0);
    assert_string_equal(pg_answer_get(pg_answer_of(&flow), 0, 0), "");
    assert_true(pg_answer_is_null(pg_answer_of(&flow), 0, 0));
    assert_string_equal(pg_sqlstate(&flow), "");
}

static struct next *send_sleep(struct flow *flow)
{
    const struct rig *rig = flow->app;
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    return pg_query(flow, rig->pool, &sleep_long, &params, check_echo);
}

static void an_answer_after_the_deadline_is_dropped(void **state)
{
    struct rig rig = ready_rig();
    struct echo seen = { 0 };
    struct flow *flow = flow_new(rig.base, &test_kind, NULL, &seen, 30);
    unsigned before = flow_count();
    (void)state;

    flow->app = &rig;
    flow_start(flow, send_sleep);
    while (flow_count() == before) {
        event_base_loop(rig.base, EVLOOP_ONCE);
    }
    rig_free(&rig);
    assert_false(seen.has_ended);
}

/* --- outcomes --- */

static void sqlstates_become_outcomes(void **state)
{
    static const struct {
        const char *sqlstate;
        enum pg_outcome outcome;
        bool is_lost;
    } cases[] = {
        { "40001", PG_RETRY, false },       { "40P01", PG_RETRY, false },       { "55P03", PG_RETRY, false },
        { "57014", PG_RETRY, false },       { "25P03", PG_RETRY, false },       { "57P01", PG_UNAVAILABLE, false },
        { "57P03", PG_UNAVAILABLE, false }, { "08006", PG_UNAVAILABLE, false }, { "53300", PG_UNAVAILABLE, false },
        { "25006", PG_UNAVAILABLE, true },  { "23505", PG_REJECTED, false },    { "22001", PG_REJECTED, false },
        { "53100", PG_UNAVAILABLE, false }, { "53200", PG_UNAVAILABLE, false }, { "58030", PG_UNAVAILABLE, false },
        { "40000", PG_UNAVAILABLE, false }, { "54000", PG_UNAVAILABLE, false }, { "0A000", PG_UNAVAILABLE, false },
        { "22023", PG_REJECTED, false },    { "22P02", PG_REJECTED, false },    { "23503", PG_REJECTED, false },
        { "21000", PG_UNAVAILABLE, false }, { "42501", PG_UNAVAILABLE, false }, { "42883", PG_UNAVAILABLE, false },
        { "42P01", PG_UNAVAILABLE, false }, { "XX000", PG_UNAVAILABLE, false }, { "XX001", PG_UNAVAILABLE, false },
        { "55000", PG_UNAVAILABLE, false }, { "58P01", PG_UNAVAILABLE, false }, { "P0001", PG_UNAVAILABLE, false },
        { "2F003", PG_UNAVAILABLE, false }, { "44000", PG_UNAVAILABLE, false }, { "ZZ999", PG_UNAVAILABLE, false },
    };
    struct rig rig = ready_rig();
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char pid[64];
        wait_until_ready(&rig);
        snprintf(pid, sizeof pid, "%s", ask(&rig, &get_pid).value);
        char *sql = arena_printf(rig.arena, "do $$ begin raise exception using errcode = '%s'; end $$", cases[i].sqlstate);
        struct pg_statement *raise = arena_alloc(rig.arena, sizeof *raise);
        raise->name = arena_printf(rig.arena, "raise_%s", cases[i].sqlstate);
        raise->sql = sql;
        struct noted noted = ask(&rig, raise);
        assert_string_equal(noted.sqlstate, cases[i].sqlstate);
        assert_int_equal(noted.outcome, cases[i].outcome);
        assert_int_equal(noted.rows, 0);
        wait_until_ready(&rig);
        assert_int_equal(strcmp(pid, ask(&rig, &get_pid).value) != 0, cases[i].is_lost);
    }
    rig_free(&rig);
}

SQL(make_deferred, "create temp table deferred (id int, constraint one_of_each unique (id) deferrable initially deferred)");
SQL(insert_twice, "insert into deferred values (1), (1) returning id");
SQL(count_deferred, "select count(*) from deferred");

static void an_error_at_the_commit_is_no_success(void **state)
{
    struct rig rig = ready_rig();
    struct noted first, second, third;
    (void)state;

    assert_int_equal(ask(&rig, &make_deferred).outcome, PG_OK);
    request(&rig, &insert_twice, &first);
    request(&rig, &count_deferred, &second);
    request(&rig, &insert_twice, &third);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(first.outcome, PG_REJECTED);
    assert_string_equal(first.sqlstate, "23505");
    assert_int_equal(first.rows, 0);
    assert_int_equal(second.outcome, PG_OK);
    assert_string_equal(second.value, "0");
    assert_int_equal(third.outcome, PG_REJECTED);
    assert_string_equal(ask(&rig, &count_deferred).value, "0");
    rig_free(&rig);
}

static void one_failure_leaves_its_neighbours_alone(void **state)
{
    struct rig rig = ready_rig();
    struct noted noted[100];
    (void)state;

    for (int i = 0; i < 100; i++) {
        struct pg_params params;
        pg_params_init(&params, rig.arena);
        pg_int(&params, i % 3);
        send_with(&rig, &divide, &params, &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 100; i++) {
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, i % 3 ? PG_OK : PG_REJECTED);
        assert_string_equal(noted[i].value, i % 3 == 0 ? "" : i % 3 == 1 ? "1" : "0");
    }
    rig_free(&rig);
}

SQL(show_limits, "select current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')");

static void send_within(struct rig *rig, const struct pg_statement *statement, struct pg_limits limits, struct noted *noted)
{
    struct pg_params params;

    pg_params_init(&params, rig->arena);
    params.limits = limits;
    send_with(rig, statement, &params, noted);
}

/* Whether or not it is prepared in the same breath, and with others in flight around it. */
static void limits_are_those_of_one_statement(void **state)
{
    struct rig rig = ready_rig();
    struct noted before, shown[2], cut[2], after;
    const struct pg_limits limits = { .statement_ms = 150, .lock_ms = 70 };
    (void)state;

    before = ask(&rig, &show_limits);
    for (int i = 0; i < 2; i++) {
        send_within(&rig, &show_limits, limits, &shown[i]);
        send_within(&rig, &sleep_long, limits, &cut[i]);
    }
    request(&rig, &show_limits, &after);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 2; i++) {
        assert_string_equal(shown[i].value, "150ms 70ms");
        assert_int_equal(cut[i].outcome, PG_RETRY);
        assert_string_equal(cut[i].sqlstate, "57014");
    }
    assert_int_equal(after.outcome, PG_OK);
    assert_string_equal(after.value, before.value);
    rig_free(&rig);
}

SQL(begin, "begin");

static void a_transaction_left_open_costs_the_connection(void **state)
{
    struct rig rig = ready_rig();
    char pid[64];
    (void)state;

    snprintf(pid, sizeof pid, "%s", ask(&rig, &get_pid).value);
    ask(&rig, &begin);
    wait_until_ready(&rig);
    assert_string_not_equal(ask(&rig, &get_pid).value, pid);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_quoted),
        cmocka_unit_test(without_a_connection_the_answer_is_unavailable),
        cmocka_unit_test(a_pool_is_freed_in_any_state),
        cmocka_unit_test(an_answer_that_is_none_reads_as_unavailable),
        cmocka_unit_test(a_flow_reads_what_it_sent),
        cmocka_unit_test(an_answer_after_the_deadline_is_dropped),
        cmocka_unit_test(sqlstates_become_outcomes),
        cmocka_unit_test(an_error_at_the_commit_is_no_success),
        cmocka_unit_test(one_failure_leaves_its_neighbours_alone),
        cmocka_unit_test(limits_are_those_of_one_statement),
        cmocka_unit_test(a_transaction_left_open_costs_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
