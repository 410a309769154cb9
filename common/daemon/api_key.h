/* api_key.h - who is calling: API keys of the form slk_<id>_<secret>, and sessions of the console (session.h). */
#ifndef SHARELINK_API_KEY_H
#define SHARELINK_API_KEY_H

#include <stdint.h>

#include "common/daemon/caller.h"

/* Keys that were found good stay so for a few seconds; a revocation is effective when they are over. */
struct key_cache;
/* bad_per_minute: see bad_keys.h. */
struct key_cache *key_cache_new(int64_t bad_per_minute);
void key_cache_free(struct key_cache *cache);

/* Goes on to then with caller_of known; else ends the flow with a 401, or a 429. Whether the key may make the call is asked
 * after. */
struct next *api_key_check(struct flow *flow, struct key_cache *cache, flow_step *then) FLOW_NEXT;

#endif
