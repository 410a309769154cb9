/* conditional.h - GET with If-None-Match (RFC 9110, section 13.1.2): who has the newest already gets a 304 without a body. */
#ifndef SHARELINK_CONDITIONAL_H
#define SHARELINK_CONDITIONAL_H

#include <stdbool.h>

#include "common/flow.h"

/* True when If-None-Match names the tag, which has its quotes, or is *. By the weak comparison: W/ is passed over. */
bool conditional_is_known(const struct flow *flow, const char *etag);

/* 200 with the JSON, or 304; ETag and what lets the caller keep the answer as long as it asks anew each time. */
struct next *conditional_reply_json(struct flow *flow, const char *etag, const char *json) FLOW_NEXT;
/* The fields alone, for an answer that is given in full whatever the caller has. */
void conditional_set_headers(struct flow *flow, const char *etag);

/* A tag made of the answer itself, in the arena; for answers without a version. */
const char *conditional_tag_of(struct arena *arena, const char *json);

#endif
