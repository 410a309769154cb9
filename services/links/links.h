/* links.h - what the files of the links daemon share: its parts, its routes, and who is calling. */
#ifndef SHARELINK_LINKS_H
#define SHARELINK_LINKS_H

#include "common/daemon.h"
#include "services/links/authenticate.h"

struct links {
    struct key_cache *keys;
};

extern const struct route links_routes[];

static inline const struct links *links_of(const struct flow *flow)
{
    return flow->app;
}

static inline const struct caller *caller_of(const struct flow *flow)
{
    return flow->identity;
}

#endif
