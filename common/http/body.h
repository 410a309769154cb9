/* body.h - what the body of a request is, and its JSON. */
#ifndef SHARELINK_HTTP_BODY_H
#define SHARELINK_HTTP_BODY_H

#include <stdbool.h>

#include "common/data/json.h"
#include "common/loop/flow.h"

/* application/json, any charset=utf-8. Of a PATCH application/merge-patch+json too (RFC 7396): each of ours means the same by it.
 */
bool http_is_json(const struct flow *flow);
#define HTTP_PATCH_TYPES "application/json, application/merge-patch+json"

/* True when there is a body with a Content-Encoding, identity aside. */
bool http_is_encoded(const struct flow *flow);

/* The value of the body, parsed once: every caller gets the same. NULL with *error as of json_parse. */
json_t *http_json(const struct flow *flow, const char **error);

#endif
