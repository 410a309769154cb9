/* retry_delivery.c - POST /v1/deliveries/{id}/retry: sends one that failed again, with the same Message-ID or webhook-id. */
#include "common/daemon/session.h"
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/api/retry_delivery.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/webhook/webhooks.h"

static struct next *reply_retried(struct flow *flow);

struct next *retry_delivery(struct flow *flow)
{
    struct next *refusal;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    struct retry_delivery_in in = { .account_id = caller_of(flow)->account_id,
                                    .session_id = session_id_of(flow),
                                    .delivery_id = router_param(flow, "id") };
    return retry_delivery_query(flow, flow->daemon->pg, &in, reply_retried);
}

static struct next *reply_retried(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct retry_delivery_out out = retry_delivery_get(flow, 0);
    switch (out.outcome) {
    case RETRY_DELIVERY_OK:
        webhooks_wake(notifications_of(flow)->webhooks);
        return http_reply_json(flow, 202, out.delivery);
    case RETRY_DELIVERY_NOT_FAILED:
        return problem_reply(
            flow, 409, "not_failed",
            arena_printf(flow->arena, "Only a delivery that failed can be sent again; this one is %s.", out.state));
    case RETRY_DELIVERY_NOT_FOUND:
        break;
    }
    return problem_reply(flow, 404, "not_found", "There is no delivery with this id.");
}
