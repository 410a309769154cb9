/* replay_endpoint.c - POST /v1/webhook-endpoints/{id}/replay {from, to}: what happened in that time, sent to it (again). */
#include "common/base/clock.h"
#include "common/http/problem.h"
#include "services/notifications/api/replay_endpoint.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/webhook/webhooks.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { REPLAY_MAX = 1000 };

/* In the order in which they run. */
static struct next *reply_replayed(struct flow *flow);
static struct next *reply_count(struct flow *flow, const struct replay_endpoint_out *out);

static const char *rfc3339(struct arena *arena, int64_t wall_ms)
{
    char *text = arena_alloc(arena, CLOCK_RFC3339_SIZE);

    clock_rfc3339(text, wall_ms);
    return text;
}

struct next *replay_endpoint(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    int64_t from_ms = 0, to_ms = clock_wall_ms() + 1;
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    fields_time(&root, "from", FIELDS_REQUIRED, &from_ms);
    if (fields_time(&root, "to", FIELDS_OPTIONAL, &to_ms) && to_ms <= from_ms) {
        fields_fault(&root, "to", "out_of_range", "This must be after from.");
    }
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    struct replay_endpoint_in in = {
        .account_id = caller_of(flow)->account_id,
        .endpoint_id = router_param(flow, "id"),
        .from = rfc3339(flow->arena, from_ms),
        .to = rfc3339(flow->arena, to_ms),
        .events_max = REPLAY_MAX,
    };
    return replay_endpoint_query(flow, flow->daemon->pg, &in, reply_replayed);
}

static struct next *reply_replayed(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct replay_endpoint_out out = replay_endpoint_get(flow, 0);
    switch (out.outcome) {
    case REPLAY_ENDPOINT_ENABLED:
        webhooks_wake(notifications_of(flow)->webhooks);
        return reply_count(flow, &out);
    case REPLAY_ENDPOINT_DISABLED:
        return endpoint_reply_disabled(flow);
    case REPLAY_ENDPOINT_NOT_FOUND:
        break;
    }
    return endpoint_reply_missing(flow);
}

static struct next *reply_count(struct flow *flow, const struct replay_endpoint_out *out)
{
    json_t *answer = json_pack("{s:i, s:s?}", "replayed", (int)out->replayed, "next_from", out->next_from);

    return http_reply_json(flow, 202, json_text(flow->arena, json_keep(flow->arena, answer)));
}
