/* update_endpoint.c - PATCH /v1/webhook-endpoints/{id}: another URL or choice of events, switched off or on again. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_updated(struct flow *flow);

static const struct pg_statement change_endpoint = { .name = "update_endpoint", .sql =
#include "services/notifications/api/update_endpoint.sql.inc"
};

struct next *update_endpoint(struct flow *flow)
{
    struct wanted_endpoint wanted;
    struct pg_params params;

    struct next *refusal = wanted_endpoint_read(flow, FIELDS_OPTIONAL, &wanted);
    if (refusal) {
        return refusal;
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    conditional_wanted_version(flow, &params, 1);
    pg_text(&params, wanted.url);
    wanted_endpoint_add_events(&wanted, &params);
    pg_text(&params, wanted.description);
    pg_bool(&params, wanted.has_description);
    pg_text(&params, wanted.state);
    pg_bool(&params, wanted.has_events);
    return pg_query(flow, flow->daemon->pg, &change_endpoint, &params, reply_updated);
}

static struct next *reply_updated(struct flow *flow)
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
    return endpoint_reply(flow, 200, pg_get(flow, 0, 1), pg_get(flow, 0, 2), NULL);
}
