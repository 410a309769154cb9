/* caller.h - who is calling, as the guard found out: an API key of an account, or a session of the console. */
#ifndef SHARELINK_CALLER_H
#define SHARELINK_CALLER_H

#include <stdbool.h>

#include "common/loop/flow.h"

struct session;

struct caller {
    const char *key_id; /* slk_ and the id, without the secret; of a session its id */
    const char *account_id;
    const char *plan;
    const char *scopes;            /* divided by blanks; none of a session */
    const struct session *session; /* see session.h; NULL: a key */
};

bool caller_may(const struct caller *caller, const char *scope);

/* Inside a route with a scope. */
static inline const struct caller *caller_of(const struct flow *flow)
{
    return (const struct caller *)flow->identity;
}

#endif
