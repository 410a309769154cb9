/* rotate_secret.c - POST /v1/webhook-endpoints/{id}/rotate-secret: a new secret, shown once; for a day both sign. */
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { BOTH_SIGN_SECONDS = 24 * 3600 };

static struct next *reply_rotated(struct flow *flow);

static const struct pg_statement rotate = { .name = "rotate_secret", .sql =
#include "services/notifications/api/rotate_secret.sql.inc"
};

struct next *rotate_secret(struct flow *flow)
{
    struct pg_params params;
    struct next *refusal;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    const char *secret = endpoint_secret_new(flow, router_param(flow, "id"), &params);
    pg_int(&params, BOTH_SIGN_SECONDS);
    flow->state = arena_strdup(flow->arena, secret);
    return pg_query(flow, flow->daemon->pg, &rotate, &params, reply_rotated);
}

static struct next *reply_rotated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    return pg_rows(flow) == 0 ? endpoint_reply_missing(flow)
                              : endpoint_reply(flow, 200, pg_get(flow, 0, 0), pg_get(flow, 0, 1), flow->state);
}
