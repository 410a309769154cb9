/* get_link.c - GET /v1/share-links/{id}: one link; with its URLs and passcodes for a key that may write. */
#include <string.h>

#include "common/http/problem.h"
#include "services/links/found_link.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/show_secrets.h"

static struct next *reply_link(struct flow *flow);
static void show_urls(struct flow *flow, json_t *link, const char *sealed);

static const struct pg_statement find_link = { .name = "get_link", .sql =
#include "services/links/get_link.sql.inc"
};

struct next *get_link(struct flow *flow)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    return pg_query(flow, flow->daemon->pg, &find_link, &params, reply_link);
}

static struct next *reply_link(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 404, "not_found", "There is no share link with this id.");
    }
    const char *error;
    json_t *link = json_parse(flow->arena, pg_get(flow, 0, 0), pg_get_length(flow, 0, 0), &error);
    if (caller_may(caller_of(flow), "links.write")) {
        show_urls(flow, link, pg_get(flow, 0, 2));
    }
    return found_link_reply(flow, link, pg_get(flow, 0, 1));
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
