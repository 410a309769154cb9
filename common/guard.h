/* guard.h - what stands before every route with a scope (the router's guard): the API key.
 *
 * A daemon that has such routes makes its guard in start (daemon->guard = guard_new()), frees it in stop, and names
 * guard_check in its spec.
 */
#ifndef SHARELINK_GUARD_H
#define SHARELINK_GUARD_H

#include "common/flow.h"

struct guard;
struct guard *guard_new(void);
void guard_free(struct guard *guard);

flow_step guard_check;

#endif
