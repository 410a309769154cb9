/* get_interview.c - GET /v1/interviews/{id}: the document as the platform stored it. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_interview(struct flow *flow);

static const struct pg_statement find_interview = { .name = "get_interview", .sql =
#include "services/links/get_interview.sql.inc"
};

struct next *get_interview(struct flow *flow)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    return pg_query(flow, flow->daemon->pg, &find_interview, &params, reply_interview);
}

static struct next *reply_interview(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 404, "not_found", "There is no interview with this id.");
    }
    return conditional_reply_json(flow, arena_printf(flow->arena, "\"v%s\"", pg_get(flow, 0, 0)), pg_get(flow, 0, 1));
}
