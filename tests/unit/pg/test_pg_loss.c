/* test_pg_loss.c - the pool under load, and when it loses its connections. */
#include "tests/unit/rigs/pg_rig.h"

SQL(echo_length, "select length($1::text), $1::text");

static void much_goes_both_ways_at_once(void **state)
{
    enum { COUNT = 120, SIZE = 300000 };
    struct rig rig = ready_rig();
    static struct noted noted[COUNT];
    char *big = mem_alloc(SIZE + 1);
    (void)state;

    memset(big, 'x', SIZE);
    for (int i = 0; i < COUNT; i++) {
        struct pg_params params;
        pg_params_init(&params, rig.arena);
        pg_text(&params, big);
        send_with(&rig, &echo_length, &params, &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(noted[i].outcome, PG_OK);
        assert_string_equal(noted[i].value, "300000");
    }
    free(big);
    rig_free(&rig);
}

static void a_full_queue_sheds(void **state)
{
    struct pg_pool_options options = usual_options(server_url());
    options.queue_limit = 4;
    struct rig rig = rig_new(&options);
    struct noted noted[10];
    (void)state;

    wait_until_ready(&rig);
    for (int i = 0; i < 10; i++) {
        request(&rig, &select_one, &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(noted[i].outcome, i < 4 ? PG_OK : PG_UNAVAILABLE);
    }
    rig_free(&rig);
}

static void silence_costs_the_connection(void **state)
{
    struct pg_pool_options options = usual_options(server_url());
    options.answer_limit_ms = 100;
    struct rig rig = rig_new(&options);
    struct noted slow, behind;
    (void)state;

    wait_until_ready(&rig);
    assert_int_equal(ask(&rig, &select_one).outcome, PG_OK);
    request(&rig, &sleep_long, &slow);
    request(&rig, &select_one, &behind);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(slow.outcome, PG_UNAVAILABLE);
    assert_int_equal(behind.outcome, PG_UNAVAILABLE);
    wait_until_ready(&rig);
    assert_int_equal(ask(&rig, &select_one).outcome, PG_OK);
    rig_free(&rig);
}

SQL(terminate, "select pg_terminate_backend($1::int)");

static void kill_backend(struct rig *killer, const char *pid)
{
    struct pg_params params;

    pg_params_init(&params, killer->arena);
    pg_text(&params, pid);
    assert_string_equal(ask_with(killer, &terminate, &params).value, "t");
}

static bool is_pool_lost(void *arg)
{
    return !pg_pool_is_ready(arg);
}

static void a_killed_connection_fails_what_it_owes_and_comes_back(void **state)
{
    struct rig rig = ready_rig(), killer = ready_rig();
    struct noted noted[20];
    char pid[64];
    (void)state;

    snprintf(pid, sizeof pid, "%s", ask(&rig, &get_pid).value);
    request(&rig, &sleep_long, &noted[0]);
    for (int i = 1; i < 20; i++) {
        request(&rig, i % 2 ? &select_one : &divide, &noted[i]);
    }
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    kill_backend(&killer, pid);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, PG_UNAVAILABLE);
    }
    wait_until_ready(&rig);
    assert_int_equal(ask(&rig, &select_one).outcome, PG_OK);

    /* The same while it is idle: found out without a request. */
    snprintf(pid, sizeof pid, "%s", ask(&rig, &get_pid).value);
    kill_backend(&killer, pid);
    assert_true(loop_until(rig.base, is_pool_lost, rig.pool));
    wait_until_ready(&rig);
    assert_int_equal(ask(&rig, &select_one).outcome, PG_OK);
    rig_free(&rig);
    rig_free(&killer);
}

static void again(void *arg, const struct pg_answer *answer)
{
    struct noted *noted = arg;
    struct pg_params params;

    noted->outcome = pg_answer_outcome(answer);
    noted->calls++;
    if (noted->calls == 3) {
        noted->rig->due--;
        return;
    }
    pg_params_init(&params, noted->rig->arena);
    pg_send(noted->rig->pool, &select_one, &params, again, noted);
}

static void a_failed_request_may_ask_again_at_once(void **state)
{
    struct rig rig = ready_rig(), killer = ready_rig();
    struct noted noted = { .rig = &rig };
    struct pg_params params;
    char pid[64];
    (void)state;

    snprintf(pid, sizeof pid, "%s", ask(&rig, &get_pid).value);
    pg_params_init(&params, rig.arena);
    rig.due = 1;
    pg_send(rig.pool, &sleep_long, &params, again, &noted);
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    kill_backend(&killer, pid);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(noted.calls, 3);
    assert_int_equal(noted.outcome, PG_UNAVAILABLE);
    rig_free(&rig);
    rig_free(&killer);
}

/* The server's address by name, behind a host that refuses: both parts of the URL become lists. */
static void the_next_host_of_a_list_is_tried(void **state)
{
    char url[512];
    const char *given = server_url();
    const char *at = strrchr(given, '@');
    const char *host = strstr(given, "127.0.0.1");
    (void)state;

    if (!host || (at && host < at)) {
        skip();
    }
    snprintf(url, sizeof url, "%.*s127.0.0.1:1,no-such-host.invalid:5432,localhost%s", (int)(host - given), given,
             host + strlen("127.0.0.1"));
    struct pg_pool_options options = usual_options(url);
    struct rig rig = rig_new(&options);
    wait_until_ready(&rig);
    assert_int_equal(ask(&rig, &select_one).outcome, PG_OK);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(much_goes_both_ways_at_once),
        cmocka_unit_test(a_full_queue_sheds),
        cmocka_unit_test(silence_costs_the_connection),
        cmocka_unit_test(a_killed_connection_fails_what_it_owes_and_comes_back),
        cmocka_unit_test(a_failed_request_may_ask_again_at_once),
        cmocka_unit_test(the_next_host_of_a_list_is_tried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
