/* rotate_secret.c - POST /v1/webhook-endpoints/{id}/rotate-secret {grace_seconds}: a new secret, shown once. The one before signs
 * too until its grace is over; after a leak, without any, no earlier one does. */
#include "common/http/conditional.h"
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/api/rotate_secret.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { GRACE_SECONDS = 24 * 3600, GRACE_SECONDS_MAX = 7 * 24 * 3600, SECRETS_MAX = 10 };

/* In the order in which they run. */
static struct next *reply_rotated(struct flow *flow);
static struct next *refuse_too_many(struct flow *flow, const char *next_end);

struct next *rotate_secret(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct pg_bytes sealed;
    struct next *refusal = NULL;

    const json_t *body = problem_read_optional(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    int64_t grace_s = fields_has(&root, "grace_seconds")
                          ? fields_int(&root, "grace_seconds", FIELDS_OPTIONAL, 0, GRACE_SECONDS_MAX)
                          : GRACE_SECONDS;
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    const char *secret = endpoint_secret_new(flow, router_param(flow, "id"), &sealed);
    struct rotate_secret_in in = {
        .account_id = caller_of(flow)->account_id,
        .endpoint_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .secret = sealed,
        .grace_s = grace_s,
        .secrets_max = SECRETS_MAX,
    };
    flow->state = arena_strdup(flow->arena, secret);
    return rotate_secret_query(flow, flow->daemon->pg, &in, reply_rotated);
}

static struct next *reply_rotated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct rotate_secret_out out = rotate_secret_get(flow, 0);
    switch (out.outcome) {
    case ROTATE_SECRET_OK:
        return endpoint_reply(flow, 200, out.version, out.endpoint, flow->state);
    case ROTATE_SECRET_VERSION_MISMATCH:
        return conditional_reply_changed(flow, "The endpoint");
    case ROTATE_SECRET_TOO_MANY:
        return refuse_too_many(flow, out.next_end);
    case ROTATE_SECRET_NOT_FOUND:
        break;
    }
    return endpoint_reply_missing(flow);
}

static struct next *refuse_too_many(struct flow *flow, const char *next_end)
{
    return problem_reply(flow, 409, "too_many_secrets",
                         arena_printf(flow->arena,
                                      "Of an endpoint %d secrets may be alive. The next one ends at %s; with grace_seconds 0 all "
                                      "earlier ones end at once.",
                                      SECRETS_MAX, next_end));
}
