/* test_pg_lanes.c - what is sent again, and who waits for whom: deadlocks, locked rows, heavy statements, against a real
 * PostgreSQL. */
#include <string.h>

#include "tests/unit/rigs/pg_rig.h"

#include "common/base/clock.h"
#include "common/base/metrics.h"

/* A row is locked by the test itself, through a connection of its own. */
SQL(make_rows, "create table if not exists lane_rows (id int primary key, n int)");
SQL(fill_rows, "insert into lane_rows select g, 0 from generate_series(1, 20) g on conflict (id) do update set n = 0");
SQL(drop_rows, "drop table lane_rows");
SQL(change_row, "update lane_rows set n = n + 1 where id = $1::int returning n");
SQL(hold_row, "select id from lane_rows where id = 1 for update");
SQL(begin, "begin");
SQL(commit, "commit");
static const struct pg_statement heavy_sleep = { .name = "heavy_sleep",
                                                 .sql = "select pg_sleep(0.4)::text",
                                                 .lane = PG_LANE_HEAVY };

/* The server's own limit for all sessions of the test, as the daemons' roles have it. */
static const char *url_with_short_locks(struct arena *arena)
{
    const char *url = server_url();

    return arena_printf(arena, "%s%soptions=-c%%20lock_timeout%%3D50ms", url, strchr(url, '?') ? "&" : "?");
}

/* A session that may hold a transaction open: it is a pool for transactions of one connection. */
static struct rig holder_new(void)
{
    struct pg_pool_options options = usual_options(server_url());

    options.transactions = true;
    struct rig rig = rig_new(&options);
    assert_true(loop_until(rig.base, is_pool_ready, rig.pool));
    return rig;
}

static void hold(struct rig *holder)
{
    ask(holder, &make_rows);
    ask(holder, &fill_rows);
    assert_int_equal(ask(holder, &begin).outcome, PG_OK);
    assert_int_equal(ask(holder, &hold_row).outcome, PG_OK);
}

static void let_go(struct rig *holder)
{
    assert_int_equal(ask(holder, &commit).outcome, PG_OK);
}

static void holder_free(struct rig *holder)
{
    ask(holder, &drop_rows);
    rig_free(holder);
}

static struct rig rig_with_lanes(struct arena *arena, int lock_wait_ms)
{
    struct pg_pool_options options = usual_options(url_with_short_locks(arena));

    options.lock_wait_ms = lock_wait_ms;
    options.heavy_connections = 1;
    options.heavy_waiting_limit = 2;
    struct rig rig = rig_new(&options);
    assert_true(loop_until(rig.base, is_pool_ready, rig.pool));
    assert_true(loop_until(rig.base, is_pool_ready, pg_heavy(rig.pool)));
    return rig;
}

static void change(struct rig *rig, int id, struct noted *noted)
{
    struct pg_params params;

    pg_params_init(&params, rig->arena);
    pg_int(&params, id);
    send_with(rig, &change_row, &params, noted);
}

static int64_t now_ms(void)
{
    return clock_mono_us() / 1000;
}

static bool are_others_answered(void *arg)
{
    const struct noted *noted = arg;

    for (int i = 1; i < 20; i++) {
        if (!noted[i].calls) {
            return false;
        }
    }
    return true;
}

static void who_wants_the_locked_row_alone_waits(void **state)
{
    struct arena *arena = arena_new();
    struct rig holder = holder_new();
    struct rig rig = rig_with_lanes(arena, 5000);
    struct noted noted[20];
    (void)state;

    hold(&holder);
    int64_t began_ms = now_ms();
    for (int i = 0; i < 20; i++) {
        change(&rig, i + 1, &noted[i]);
    }
    assert_true(loop_until(rig.base, are_others_answered, noted));
    assert_in_range(now_ms() - began_ms, 0, 1500);
    assert_int_equal(noted[0].calls, 0);
    let_go(&holder);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, PG_OK);
        assert_string_equal(noted[i].value, "1"); /* done once */
    }
    rig_free(&rig);
    holder_free(&holder);
    arena_free(arena);
}

