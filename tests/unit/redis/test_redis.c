/* test_redis.c - the connection lost and found: against a real Redis, and against servers that misbehave by a script. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/rigs/redis_rig.h"
#include "tests/unit/rigs/redis_script.h"

/* --- a real server --- */

static void kill_client(struct rig *killer, const char *id)
{
    struct noted noted;

    ASK(killer, &noted, "CLIENT", "KILL", "ID", id);
    assert_int_equal(noted.integer, 1);
}

static void a_killed_connection_fails_what_it_owes_and_comes_back(void **state)
{
    struct rig rig, killer;
    struct noted noted, blocked[3];
    char id[32];
    (void)state;

    open_ready_rig(&rig);
    open_ready_rig(&killer);
    ASK(&rig, &noted, "CLIENT", "ID");
    snprintf(id, sizeof id, "%lld", (long long)noted.integer);
    redis_call(rig.redis, 5000, note, due(&rig, &blocked[0]), "BLPOP", "t:nothing", "5", NULL);
    redis_call(rig.redis, 0, note, due(&rig, &blocked[1]), "PING", NULL);
    redis_call(rig.redis, 0, note, due(&rig, &blocked[2]), "PING", NULL);
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    kill_client(&killer, id);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(blocked[i].calls, 1);
        assert_string_not_equal(blocked[i].error, "");
    }
    assert_int_equal(rig.lost, 1);
    assert_true(loop_until(rig.base, is_ready, &rig));
    assert_int_equal(rig.ready, 2);
    ASK(&rig, &noted, "PING");
    assert_string_equal(noted.text, "PONG");
    close_rig(&rig);
    close_rig(&killer);
}

static void again(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct noted *noted = arg;

    assert_null(reply);
    assert_non_null(errstr);
    if (++noted->calls == 4) {
        noted->rig->due--;
        return;
    }
    redis_call(noted->rig->redis, 0, again, noted, "PING", NULL);
}

static void a_failed_command_may_ask_again_at_once(void **state)
{
    struct rig rig, killer;
    struct noted noted;
    char id[32];
    (void)state;

    open_ready_rig(&rig);
    open_ready_rig(&killer);
    ASK(&rig, &noted, "CLIENT", "ID");
    snprintf(id, sizeof id, "%lld", (long long)noted.integer);
    redis_call(rig.redis, 5000, again, due(&rig, &noted), "BLPOP", "t:nothing", "5", NULL);
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    kill_client(&killer, id);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(noted.calls, 4);
    close_rig(&rig);
    close_rig(&killer);
}

static void a_wanted_reconnect_happens(void **state)
{
    struct rig rig;
    struct noted noted;
    (void)state;

    open_ready_rig(&rig);
    redis_call(rig.redis, 0, note, due(&rig, &noted), "BLPOP", "t:nothing", "5", NULL);
    redis_reconnect(rig.redis);
    assert_false(redis_is_ready(rig.redis));
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_string_not_equal(noted.error, "");
    assert_true(loop_until(rig.base, is_ready, &rig));
    close_rig(&rig);
}

/* --- a strange one --- */

static void open_scripted(struct rig *rig, struct script *script, const struct script_line *lines)
{
    *rig = (struct rig){ .base = event_base_new() };
    script_start(script, rig->base, lines);
    open_rig(rig, script->url);
}

static void close_scripted(struct rig *rig, struct script *script)
{
    redis_free(rig->redis);
    script_stop(script);
    event_base_dispatch(rig->base);
    event_base_free(rig->base);
}

static bool has_connected_thrice(void *arg)
{
    return ((struct script *)arg)->connects >= 3;
}

static void a_server_that_is_not_ready_is_tried_again(void **state)
{
    static const struct script_line scripts[][2] = {
        { { "PING", "-NOAUTH Authentication required.\r\n" } },
        { { "PING", "-LOADING Redis is loading the dataset in memory\r\n" } },
        { { "PING", "-ERR max number of clients reached\r\n" } },
        { { "PING", SCRIPT_HANG_UP } },
        { { "PING", "" } }, /* silent: the connect limit */
        { { "PING", "what?\r\n" } },
        { { "PING", "$99999999999\r\n" } },
    };
    (void)state;

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct script script;
        struct rig rig;
        open_scripted(&rig, &script, scripts[i]);
        assert_true(loop_until(rig.base, has_connected_thrice, &script));
        assert_int_equal(rig.ready, 0);
        assert_int_equal(rig.lost, 0);
        close_scripted(&rig, &script);
    }
}

