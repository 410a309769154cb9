/* test_redis_values.c - what a command sends and its reply holds, on a real Redis. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/rigs/redis_rig.h"

static void replies_have_their_kinds(void **state)
{
    struct rig rig;
    struct noted noted;
    (void)state;

    open_patient_rig(&rig);
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

    open_patient_rig(&rig);
    ASK(&rig, &noted, "SET", "t:edge", "v");
    rig.due++;
    redis_call(rig.redis, 0, check_array, &rig, "MGET", "t:edge", "t:none", NULL);
    assert_true(loop_until(rig.base, is_nothing_due, &rig));
    ASK(&rig, &noted, "DEL", "t:edge");
    assert_int_equal(redis_kind(NULL), REDIS_NIL);
    assert_string_equal(redis_text(NULL), "");
    assert_int_equal(redis_count(NULL), 0);
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

    open_patient_rig(&rig);
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

    open_patient_rig(&rig);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_have_their_kinds),
        cmocka_unit_test(reading_beyond_the_edge_is_harmless),
        cmocka_unit_test(words_may_hold_any_byte),
        cmocka_unit_test(many_come_back_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
