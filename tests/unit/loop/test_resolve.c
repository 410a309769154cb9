/* test_resolve.c - names and addresses come back once, from the loop. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/loop/resolve.h"
#include "tests/unit/rigs/loop.h"

struct result {
    int calls;
    char address[80];
    char error[80];
};

static void note(void *arg, const char *address, const char *error)
{
    struct result *result = arg;

    result->calls++;
    snprintf(result->address, sizeof result->address, "%s", address ? address : "");
    snprintf(result->error, sizeof result->error, "%s", error ? error : "");
}

static bool is_called(void *arg)
{
    return ((struct result *)arg)->calls > 0;
}

static struct result resolve(const char *host, unsigned choice)
{
    struct event_base *base = event_base_new();
    struct result result = { 0 };

    resolve_start(base, host, choice, note, &result);
    assert_int_equal(result.calls, 0);
    assert_true(loop_until(base, is_called, &result));
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(result.calls, 1);
    event_base_free(base);
    return result;
}

static void numeric_addresses_stay_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(resolve("192.0.2.7", 0).address, "192.0.2.7");
    assert_string_equal(resolve("::1", 0).address, "::1");
    assert_string_equal(resolve("::1", 4000000000U).address, "::1");
}

static void a_name_becomes_an_address(void **state)
{
    (void)state;
    struct result result = resolve("localhost", 0);

    assert_true(!strcmp(result.address, "127.0.0.1") || !strcmp(result.address, "::1"));
    assert_string_equal(result.error, "");
}

static void choices_go_round(void **state)
{
    (void)state;
    char first[80], again[80];

    snprintf(first, sizeof first, "%s", resolve("localhost", 0).address);
    snprintf(again, sizeof again, "%s", resolve("localhost", 60).address);
    assert_string_equal(first, again);
}

static void what_cannot_be_resolved_says_why(void **state)
{
    static const char *const hosts[] = { "no-such-host.invalid", "", "a b", "1.2.3.4.5.6", "-", "[::1]" };
    (void)state;

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct result result = resolve(hosts[i], 0);
        assert_string_equal(result.address, "");
        assert_string_not_equal(result.error, "");
    }
}

static bool have_all(void *arg)
{
    struct result *results = arg;

    for (int i = 0; i < 20; i++) {
        if (!results[i].calls) {
            return false;
        }
    }
    return true;
}

static void many_at_once_get_one_answer_each(void **state)
{
    struct event_base *base = event_base_new();
    struct result results[20] = { { 0 } };
    (void)state;

    for (int i = 0; i < 20; i++) {
        resolve_start(base, i % 2 ? "localhost" : "127.0.0.1", 0, note, &results[i]);
    }
    assert_true(loop_until(base, have_all, results));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(results[i].calls, 1);
        assert_string_not_equal(results[i].address, "");
    }
    event_base_free(base);
}

/* Names and addresses; the owner's memory is gone by the time of the answer. */
static void who_cancels_is_not_called(void **state)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost", "no-such-host.invalid" };
    struct event_base *base = event_base_new();
    (void)state;

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct result *gone = calloc(1, sizeof *gone);
        struct resolve_lookup *lookup = resolve_start(base, hosts[i], 0, note, gone);
        resolve_cancel(lookup);
        assert_int_equal(gone->calls, 0);
        free(gone);
    }
    resolve_cancel(NULL);
    assert_int_equal(event_base_loop(base, 0), 1); /* until nothing is left to come */
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numeric_addresses_stay_as_they_are),
        cmocka_unit_test(a_name_becomes_an_address),
        cmocka_unit_test(choices_go_round),
        cmocka_unit_test(what_cannot_be_resolved_says_why),
        cmocka_unit_test(many_at_once_get_one_answer_each),
        cmocka_unit_test(who_cancels_is_not_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
