/* get_basic_link.c - GET /v1/interviews/{id}/basic-link: the one URL of this interview, when it was made. */
#include "common/http/problem.h"
#include "services/links/basic_link.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_link(struct flow *flow);

static const struct pg_statement find_link = { .name = "get_basic_link", .sql =
#include "services/links/get_basic_link.sql.inc"
};

struct next *get_basic_link(struct flow *flow)
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
        return problem_reply(flow, 404, "not_found", "There is no basic link of this interview.");
    }
    return basic_link_reply(flow, 200);
}
