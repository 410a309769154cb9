/* request_access.c - POST /s/{token}/request-access: asks the owner for a new link. It needs no session, and works where the
 * link is over; that is what it is for.
 *
 * The owner is told once an hour at most. The answer is the same each time, so that it tells nobody who else has asked.
 */
#include "common/http/fields.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "common/redis/stream.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_requested(struct flow *flow);

static const struct pg_statement request = { .name = "request_access", .sql =
#include "services/views/request_access.sql.inc"
};

struct next *request_access(struct flow *flow)
{
    struct next *refusal = NULL;
    struct pg_params params;
    char event_id[ID_SIZE];

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    id_new(event_id, "evt_");
    pg_params_init(&params, flow->arena);
    pg_bytes(&params, visitor_token_hash(flow), CRYPTO_HASH_SIZE);
    pg_text(&params, event_id);
    pg_text(&params, flow->request_id);
    pg_text(&params, flow->traceparent);
    return pg_query(flow, flow->daemon->pg, &request, &params, reply_requested);
}

static struct next *reply_requested(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return door_refuse(flow, "unknown");
    }
    if (!pg_is_null(flow, 0, 0)) {
        stream_add(flow->daemon->redis, STREAM_VIEWS, "sharelink.link.access_requested.v1", pg_get(flow, 0, 0));
    }
    return http_reply_json(flow, 202, "{\"status\":\"requested\"}");
}
