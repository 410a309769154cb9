/* replay_endpoint.c - POST /v1/webhook-endpoints/{id}/replay {from, to}: what happened in that time, sent to it (again). */
#include "common/base/clock.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/webhook/webhooks.h"
#include "services/notifications/api/wanted_endpoint.h"

enum { REPLAY_MOST = 1000 };

static struct next *reply_replayed(struct flow *flow);

static const struct pg_statement replay = { .name = "replay_endpoint", .sql =
#include "services/notifications/api/replay_endpoint.sql.inc"
};

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
    struct pg_params params;

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
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    pg_text(&params, rfc3339(flow->arena, from_ms));
    pg_text(&params, rfc3339(flow->arena, to_ms));
    pg_int(&params, REPLAY_MOST);
    return pg_query(flow, flow->daemon->pg, &replay, &params, reply_replayed);
}

static struct next *reply_replayed(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return endpoint_reply_missing(flow);
    }
    if (!str_equal(pg_get(flow, 0, 0), "enabled")) {
        return endpoint_reply_disabled(flow);
    }
    webhooks_wake(notifications_of(flow)->webhooks);
    json_t *answer = json_pack("{s:i, s:s?}", "replayed", (int)pg_get_int(flow, 0, 1), "next_from",
                               pg_is_null(flow, 0, 2) ? NULL : pg_get(flow, 0, 2));
    return http_reply_json(flow, 202, json_text(flow->arena, json_keep(flow->arena, answer)));
}
