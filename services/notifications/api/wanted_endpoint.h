/* wanted_endpoint.h - a webhook endpoint as a caller describes it, read and checked. */
#ifndef SHARELINK_NOTIFICATIONS_WANTED_ENDPOINT_H
#define SHARELINK_NOTIFICATIONS_WANTED_ENDPOINT_H

#include "common/http/fields.h"
#include "common/pg/declared.h"
#include "services/notifications/notifications.h"

struct wanted_endpoint {
    const char *url, *description, *state;                /* NULL: left out */
    struct pg_texts events, share_link_ids, external_ids; /* a list of NULL: all */
    bool has_events, has_share_link_ids, has_external_ids, has_description;
    struct faults *faults; /* so far: whether its links are there is for the statement to say */
};

/* Reads the request's body; need says whether url is required. NULL when it is fine, or when there are links to be looked for
 * besides its faults; else ends with every fault. */
struct next *wanted_endpoint_read(struct flow *flow, enum fields_need need, struct wanted_endpoint *wanted) FLOW_NEXT;
/* Ends with these faults and the links that are not there; places is JSON. */
struct next *endpoint_reply_faulty(struct flow *flow, struct faults *faults, const char *places) FLOW_NEXT;

/* A new secret, in the arena, and the same sealed. */
const char *endpoint_secret_new(struct flow *flow, const char *endpoint_id, struct pg_bytes *sealed);

/* Ends: the endpoint's JSON with its version as the ETag, with the secret as a member when it is not NULL; a 404; and a 409,
 * because nothing is posted to it. */
struct next *endpoint_reply(struct flow *flow, int status, int64_t version, const char *endpoint, const char *secret) FLOW_NEXT;
struct next *endpoint_reply_missing(struct flow *flow) FLOW_NEXT;
struct next *endpoint_reply_disabled(struct flow *flow) FLOW_NEXT;

/* NULL when text is a share link's id, else what is wrong. */
const char *check_share_link_id(const char *text);

#endif
