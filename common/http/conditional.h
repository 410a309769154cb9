/* conditional.h - conditions of a call (RFC 9110, section 13.1): GET with If-None-Match, where who has the newest already gets a
 * 304 without a body, and the versions that If-Match wants a change to be made to. */
#ifndef SHARELINK_CONDITIONAL_H
#define SHARELINK_CONDITIONAL_H

#include <stdbool.h>

#include "common/loop/flow.h"
#include "common/pg/pg.h"

/* True when If-None-Match names the tag, which has its quotes, or is *. By the weak comparison: W/ is passed over. */
bool conditional_is_known(const struct flow *flow, const char *etag);

/* 200 with the JSON, or 304; ETag and what lets the caller keep the answer as long as it asks anew each time. */
struct next *conditional_reply_json(struct flow *flow, const char *etag, const char *json) FLOW_NEXT;
/* The same for what has a version, which counts what callers change and If-Match needs; its tag is "v<version>". Where the answer
 * shows more than that, is_as_made says that nothing of it has happened yet, nor was undone under this version: only then may who
 * has the tag be told that he has the answer. */
struct next *conditional_reply_version(struct flow *flow, int64_t version, bool is_as_made, const char *json) FLOW_NEXT;
/* The tag of a version alone, for the answer to a change. */
void conditional_set_version(struct flow *flow, int64_t version);
/* The fields alone, for an answer that is given in full whatever the caller has. */
void conditional_set_headers(struct flow *flow, const char *etag);

/* A tag made of the answer itself, in the arena; for answers without a version. */
const char *conditional_tag_of(struct arena *arena, const char *json);

/* The tags that If-Match names, without their quotes, divided by commas, in the arena: for sharelink.is_other() in SQL, where a
 * version's is v<version>. NULL for any. Weak ones, and such as we never give out, are left out: "" when none is left, which
 * nothing has, so that whether there is such a thing is still said first. */
const char *conditional_tags(struct flow *flow);
/* What is said by a 412: what is wrong with If-Match itself, or else this detail. */
const char *conditional_detail(const struct flow *flow, const char *detail);
/* The 412 with that. */
struct next *conditional_reply_other(struct flow *flow, const char *detail) FLOW_NEXT;
/* The 412 when what is to be changed has another version. thing: as in "The template". */
struct next *conditional_reply_changed(struct flow *flow, const char *thing) FLOW_NEXT;

#endif
