/* test_waiting.c - what failed waits longer each time, behind what has failed less, and only so much is remembered. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/waiting.h"

static void test_pause_is_waited_for_and_grows(void **state)
{
    struct waiting *waiting = waiting_new(10, 60, 240);
    (void)state;

    assert_true(waiting_put_off(waiting, "a"));
    assert_null(waiting_due(waiting));
    assert_true(waiting_has(waiting, "a"));
    usleep(70 * 1000);
    assert_string_equal(waiting_due(waiting)->key, "a");
    waiting_put_off(waiting, "a");
    waiting_put_off(waiting, "a");
    assert_int_equal(waiting_failures(waiting, "a"), 3);
    usleep(70 * 1000);
    assert_null(waiting_due(waiting));
    assert_int_equal(waiting_count(waiting), 1);
    waiting_remove(waiting, "a");
    assert_int_equal(waiting_failures(waiting, "a"), 0);
    assert_int_equal(waiting_count(waiting), 0);
    waiting_free(waiting);
}

static void test_what_has_failed_less_goes_first(void **state)
{
    struct waiting *waiting = waiting_new(10, 1, 1);
    (void)state;

    waiting_put_off(waiting, "often");
    waiting_put_off(waiting, "often");
    waiting_put_off(waiting, "once");
    waiting_add(waiting, "never");
    usleep(5 * 1000);
    for (const char *const *key = (const char *const[]){ "never", "once", "often", NULL }; *key; key++) {
        assert_string_equal(waiting_due(waiting)->key, *key);
        waiting_remove(waiting, *key);
    }
    assert_null(waiting_due(waiting));
    waiting_free(waiting);
}

static void test_only_so_many_are_remembered(void **state)
{
    struct waiting *waiting = waiting_new(1500, 1000, 1000);
    struct arena *arena = arena_new();
    char key[16];
    (void)state;

    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_int_equal(waiting_put_off(waiting, key), i < 1500);
    }
    assert_true(waiting_put_off(waiting, "key7"));
    assert_false(waiting_has(waiting, "key1500"));
    assert_int_equal(waiting_count(waiting), 1500);
    const char **keys = waiting_keys(waiting, arena);
    for (int i = 0; i < 1500; i++) {
        assert_true(waiting_has(waiting, keys[i]));
        waiting_remove(waiting, keys[i]);
    }
    assert_int_equal(waiting_count(waiting), 0);
    arena_free(arena);
    waiting_free(waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pause_is_waited_for_and_grows),
        cmocka_unit_test(test_what_has_failed_less_goes_first),
        cmocka_unit_test(test_only_so_many_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
