/* test_redis.c - the connection against a real Redis, and against servers that misbehave by a script. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/redis/redis.h"
#include "common/base/str.h"
#include "tests/unit/loop.h"
#include "tests/unit/redis_script.h"

struct rig {
    struct event_base *base;
    struct redis *redis;
    int due, ready, lost;
};

struct noted {
    struct rig *rig;
    int calls;
    enum redis_kind kind;
    char text[128];
    char error[128];
    int64_t integer;
    size_t length;
};

static const char *server_url(void)
{
    const char *url = getenv("TEST_REDIS_URL");

    if (!url) {
        skip();
    }
    return url;
}

static void count_ready(void *arg)
{
    ((struct rig *)arg)->ready++;
}

static void count_lost(void *arg)
{
    ((struct rig *)arg)->lost++;
}

static bool is_nothing_due(void *arg)
{
    return ((struct rig *)arg)->due == 0;
}

static bool is_ready(void *arg)
{
    return redis_is_ready(((struct rig *)arg)->redis);
}

static bool is_lost(void *arg)
{
    return ((struct rig *)arg)->lost > 0;
}

static void open_rig(struct rig *rig, const char *url)
{
    const struct redis_options options = { .name = "test",
                                           .url = url,
                                           .connect_limit_ms = 150,
                                           .command_limit_ms = 150,
                                           .on_ready = count_ready,
                                           .on_lost = count_lost,
                                           .arg = rig };

    if (!rig->base) {
        rig->base = event_base_new();
    }
    rig->redis = redis_new(rig->base, &options);
}

static void open_ready_rig(struct rig *rig)
{
    *rig = (struct rig){ 0 };
    open_rig(rig, server_url());
    assert_true(loop_until(rig->base, is_ready, rig));
}

static void close_rig(struct rig *rig)
{
    redis_free(rig->redis);
    /* Look-ups cannot be called off: until the last one has come back. */
    event_base_dispatch(rig->base);
    event_base_free(rig->base);
}

static void note(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct noted *noted = arg;

    /* One or the other. */
    assert_true(!errstr || !reply);
    noted->calls++;
    noted->rig->due--;
    noted->kind = redis_kind(reply);
    noted->integer = redis_integer(reply);
    noted->length = redis_length(reply);
    snprintf(noted->text, sizeof noted->text, "%s", redis_text(reply));
    snprintf(noted->error, sizeof noted->error, "%s", errstr ? errstr : "");
}

static struct noted *due(struct rig *rig, struct noted *noted)
{
    *noted = (struct noted){ .rig = rig };
    rig->due++;
    return noted;
}

#define ASK(rig, noted, ...)                                                                                           \
    do {                                                                                                               \
        redis_call((rig)->redis, 0, note, due((rig), (noted)), __VA_ARGS__, NULL);                                     \
        assert_int_equal((noted)->calls, 0);                                                                           \
        assert_true(loop_until((rig)->base, is_nothing_due, (rig)));                                                   \
        assert_int_equal((noted)->calls, 1);                                                                           \
    } while (0)

/* --- a real server --- */

static void replies_have_their_kinds(void **state)
{
    struct rig rig;
    struct noted noted;
    (void)state;

    open_ready_rig(&rig);
    ASK(&rig, &noted, "DEL", "t:kinds");
    ASK(&rig, &noted, "GET", "t:kinds");
    assert_int_equal(noted.kind, REDIS_NIL);
    ASK(&rig, &noted, "SET", "t:kinds", "41");
    assert_int_equal(noted.kind, REDIS_TEXT);
    assert_string_equal(noted.text, "OK");
    ASK(&rig, &noted, "INCR", "t:kinds");
    assert_int_equal(noted.kind, REDIS_INTEGER);
    assert_int_equal(noted.integer, 42);
    assert_int_equal(noted.length, 0);
    ASK(&rig, &noted, "GET", "t:kinds");
    assert_string_equal(noted.text, "42");
    assert_int_equal(noted.length, 2);
    assert_int_equal(noted.integer, 0);
    ASK(&rig, &noted, "MGET", "t:kinds", "t:none");
    assert_int_equal(noted.kind, REDIS_ARRAY);
    assert_int_equal(noted.length, 2);
    assert_string_equal(noted.text, "");
    ASK(&rig, &noted, "LPUSH", "t:kinds", "x");
    assert_int_equal(noted.kind, REDIS_ERROR);
    assert_int_equal(strncmp(noted.text, "WRONGTYPE ", 10), 0);
    assert_true(redis_is_ready(rig.redis));
    ASK(&rig, &noted, "DEL", "t:kinds");
    close_rig(&rig);
}

static void check_array(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct rig *rig = arg;

    assert_null(errstr);
    assert_string_equal(redis_text(redis_at(reply, 0)), "v");
    assert_int_equal(redis_kind(redis_at(reply, 1)), REDIS_NIL);
    assert_null(redis_at(reply, 2));
    assert_null(redis_at(reply, SIZE_MAX));
    assert_null(redis_at(redis_at(reply, 0), 0));
    assert_null(redis_at(redis_at(redis_at(reply, 5), 5), 5));
    rig->due--;
}

