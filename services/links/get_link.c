/* get_link.c - GET /v1/share-links/{id}: one link; with its URLs and passcodes for a key that may write. */
#include <string.h>

#include "common/daemon/session.h"
#include "common/http/problem.h"
#include "services/links/found_link.h"
#include "services/links/get_link.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/show_secrets.h"

static struct next *reply_link(struct flow *flow);
static void show_urls(struct flow *flow, json_t *link, const char *sealed);

struct next *get_link(struct flow *flow)
{
    struct get_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
    };
    return get_link_query(flow, flow->daemon->pg, &in, reply_link);
}

static struct next *reply_link(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no share link with this id.");
    }
    const char *error;
    struct get_link_out out = get_link_get(flow, 0);
    json_t *link = json_parse(flow->arena, out.share_link, strlen(out.share_link), &error);
    if (out.sealed && session_may_copy(flow)) {
        show_urls(flow, link, out.sealed);
    }
    return found_link_reply(flow, link, out.version);
}

static void show_urls(struct flow *flow, json_t *link, const char *sealed)
{
    const char *error;
    const json_t *reviewers = json_object_get(link, "reviewers");
    const json_t *boxes = json_parse(flow->arena, sealed, strlen(sealed), &error);

    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        show_sealed_secrets(flow, json_array_get(reviewers, i), json_string_value(json_array_get(boxes, i)));
    }
    show_basic_secrets(link);
}
