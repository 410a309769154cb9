/* ratelimit.h - how often a caller may call, over all processes together.
 *
 * A bucket per subject by the generic cell rate algorithm (gcra.h). Redis holds the bucket that all processes share, on its
 * own clock; each process holds a copy of it and decides by the copy, so that a request waits for nobody. What a process has
 * given it tells Redis in the background, and hears in answer what the others gave. It may be ahead of Redis by a credit of
 * one twentieth of the burst (one at least); only a request beyond that waits for Redis, and for 100 ms at most. So all
 * processes together give at most a credit for each process more than the limit, and owe it: the rate in the long run is
 * exact.
 *
 * Without Redis, or when it is slow, each process limits for itself: two processes then give twice the limit. It never
 * fails open and never hangs.
 *
 * The answer says where the caller stands, in the form of draft-ietf-httpapi-ratelimit-headers-09:
 *     RateLimit-Policy: "default";q=300;w=6      300 at once, all of them there again after 6 s of rest
 *     RateLimit: "default";r=299;t=1             299 left; all of them in 1 s
 */
#ifndef SHARELINK_RATELIMIT_H
#define SHARELINK_RATELIMIT_H

#include <stdint.h>

#include "common/loop/flow.h"

struct event_base;
struct ratelimit;
struct redis;

/* NULL, which limits nothing, when burst or per_second is 0. redis is borrowed. */
struct ratelimit *ratelimit_new(struct event_base *base, struct redis *redis, int64_t burst, int64_t per_second);
void ratelimit_free(struct ratelimit *limit);

/* Sets the reply's RateLimit fields, and goes on to then or ends the flow with a 429. subject is borrowed for the flow's
 * life, at most 63 bytes. */
struct next *ratelimit_take(struct flow *flow, struct ratelimit *limit, const char *subject, flow_step *then) FLOW_NEXT;

#endif
