/* session.h - sessions of the console, in which a recruiter calls the API without a key: tokens of the form slc_<id>_<secret>.
 *
 * A session is bound to one recruiter and sees that recruiter's own links and what it was given, or all of the account. Which
 * routes it may call is in the table of routes (router.h, sessions); what it reaches is console.session_reaches's to say.
 */
#ifndef SHARELINK_SESSION_H
#define SHARELINK_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/bad_keys.h"
#include "common/loop/flow.h"

#define SESSION_ID_PREFIX "cns_"

struct session {
    const char *id;                       /* cns_… */
    const char *email, *name, *time_zone; /* of the recruiter; name may be NULL */
    unsigned may;                         /* of enum session_right */
    bool sees_all, is_from_mail;
};

struct session_cache;
struct session_cache *session_cache_new(void);
void session_cache_free(struct session_cache *cache);

/* The token has this form: what follows the header's "Bearer ". */
bool session_is_token(const char *text);
/* Goes on to then with caller_of known; else ends the flow with a 401, or a 429. bad: see bad_keys.h. */
struct next *session_check(struct flow *flow, struct session_cache *cache, struct bad_keys *bad, const char *token,
                           flow_step *then) FLOW_NEXT;

/* Of the caller; NULL for one with a key. */
const struct session *session_of(const struct flow *flow);
/* For statements that ask console.session_reaches: NULL for a key, which reaches all of its account. */
const char *session_id_of(const struct flow *flow);
/* Whose links a list shows, whatever its query asks for; NULL for those who see all of the account. */
const char *session_owner_of(const struct flow *flow);
/* Whether the caller may see the URLs and passcodes of reviewers. */
bool session_may_copy(const struct flow *flow);

/* The route's rule, for a caller with a session: goes on to then, or ends the flow with a 403, or with the 404 of an id that is
 * not there. */
struct next *session_allow(struct flow *flow, flow_step *then) FLOW_NEXT;

#endif
