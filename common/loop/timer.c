/* timer.c - see timer.h. */
#include "common/loop/timer.h"

#include <stdlib.h>

struct timeval timer_ms(int64_t ms)
{
    return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

struct event *timer_every(struct event_base *base, int64_t ms, event_callback_fn callback, void *arg)
{
    struct event *timer = event_new(base, -1, EV_PERSIST, callback, arg);

    if (!timer) {
        abort();
    }
    timer_set(timer, ms);
    return timer;
}

void timer_set(struct event *timer, int64_t ms)
{
    const struct timeval after = timer_ms(ms);

    if (evtimer_add(timer, &after) < 0) {
        abort();
    }
}

void timer_soon(struct event_base *base, event_callback_fn callback, void *arg)
{
    const struct timeval now = { 0, 0 };

    if (event_base_once(base, -1, EV_TIMEOUT, callback, arg, &now) < 0) {
        abort();
    }
}
