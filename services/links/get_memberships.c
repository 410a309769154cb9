/* get_memberships.c - GET /v1/interviews/{id}/share-links: the check boxes as they are, for the form that sets them. */
#include "common/http/problem.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_memberships(struct flow *flow);

static const struct pg_statement find_memberships = { .name = "get_memberships", .sql =
#include "services/links/get_memberships.sql.inc"
};

struct next *get_memberships(struct flow *flow)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    return pg_query(flow, flow->daemon->pg, &find_memberships, &params, reply_memberships);
}

static struct next *reply_memberships(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 404, "not_found", "There is no interview with this id.");
    }
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"%s\"", pg_get(flow, 0, 1)));
    return http_reply_json(flow, 200, pg_get(flow, 0, 0));
}