/* Twelve want what one holds, on two connections; a thirteenth wants a row that comes free soon. */
static void those_who_wait_take_turns_and_give_up_in_time(void **state)
{
    struct arena *arena = arena_new();
    struct rig holder = holder_new();
    struct rig rig = rig_with_lanes(arena, 1200);
    struct noted noted[12];
    (void)state;

    hold(&holder);
    int64_t began_ms = now_ms();
    for (int i = 0; i < 12; i++) {
        change(&rig, 1, &noted[i]);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_in_range(now_ms() - began_ms, 1200,
                    3200); /* each was sent for 50 ms first, and a slice may begin at the last moment */
    for (int i = 0; i < 12; i++) {
        assert_int_equal(noted[i].calls, 1);
        assert_int_equal(noted[i].outcome, PG_RETRY);
        assert_string_equal(noted[i].sqlstate, "55P03");
    }
    let_go(&holder);
    change(&rig, 1, &noted[0]);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_string_equal(noted[0].value, "1"); /* none of the twelve came through later */
    rig_free(&rig);
    holder_free(&holder);
    arena_free(arena);
}

/* --- sent again --- */

static void fail_some(struct rig *rig, const char *sqlstate, int failures)
{
    char *sql = arena_printf(rig->arena,
                             "create or replace function pg_temp.shake() returns text language plpgsql as $$ begin "
                             "if nextval('pg_temp.shakes') <= %d then raise exception using errcode = '%s'; end if; "
                             "return currval('pg_temp.shakes'); end $$",
                             failures, sqlstate);
    struct pg_statement *make = arena_alloc(rig->arena, sizeof *make);

    *make = (struct pg_statement){ .name = arena_printf(rig->arena, "make_shaky_%s_%d", sqlstate, failures), .sql = sql };
    assert_int_equal(ask(rig, make).outcome, PG_OK);
}

static void what_passes_by_itself_is_not_told(void **state)
{
    SQL(make_sequence, "create temp sequence shakes");
    SQL(begin_anew, "select setval('pg_temp.shakes', 1, false)");
    SQL(shake, "select pg_temp.shake()");
    static const char *const codes[] = { "40P01", "40001" };
    struct rig rig = ready_rig();
    (void)state;

    assert_int_equal(ask(&rig, &make_sequence).outcome, PG_OK);
    for (int i = 0; i < 2; i++) {
        for (int failures = 0; failures <= 4; failures++) {
            ask(&rig, &begin_anew);
            fail_some(&rig, codes[i], failures);
            struct noted noted = ask(&rig, &shake);
            assert_int_equal(noted.outcome, failures <= 3 ? PG_OK : PG_RETRY);
            assert_string_equal(noted.sqlstate, failures <= 3 ? "" : codes[i]);
        }
    }
    struct buf text = { 0 };
    metrics_write(&text);
    assert_non_null(strstr(text.data, "sharelink_pg_tried_again_total{sqlstate=\"40P01\"} 9"));
    buf_clear(&text);
    rig_free(&rig);
}

static void what_is_not_kept_may_go_while_it_is_tried_again(void **state)
{
    SQL(make_sequence, "create temp sequence shakes");
    char sql[] = "select pg_temp.shake()";
    struct pg_statement passing = { .name = "passing", .sql = sql, .unnamed = true };
    struct rig rig = ready_rig();
    struct noted noted;
    (void)state;

    assert_int_equal(ask(&rig, &make_sequence).outcome, PG_OK);
    fail_some(&rig, "40P01", 2);
    request(&rig, &passing, &noted);
    memset(sql, 'x', sizeof sql - 1);
    memset(&passing, 0, sizeof passing);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(noted.outcome, PG_OK);
    rig_free(&rig);
}

/* What took too long once would again. */
static void what_took_too_long_is_told(void **state)
{
    SQL(make_sequence, "create temp sequence shakes");
    SQL(shake, "select pg_temp.shake()");
    struct rig rig = ready_rig();
    (void)state;

    assert_int_equal(ask(&rig, &make_sequence).outcome, PG_OK);
    fail_some(&rig, "57014", 1);
    assert_int_equal(ask(&rig, &shake).outcome, PG_RETRY);
    assert_string_equal(ask(&rig, &shake).value, "2");
    rig_free(&rig);
}

/* --- the heavy --- */

static bool is_answered(void *arg)
{
    return ((const struct noted *)arg)->calls > 0;
}

static void the_heavy_take_their_own_time(void **state)
{
    struct arena *arena = arena_new();
    struct rig rig = rig_with_lanes(arena, 0);
    struct noted heavy[5], light;
    (void)state;

    int64_t began_ms = now_ms();
    for (int i = 0; i < 5; i++) {
        request(&rig, &heavy_sleep, &heavy[i]);
    }
    request(&rig, &select_one, &light);
    assert_true(loop_until(rig.base, is_answered, &light));
    assert_int_equal(light.outcome, PG_OK);
    assert_int_equal(heavy[0].calls, 0); /* nobody waited for it */
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_in_range(now_ms() - began_ms, 1200, 5000); /* one after another */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(heavy[i].calls, 1);
        assert_int_equal(heavy[i].outcome, i < 3 ? PG_OK : PG_RETRY); /* one at work, two in the queue */
        assert_string_equal(heavy[i].sqlstate, "");
    }
    rig_free(&rig);
    arena_free(arena);
}

static void a_pool_that_closes_answers_all_that_wait(void **state)
{
    struct arena *arena = arena_new();
    struct rig holder = holder_new();
    struct rig rig = rig_with_lanes(arena, 5000);
    struct noted noted[8];
    (void)state;

    hold(&holder);
    for (int i = 0; i < 5; i++) {
        change(&rig, 1, &noted[i]);
    }
    for (int i = 5; i < 8; i++) {
        request(&rig, &heavy_sleep, &noted[i]);
    }
    for (int i = 0; i < 30; i++) {
        event_base_loop(rig.base, EVLOOP_NONBLOCK);
        usleep(10000);
    }
    rig_free(&rig);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(noted[i].calls, 1);
    }
    let_go(&holder);
    holder_free(&holder);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_wants_the_locked_row_alone_waits),
        cmocka_unit_test(those_who_wait_take_turns_and_give_up_in_time),
        cmocka_unit_test(what_passes_by_itself_is_not_told),
        cmocka_unit_test(what_took_too_long_is_told),
        cmocka_unit_test(what_is_not_kept_may_go_while_it_is_tried_again),
        cmocka_unit_test(the_heavy_take_their_own_time),
        cmocka_unit_test(a_pool_that_closes_answers_all_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
