/* delete_endpoint.c - DELETE /v1/webhook-endpoints/{id}: what is on its way to it is skipped. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/notifications/api/delete_endpoint.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_deleted(struct flow *flow);

struct next *delete_endpoint(struct flow *flow)
{
    struct delete_endpoint_in in = {
        .account_id = caller_of(flow)->account_id,
        .endpoint_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
    };
    return delete_endpoint_query(flow, flow->daemon->pg, &in, reply_deleted);
}

static struct next *reply_deleted(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    switch (delete_endpoint_get(flow, 0).outcome) {
    case DELETE_ENDPOINT_OK:
        return http_reply_empty(flow, 204);
    case DELETE_ENDPOINT_VERSION_MISMATCH:
        return conditional_reply_changed(flow, "The endpoint");
    case DELETE_ENDPOINT_NOT_FOUND:
        break;
    }
    return endpoint_reply_missing(flow);
}
