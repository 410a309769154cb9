/* retry_delivery.c - POST /v1/deliveries/{id}/retry: sends one that failed again, with the same Message-ID or webhook-id. */
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/webhook/webhooks.h"

static struct next *reply_retried(struct flow *flow);

static const struct pg_statement retry = { .name = "retry_delivery", .sql =
#include "services/notifications/api/retry_delivery.sql.inc"
};

struct next *retry_delivery(struct flow *flow)
{
    struct pg_params params;
    struct next *refusal;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    return pg_query(flow, flow->daemon->pg, &retry, &params, reply_retried);
}

static struct next *reply_retried(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 404, "not_found", "There is no delivery with this id.");
    }
    if (pg_is_null(flow, 0, 1)) {
        return problem_reply(flow, 409, "not_failed",
                             arena_printf(flow->arena, "Only a delivery that failed can be sent again; this one is %s.", pg_get(flow, 0, 0)));
    }
    webhooks_wake(notifications_of(flow)->webhooks);
    return http_reply_json(flow, 202, pg_get(flow, 0, 1));
}
