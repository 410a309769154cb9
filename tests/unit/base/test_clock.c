/* test_clock.c - times as text and back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

static void assert_shown(int64_t wall_ms, const char *rfc3339, const char *rfc5322)
{
    char text[CLOCK_RFC3339_SIZE], mail[CLOCK_RFC5322_SIZE];

    clock_rfc3339(text, wall_ms);
    assert_string_equal(text, rfc3339);
    clock_rfc5322(mail, wall_ms);
    assert_string_equal(mail, rfc5322);
}

static void test_shows_both_forms(void **state)
{
    (void)state;

    assert_shown(0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000");
    assert_shown(1795339800123, "2026-11-22T09:30:00.123Z", "Sun, 22 Nov 2026 09:30:00 +0000");
    assert_shown(-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 +0000");
    assert_shown(INT64_MAX, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 +0000");
    assert_shown(INT64_MIN, "0001-01-01T00:00:00.000Z", "Mon, 01 Jan 0001 00:00:00 +0000");
}

static void assert_parsed(const char *text, int64_t expected)
{
    int64_t wall_ms = -7;

    if (!clock_parse_rfc3339(text, &wall_ms) || wall_ms != expected) {
        fail_msg("%s reads as %lld", text, (long long)wall_ms);
    }
}

static void test_parses_rfc3339(void **state)
{
    (void)state;

    assert_parsed("2026-11-22T09:30:00Z", 1795339800000);
    assert_parsed("2026-11-22t09:30:00.1z", 1795339800100);
    assert_parsed("2026-11-22T09:30:00.123987654321Z", 1795339800123);
    assert_parsed("2026-11-22T10:30:00+01:00", 1795339800000);
    assert_parsed("2026-11-22T00:15:00-09:15", 1795339800000);
    assert_parsed("2024-02-29T00:00:00Z", 1709164800000);
    assert_parsed("2016-12-31T23:59:60Z", 1483228800000);
    assert_parsed("1969-12-31T23:59:59.5Z", -500);
}

static void test_refuses_what_is_no_time(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T09:30Z",
        "2026-11-22T09:30:00",
        "2026-11-22 09:30:00Z",
        "2026-11-22T09:30:00.Z",
        "2026-11-22T09:30:00ZZ",
        "2026-11-22T09:30:00Z ",
        " 2026-11-22T09:30:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:60:00Z",
        "2026-11-22T09:30:61Z",
        "2026-13-22T09:30:00Z",
        "2026-00-22T09:30:00Z",
        "2026-02-29T09:30:00Z",
        "2100-02-29T09:30:00Z",
        "2026-04-31T09:30:00Z",
        "2026-04-00T09:30:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "12026-11-22T09:30:00Z",
        "2026-11-22T09:30:00+1:00",
        "2026-11-22T09:30:00+0100",
        "2026-11-22T09:30:00+24:00",
        "2026-11-22T09:30:00+01:60",
        "+026-11-22T09:30:00Z",
        "2026-11-22T-9:30:00Z",
    };
    int64_t wall_ms = 5;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (clock_parse_rfc3339(bad[i], &wall_ms)) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    assert_int_equal(wall_ms, 5);
}

static void test_round_trip_ignores_the_local_zone(void **state)
{
    char text[CLOCK_RFC3339_SIZE];
    (void)state;

    setenv("TZ", "Asia/Kolkata", 1);
    for (int64_t wall_ms = -62135596800000; wall_ms < 253402300799999; wall_ms += 86400000LL * 97 + 12345678) {
        clock_rfc3339(text, wall_ms);
        assert_parsed(text, wall_ms);
    }
}

static void test_clocks_run(void **state)
{
    int64_t before = clock_mono_us();
    (void)state;

    assert_true(clock_mono_us() >= before);
    assert_true(clock_wall_ms() > 1700000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shows_both_forms),
        cmocka_unit_test(test_parses_rfc3339),
        cmocka_unit_test(test_refuses_what_is_no_time),
        cmocka_unit_test(test_round_trip_ignores_the_local_zone),
        cmocka_unit_test(test_clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
