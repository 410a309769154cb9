/* guard.h - what stands before every route with a scope (the router's guard): the API key, or a session of
 * the console; how often it may call; the key's scopes, or what the session may; and an Idempotency-Key, in this order.
 *
 * A daemon that has such routes names guard_check and guard_settings in its spec, makes its guard in start
 * (daemon->guard = guard_new(daemon)) and frees it in stop.
 */
#ifndef SHARELINK_GUARD_H
#define SHARELINK_GUARD_H

#include "common/base/config.h"
#include "common/loop/flow.h"

extern const struct config_setting guard_settings[];

struct guard;
struct guard *guard_new(struct daemon *daemon);
void guard_free(struct guard *guard);
bool guard_is_connected(const struct guard *guard); /* to PostgreSQL, with connections of its own */

flow_step guard_check;

/* See idempotency_concerns. */
void guard_concerns(const struct flow *flow, const char *subject);

#endif
