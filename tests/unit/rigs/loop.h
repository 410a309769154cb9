/* loop.h - turning an event loop in a test until something has come true; a test that waits in vain fails, not hangs.
 */
#ifndef SHARELINK_TESTS_LOOP_H
#define SHARELINK_TESTS_LOOP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"

static inline void loop_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static inline bool loop_until(struct event_base *base, bool (*is_true)(void *arg), void *arg)
{
    const struct timeval often = { 0, 20000 };
    struct event *wake = event_new(base, -1, EV_PERSIST, loop_wake, NULL);
    int64_t end_us = clock_mono_us() + 60 * 1000000;

    event_add(wake, &often);
    while (!is_true(arg) && clock_mono_us() < end_us) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    event_free(wake);
    return is_true(arg);
}

#endif
