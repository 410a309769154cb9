/* test_endpoint.c - POST /v1/webhook-endpoints/{id}/test: posts an event of the type webhook.test to it, once. */
#include "common/data/id.h"
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/webhook/webhooks.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_test(struct flow *flow);

static const struct pg_statement store_test = { .name = "test_endpoint", .sql =
#include "services/notifications/api/test_endpoint.sql.inc"
};

struct next *test_endpoint(struct flow *flow)
{
    struct pg_params params;
    char event_id[ID_SIZE];
    struct next *refusal;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    id_new(event_id, "evt_");
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    pg_text(&params, event_id);
    pg_text(&params, flow->request_id);
    pg_text(&params, flow->traceparent);
    return pg_query(flow, flow->daemon->pg, &store_test, &params, reply_test);
}

static struct next *reply_test(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return endpoint_reply_missing(flow);
    }
    if (pg_is_null(flow, 0, 1)) {
        return endpoint_reply_disabled(flow);
    }
    webhooks_wake(notifications_of(flow)->webhooks);
    return http_reply_json(flow, 202, pg_get(flow, 0, 1));
}
