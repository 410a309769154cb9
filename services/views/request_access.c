/* request_access.c - POST /s/{token}/request-access: asks the owner for a new link. It needs no session, and works where the
 * link is over; that is what it is for.
 *
 * The owner is told once an hour at most by each, and so often by all together. The answer is the same each time, so that it
 * tells nobody who else has asked.
 */
#include "common/http/fields.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "common/redis/stream.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/request_access.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_requested(struct flow *flow);

struct next *request_access(struct flow *flow)
{
    struct next *refusal = NULL;
    char event_id[ID_SIZE];

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    id_new(event_id, "evt_");
    struct request_access_in in = {
        .token_hash = visitor_token_hash(flow),
        .mails_max = views_of(flow)->settings->access_requests_per_owner,
        .event_id = event_id,
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return request_access_query(flow, flow->daemon->pg, &in, reply_requested);
}

static struct next *reply_requested(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct request_access_out out = request_access_get(flow, 0);
    switch (out.outcome) {
    case REQUEST_ACCESS_REQUESTED:
        if (out.event) {
            stream_add(flow->daemon->redis, STREAM_VIEWS, "sharelink.link.access_requested.v1", out.event);
        }
        return http_reply_json(flow, 202, "{\"status\":\"requested\"}");
    case REQUEST_ACCESS_TOO_MANY_MAILS:
        http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)out.retry_s));
        return problem_reply(flow, 429, "too_many_mails",
                             "The person who shared this has been asked many times within the hour. Ask again later.");
    case REQUEST_ACCESS_UNKNOWN:
        break;
    }
    return door_refuse(flow, DOOR_UNKNOWN);
}
