/* session.h - whether the request's session is good at this moment, and what its page depends on. Requests that come together
 * are proved together (see common/pg/batch.h).
 */
#ifndef SHARELINK_VIEWS_SESSION_H
#define SHARELINK_VIEWS_SESSION_H

#include "common/loop/flow.h"
#include "common/http/problem.h"

struct daemon;
struct pg_batch;

struct pg_batch *session_batch_new(struct daemon *daemon);

/* Waits for the proof; then begins with session_refusal. search, or NULL, is folded on the way, as the text is that is searched.
 */
struct next *session_prove(struct flow *flow, const char *search, flow_step *then) FLOW_NEXT;
/* The reply when the session is not good, or NULL. */
struct next *session_refusal(struct flow *flow);
/* Text that stays the same only as long as everything does that this reviewer's page is made of. */
const char *session_content_version(struct flow *flow);
/* The same of what all reviewers of the link have in common, and the link's id. */
const char *session_link_version(struct flow *flow);
const char *session_share_link_id(struct flow *flow);
/* What was looked for, folded; NULL when nothing was. Valid as long as the answer. */
const char *session_search(struct flow *flow);

/* Replies the faults to those who have a good session, and to all others why they have none. */
struct next *session_reply_faults(struct flow *flow, const struct faults *faults) FLOW_NEXT;

#endif
