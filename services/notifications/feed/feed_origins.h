/* feed_origins.h - which pages of other sites may follow the feed with fetch() (CORS, https://fetch.spec.whatwg.org).
 *
 * GET /v1/events/stream alone, for the origins that the operator lists (FEED_ALLOW_ORIGINS, by default none), and never with
 * cookies: the page shows an API key. Every answer tells a listed origin that its page may read it, faults too. A page of our own
 * origin needs none of this.
 */
#ifndef SHARELINK_FEED_ORIGINS_H
#define SHARELINK_FEED_ORIGINS_H

#include "common/loop/flow.h"

/* For the setting: what is wrong with a list, divided by commas, or NULL. An origin stands as a browser sends it. */
const char *feed_origins_check(const char *list);

/* The service's guard: the usual one, which the feed's callers from a page hear from. */
flow_step feed_origins_guard;
/* OPTIONS /v1/events/stream, which a browser asks before, without the key. NULL when no listed origin asks. */
flow_step preflight_stream;

#endif
