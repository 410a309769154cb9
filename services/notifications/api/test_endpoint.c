/* test_endpoint.c - POST /v1/webhook-endpoints/{id}/test: posts an event of the type webhook.test to it, once. */
#include "common/data/id.h"
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/api/test_endpoint.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/webhook/webhooks.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_test(struct flow *flow);

struct next *test_endpoint(struct flow *flow)
{
    char event_id[ID_SIZE];
    struct next *refusal;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    id_new(event_id, "evt_");
    struct test_endpoint_in in = {
        .account_id = caller_of(flow)->account_id,
        .endpoint_id = router_param(flow, "id"),
        .event_id = event_id,
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return test_endpoint_query(flow, flow->daemon->pg, &in, reply_test);
}

static struct next *reply_test(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct test_endpoint_out out = test_endpoint_get(flow, 0);
    switch (out.outcome) {
    case TEST_ENDPOINT_ENABLED:
        webhooks_wake(notifications_of(flow)->webhooks);
        return http_reply_json(flow, 202, out.delivery);
    case TEST_ENDPOINT_DISABLED:
        return endpoint_reply_disabled(flow);
    case TEST_ENDPOINT_NOT_FOUND:
        break;
    }
    return endpoint_reply_missing(flow);
}