static void a_silent_command_costs_the_connection(void **state)
{
    static const struct script_line lines[] = { { "PING", "+PONG\r\n" }, { NULL, NULL } };
    struct script script;
    struct rig rig;
    struct noted noted, behind;
    (void)state;

    open_scripted(&rig, &script, lines);
    assert_true(loop_until(rig.base, is_ready, &rig));
    redis_call(rig.redis, 0, note, due(&rig, &noted), "GET", "x", NULL);
    redis_call(rig.redis, 0, note, due(&rig, &behind), "GET", "y", NULL);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_string_equal(noted.error, "no answer in time");
    assert_string_equal(behind.error, "no answer in time");
    assert_true(loop_until(rig.base, is_ready, &rig));
    assert_int_equal(script.connects, 2);
    close_scripted(&rig, &script);
}

static void a_command_that_may_take_longer_does(void **state)
{
    struct rig rig;
    struct noted noted;
    (void)state;

    open_ready_rig(&rig);
    /* Twice the limit of other commands. */
    redis_call(rig.redis, 1000, note, due(&rig, &noted), "BLPOP", "t:nothing", "0.3", NULL);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_string_equal(noted.error, "");
    assert_int_equal(noted.kind, REDIS_NIL);
    assert_int_equal(rig.lost, 0);
    close_rig(&rig);
}

static void errors_that_call_for_another_server_cost_the_connection(void **state)
{
    static const struct script_line lines[] = { { "PING", "+PONG\r\n" },
                                                { "SET", "-READONLY You can't write against a read only replica.\r\n" },
                                                { "GET", "-OOM command not allowed\r\n" },
                                                { NULL, NULL } };
    struct script script;
    struct rig rig;
    struct noted noted;
    (void)state;

    open_scripted(&rig, &script, lines);
    assert_true(loop_until(rig.base, is_ready, &rig));
    ASK(&rig, &noted, "GET", "x");
    assert_int_equal(noted.kind, REDIS_ERROR);
    assert_true(redis_is_ready(rig.redis));
    ASK(&rig, &noted, "SET", "x", "y");
    assert_int_equal(noted.kind, REDIS_ERROR);
    assert_int_equal(strncmp(noted.text, "READONLY ", 9), 0);
    assert_true(loop_until(rig.base, is_lost, &rig));
    assert_true(loop_until(rig.base, is_ready, &rig));
    assert_int_equal(script.connects, 2);
    close_scripted(&rig, &script);
}

static void a_connection_is_freed_in_any_state(void **state)
{
    static const struct script_line lines[] = { { "PING", "+PONG\r\n" }, { NULL, NULL } };
    (void)state;

    for (int turns = 0; turns < 24; turns++) {
        struct script script;
        struct rig rig;
        struct noted noted;
        open_scripted(&rig, &script, lines);
        if (turns % 3 == 0) {
            redis_free(rig.redis);
            open_rig(&rig, turns % 2 ? "redis://no-such-host.invalid" : "redis://127.0.0.1:1");
        }
        for (int i = 0; i < turns / 2; i++) {
            event_base_loop(rig.base, EVLOOP_NONBLOCK);
        }
        redis_call(rig.redis, 0, note, due(&rig, &noted), "GET", "x", NULL);
        redis_free(rig.redis);
        rig.redis = NULL;
        assert_int_equal(noted.calls, 1);
        assert_string_not_equal(noted.error, "");
        close_scripted(&rig, &script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_not_ready_is_tried_again),
        cmocka_unit_test(a_silent_command_costs_the_connection),
        cmocka_unit_test(errors_that_call_for_another_server_cost_the_connection),
        cmocka_unit_test(a_connection_is_freed_in_any_state),
        cmocka_unit_test(a_command_that_may_take_longer_does),
        cmocka_unit_test(a_killed_connection_fails_what_it_owes_and_comes_back),
        cmocka_unit_test(a_failed_command_may_ask_again_at_once),
        cmocka_unit_test(a_wanted_reconnect_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
