/* basic_link.c - see the header. */
#include "services/links/basic_link.h"

#include <string.h>

#include "common/data/json.h"
#include "common/daemon/session.h"
#include "common/http/conditional.h"
#include "services/links/found_link.h"
#include "services/links/links.h"
#include "services/links/show_secrets.h"

struct next *basic_link_reply(struct flow *flow, int status, const char *share_link, int64_t version, const char *sealed)
{
    const char *error;
    json_t *link = json_parse(flow->arena, share_link, strlen(share_link), &error);

    if (session_may_copy(flow)) {
        const json_t *boxes = sealed ? json_parse(flow->arena, sealed, strlen(sealed), &error) : NULL;
        show_sealed_secrets(flow, json_array_get(json_object_get(link, "reviewers"), 0),
                            json_string_value(json_array_get(boxes, 0)));
        show_basic_secrets(link);
    }
    if (http_method(flow) != HTTP_POST) {
        return found_link_reply(flow, link, version);
    }
    conditional_set_version(flow, version);
    return http_reply_json(flow, status, json_text(flow->arena, link));
}
