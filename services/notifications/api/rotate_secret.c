/* rotate_secret.c - POST /v1/webhook-endpoints/{id}/rotate-secret: a new secret, shown once; for a day both sign. */
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/api/rotate_secret.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { BOTH_SIGN_SECONDS = 24 * 3600 };

static struct next *reply_rotated(struct flow *flow);

struct next *rotate_secret(struct flow *flow)
{
    struct pg_bytes sealed;
    struct next *refusal;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    const char *secret = endpoint_secret_new(flow, router_param(flow, "id"), &sealed);
    struct rotate_secret_in in = {
        .account_id = caller_of(flow)->account_id,
        .endpoint_id = router_param(flow, "id"),
        .secret = sealed,
        .both_sign_s = BOTH_SIGN_SECONDS,
    };
    flow->state = arena_strdup(flow->arena, secret);
    return rotate_secret_query(flow, flow->daemon->pg, &in, reply_rotated);
}

static struct next *reply_rotated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return endpoint_reply_missing(flow);
    }
    struct rotate_secret_out out = rotate_secret_get(flow, 0);
    return endpoint_reply(flow, 200, out.version, out.endpoint, flow->state);
}
