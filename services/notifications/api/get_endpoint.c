/* get_endpoint.c - GET /v1/webhook-endpoints/{id}: one endpoint, without its secret. */
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_found(struct flow *flow);

static const struct pg_statement find_endpoint = { .name = "get_endpoint", .sql =
#include "services/notifications/api/get_endpoint.sql.inc"
};

struct next *get_endpoint(struct flow *flow)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    return pg_query(flow, flow->daemon->pg, &find_endpoint, &params, reply_found);
}

static struct next *reply_found(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    return pg_rows(flow) == 0 ? endpoint_reply_missing(flow) : endpoint_reply(flow, 200, pg_get(flow, 0, 0), pg_get(flow, 0, 1), NULL);
}