static void reading_beyond_the_edge_is_harmless(void **state)
{
    struct rig rig;
    struct noted noted;
    (void)state;

    open_ready_rig(&rig);
    ASK(&rig, &noted, "SET", "t:edge", "v");
    rig.due++;
    redis_call(rig.redis, 0, check_array, &rig, "MGET", "t:edge", "t:none", NULL);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    ASK(&rig, &noted, "DEL", "t:edge");
    assert_int_equal(redis_kind(NULL), REDIS_NIL);
    assert_string_equal(redis_text(NULL), "");
    assert_int_equal(redis_length(NULL), 0);
    assert_int_equal(redis_integer(NULL), 0);
    assert_false(redis_is_error(NULL, "ERR"));
    close_rig(&rig);
}

static void words_may_hold_any_byte(void **state)
{
    const char *const words[] = { "ECHO", "a\0b\r\n$3\r\n%s%b*" };
    const size_t lengths[] = { 4, 14 };
    struct rig rig;
    struct noted noted;
    (void)state;

    open_ready_rig(&rig);
    redis_command(rig.redis, words, lengths, 2, note, due(&rig, &noted));
    redis_command(rig.redis, words, lengths, 2, NULL, NULL);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    assert_int_equal(noted.length, 14);
    assert_string_equal(noted.text, "a");
    close_rig(&rig);
}

static void many_come_back_in_order(void **state)
{
    enum { COUNT = 5000 };
    static struct noted noted[COUNT];
    struct rig rig;
    (void)state;

    open_ready_rig(&rig);
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        redis_call(rig.redis, 0, note, due(&rig, &noted[i]), "ECHO", text, NULL);
    }
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(atoi(noted[i].text), i);
    }
    close_rig(&rig);
}

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

/* url: redis://…@ the server's own host and port, and what comes behind it. */
static void url_with(char *to, size_t size, const char *credentials, const char *database)
{
    const char *rest = strstr(server_url(), "://") + 3;
    const char *at = strrchr(rest, '@');

    rest = at ? at + 1 : rest;
    snprintf(to, size, "redis://%s%.*s%s", credentials, (int)strcspn(rest, "/"), rest, database);
}

static void users_passwords_and_databases_of_the_url_are_used(void **state)
{
    struct rig rig, admin;
    struct noted noted;
    char url[256];
    (void)state;

    open_ready_rig(&admin);
    ASK(&admin, &noted, "ACL", "SETUSER", "t:user", "on", ">p@ss/w:rd%", "~*", "+@all");
    assert_string_equal(noted.text, "OK");
    url_with(url, sizeof url, "t%3Auser:p%40ss%2Fw%3Ard%25@", "/3");
    rig = (struct rig){ 0 };
    open_rig(&rig, url);
    assert_true(loop_until(rig.base, is_ready, &rig));
    ASK(&rig, &noted, "ACL", "WHOAMI");
    assert_string_equal(noted.text, "t:user");
    ASK(&rig, &noted, "SET", "t:three", "3");
    close_rig(&rig);

    ASK(&admin, &noted, "GET", "t:three");
    assert_int_equal(noted.kind, REDIS_NIL);
    ASK(&admin, &noted, "SELECT", "3");
    ASK(&admin, &noted, "GETDEL", "t:three");
    assert_string_equal(noted.text, "3");

    url_with(url, sizeof url, "t%3Auser:wrong@", "");
    rig = (struct rig){ 0 };
    open_rig(&rig, url);
    for (int i = 0; i < 200; i++) {
        ASK(&rig, &noted, "PING");
        assert_string_not_equal(noted.error, "");
    }
    assert_int_equal(rig.ready, 0);
    close_rig(&rig);
    ASK(&admin, &noted, "ACL", "DELUSER", "t:user");
    close_rig(&admin);
}

/* --- no server, or a strange one --- */

static void broken_urls_fail_every_command(void **state)
{
    static const char *const urls[] = { "",
                                        "redis",
                                        "redis://",
                                        "redis://:6379",
                                        "redis://host:0",
                                        "redis://host:65536",
                                        "redis://host:12x",
                                        "redis://host/x",
                                        "redis://host/-1",
                                        "redis://password@host",
                                        "redis://u:%zz@host",
                                        "redis://u:%00@host",
                                        "redis://[::1",
                                        "rediss://127.0.0.1",
                                        "http://127.0.0.1",
                                        "unix://",
                                        "unix://relative",
                                        "unix:///no/such/socket",
                                        "redis://127.0.0.1:1",
                                        "redis://[::1]:1/2" };
    (void)state;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct rig rig = { 0 };
        struct noted noted;
        open_rig(&rig, urls[i]);
        for (int turn = 0; turn < 5; turn++) {
            ASK(&rig, &noted, "PING");
            assert_string_not_equal(noted.error, "");
        }
        assert_int_equal(rig.ready, 0);
        close_rig(&rig);
    }
}

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
        cmocka_unit_test(broken_urls_fail_every_command),
        cmocka_unit_test(a_server_that_is_not_ready_is_tried_again),
        cmocka_unit_test(a_silent_command_costs_the_connection),
        cmocka_unit_test(errors_that_call_for_another_server_cost_the_connection),
        cmocka_unit_test(a_connection_is_freed_in_any_state),
        cmocka_unit_test(replies_have_their_kinds),
        cmocka_unit_test(reading_beyond_the_edge_is_harmless),
        cmocka_unit_test(words_may_hold_any_byte),
        cmocka_unit_test(many_come_back_in_order),
        cmocka_unit_test(a_command_that_may_take_longer_does),
        cmocka_unit_test(a_killed_connection_fails_what_it_owes_and_comes_back),
        cmocka_unit_test(a_failed_command_may_ask_again_at_once),
        cmocka_unit_test(a_wanted_reconnect_happens),
        cmocka_unit_test(users_passwords_and_databases_of_the_url_are_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
