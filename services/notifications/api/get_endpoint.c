/* get_endpoint.c - GET /v1/webhook-endpoints/{id}: one endpoint, without its secret. */
#include "common/http/problem.h"
#include "services/notifications/api/get_endpoint.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_found(struct flow *flow);

struct next *get_endpoint(struct flow *flow)
{
    struct get_endpoint_in in = {
        .account_id = caller_of(flow)->account_id,
        .endpoint_id = router_param(flow, "id"),
    };
    return get_endpoint_query(flow, flow->daemon->pg, &in, reply_found);
}

static struct next *reply_found(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return endpoint_reply_missing(flow);
    }
    struct get_endpoint_out out = get_endpoint_get(flow, 0);
    return endpoint_reply(flow, 200, out.version, out.endpoint, NULL);
}
