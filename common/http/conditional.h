/* conditional.h - conditions of a call (RFC 9110, section 13.1): GET with If-None-Match, where who has the newest already gets a
 * 304 without a body, and the version that If-Match wants a change to be made to. */
#ifndef SHARELINK_CONDITIONAL_H
#define SHARELINK_CONDITIONAL_H

#include <stdbool.h>

#include "common/loop/flow.h"
#include "common/pg/pg.h"

/* True when If-None-Match names the tag, which has its quotes, or is *. By the weak comparison: W/ is passed over. */
bool conditional_is_known(const struct flow *flow, const char *etag);

/* 200 with the JSON, or 304; ETag and what lets the caller keep the answer as long as it asks anew each time. */
struct next *conditional_reply_json(struct flow *flow, const char *etag, const char *json) FLOW_NEXT;
/* The same for what has a version; its tag is "v<version>". */
struct next *conditional_reply_version(struct flow *flow, int64_t version, const char *json) FLOW_NEXT;
/* The tag of a version alone, for the answer to a change. */
void conditional_set_version(struct flow *flow, int64_t version);
/* The fields alone, for an answer that is given in full whatever the caller has. */
void conditional_set_headers(struct flow *flow, const char *etag);

/* A tag made of the answer itself, in the arena; for answers without a version. */
const char *conditional_tag_of(struct arena *arena, const char *json);

/* The version that If-Match names, as "v<version>" or in a list with tags of others, in the arena; NULL for any. Several of ours
 * are refused: a change is made to one. A tag that we never gave out, and a version
 * below the least that a row has, becomes one that no row has: whether there is such a thing is still said first. */
const int64_t *conditional_version(struct flow *flow, int64_t least);
/* What is wrong with If-Match itself, in one sentence; NULL when nothing is. */
const char *conditional_fault(const struct flow *flow);
/* The 412 when that is not the version that there is. thing: what has another, as in "The template". */
struct next *conditional_reply_changed(struct flow *flow, const char *thing) FLOW_NEXT;

#endif
