/* guard.c - the checks before a handler with a scope, in their order; see guard.h. */
#include "common/guard.h"

#include <stdlib.h>

#include "common/api_key.h"
#include "common/daemon.h"
#include "common/str.h"

struct guard {
    struct key_cache *keys;
};

struct guard *guard_new(void)
{
    struct guard *guard = mem_alloc(sizeof *guard);

    guard->keys = key_cache_new();
    return guard;
}

void guard_free(struct guard *guard)
{
    key_cache_free(guard->keys);
    free(guard);
}

struct next *guard_check(struct flow *flow)
{
    return api_key_check(flow, flow->daemon->guard->keys, router_proceed);
}
