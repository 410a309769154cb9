/* delete_endpoint.c - DELETE /v1/webhook-endpoints/{id}: what is on its way to it is skipped. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_deleted(struct flow *flow);

static const struct pg_statement remove_endpoint = { .name = "delete_endpoint", .sql =
#include "services/notifications/api/delete_endpoint.sql.inc"
};

struct next *delete_endpoint(struct flow *flow)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    conditional_wanted_version(flow, &params, 1);
    return pg_query(flow, flow->daemon->pg, &remove_endpoint, &params, reply_deleted);
}

static struct next *reply_deleted(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return endpoint_reply_missing(flow);
    }
    if (str_equal(pg_get(flow, 0, 0), "version_mismatch")) {
        return conditional_reply_changed(flow, "The endpoint");
    }
    return http_reply_empty(flow, 204);
}
