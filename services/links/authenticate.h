/* authenticate.h - who is calling: API keys of the form slk_<id>_<secret>. */
#ifndef SHARELINK_LINKS_AUTHENTICATE_H
#define SHARELINK_LINKS_AUTHENTICATE_H

#include <stdbool.h>

#include "common/flow.h"

struct caller {
    const char *account_id;
    const char *plan;
    const char *scopes; /* divided by blanks */
};

bool caller_may(const struct caller *caller, const char *scope);

/* The guard of all routes with a scope: 401 for no or a bad key, 403 for a key without the scope. */
flow_step authenticate;

/* Keys that were found good stay so for a few seconds; a revocation is effective when they are over. */
struct key_cache;
struct key_cache *key_cache_new(void);
void key_cache_free(struct key_cache *cache);

#endif
