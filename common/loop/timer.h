/* timer.h - libevent's timers by milliseconds. Each of these ends the process when there is no memory for it. */
#ifndef SHARELINK_TIMER_H
#define SHARELINK_TIMER_H

#include <event2/event.h>
#include <stdint.h>

struct timeval timer_ms(int64_t ms);
/* A timer that runs already, first after ms and then each ms. The caller frees it with event_free. */
struct event *timer_every(struct event_base *base, int64_t ms, event_callback_fn callback, void *arg);
/* Has a timer, or a timer_every, run in ms from now on instead. */
void timer_set(struct event *timer, int64_t ms);
/* Has callback run once, from the loop's next turn. */
void timer_soon(struct event_base *base, event_callback_fn callback, void *arg);

#endif
