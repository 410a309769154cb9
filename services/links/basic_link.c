/* basic_link.c - see the header. */
#include "services/links/basic_link.h"

#include "common/data/json.h"
#include "services/links/found_link.h"
#include "services/links/links.h"
#include "services/links/show_secrets.h"

struct next *basic_link_reply(struct flow *flow, int status)
{
    const char *error;
    json_t *link = json_parse(flow->arena, pg_get(flow, 0, 1), pg_get_length(flow, 0, 1), &error);

    if (caller_may(caller_of(flow), "links.write")) {
        const json_t *boxes = json_parse(flow->arena, pg_get(flow, 0, 3), pg_get_length(flow, 0, 3), &error);
        show_sealed_secrets(flow, json_array_get(json_object_get(link, "reviewers"), 0), json_string_value(json_array_get(boxes, 0)));
        show_basic_secrets(link);
    }
    if (http_method(flow) != HTTP_POST) {
        return found_link_reply(flow, link, pg_get(flow, 0, 2));
    }
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"v%s\"", pg_get(flow, 0, 2)));
    return http_reply_json(flow, status, json_text(flow->arena, link));
}
