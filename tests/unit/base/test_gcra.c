/* test_gcra.c - the bucket gives its burst at once, then one permit an interval, and says truly what is left. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/gcra.h"

static const struct gcra five = { .interval_us = 1000, .burst = 5 };

static int64_t taken_at(int64_t *tat_us, int64_t now_us)
{
    int64_t count = 0;

    while (gcra_take(&five, tat_us, now_us)) {
        count++;
    }
    return count;
}

static void test_full_bucket_gives_its_burst_and_no_more(void **state)
{
    int64_t tat_us = 0;
    (void)state;

    for (int64_t left = 5; left > 0; left--) {
        assert_int_equal(gcra_left(&five, tat_us, 1000000), left);
        assert_int_equal(gcra_wait_us(&five, tat_us, 1000000), 0);
        assert_true(gcra_take(&five, &tat_us, 1000000));
    }
    assert_false(gcra_take(&five, &tat_us, 1000000));
    assert_int_equal(gcra_left(&five, tat_us, 1000000), 0);
    assert_int_equal(gcra_rest_us(tat_us, 1000000), 5000);
}

static void test_permits_come_back_one_an_interval(void **state)
{
    int64_t tat_us = 0;
    (void)state;

    taken_at(&tat_us, 0);
    assert_int_equal(gcra_wait_us(&five, tat_us, 0), 1000);
    assert_int_equal(taken_at(&tat_us, 999), 0);
    assert_int_equal(taken_at(&tat_us, 1000), 1);
    assert_int_equal(taken_at(&tat_us, 1000), 0);
    assert_int_equal(taken_at(&tat_us, 3500), 2);
    assert_int_equal(taken_at(&tat_us, 4000), 1);
    assert_int_equal(gcra_left(&five, tat_us, 1000000), 5);
}

static void test_no_window_gives_more_than_burst_and_rate(void **state)
{
    int64_t given[4000], count = 0, tat_us = 0;
    (void)state;

    for (int64_t now_us = 0; now_us < 300000; now_us += now_us / 7 % 977 + 1) {
        if (gcra_take(&five, &tat_us, now_us)) {
            given[count++] = now_us;
        }
    }
    assert_true(count > 250 && count < 4000);
    for (int64_t first = 0; first < count; first++) {
        for (int64_t last = first; last < count; last++) {
            assert_true(last - first + 1 <= 5 + (given[last] - given[first]) / 1000);
        }
    }
}

static void test_debt_beyond_the_burst_is_waited_for(void **state)
{
    int64_t tat_us = 8000; /* of others */
    (void)state;

    assert_int_equal(gcra_left(&five, tat_us, 0), 0);
    assert_int_equal(gcra_wait_us(&five, tat_us, 0), 4000);
    assert_false(gcra_take(&five, &tat_us, 3999));
    assert_true(gcra_take(&five, &tat_us, 4000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_bucket_gives_its_burst_and_no_more),
        cmocka_unit_test(test_permits_come_back_one_an_interval),
        cmocka_unit_test(test_no_window_gives_more_than_burst_and_rate),
        cmocka_unit_test(test_debt_beyond_the_burst_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
