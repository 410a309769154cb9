/* test_timer.c - timers by milliseconds: once, again and again, and set anew. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/clock.h"
#include "common/loop/timer.h"
#include "tests/unit/rigs/loop.h"

static void count(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    ++*(int *)arg;
}

static bool is_three(void *arg)
{
    return *(int *)arg >= 3;
}

static void milliseconds_become_seconds_and_the_rest(void **state)
{
    static const struct {
        int64_t ms;
        struct timeval is;
    } cases[] = {
        { 0, { 0, 0 } }, { 1, { 0, 1000 } }, { 999, { 0, 999000 } }, { 1000, { 1, 0 } }, { 86400500, { 86400, 500000 } }
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct timeval is = timer_ms(cases[i].ms);
        assert_int_equal(is.tv_sec, cases[i].is.tv_sec);
        assert_int_equal(is.tv_usec, cases[i].is.tv_usec);
    }
}

static void every_comes_again_and_can_be_set_anew(void **state)
{
    struct event_base *base = event_base_new();
    int calls = 0;
    (void)state;

    struct event *timer = timer_every(base, 1000000, count, &calls);
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(calls, 0);
    int64_t start_us = clock_mono_us();
    timer_set(timer, 10);
    assert_true(loop_until(base, is_three, &calls));
    assert_true(clock_mono_us() - start_us >= 25000); /* libevent's clock may be a little coarse */
    event_free(timer);
    event_base_free(base);
}

static void soon_comes_once_and_not_at_once(void **state)
{
    struct event_base *base = event_base_new();
    int calls = 0;
    (void)state;

    timer_soon(base, count, &calls);
    assert_int_equal(calls, 0);
    event_base_loop(base, 0); /* ends when nothing is to come */
    assert_int_equal(calls, 1);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(milliseconds_become_seconds_and_the_rest),
        cmocka_unit_test(every_comes_again_and_can_be_set_anew),
        cmocka_unit_test(soon_comes_once_and_not_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
