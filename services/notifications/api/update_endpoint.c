/* update_endpoint.c - PATCH /v1/webhook-endpoints/{id}: another URL or choice of events, switched off or on again. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/notifications/api/update_endpoint.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

static struct next *reply_updated(struct flow *flow);

struct next *update_endpoint(struct flow *flow)
{
    struct wanted_endpoint wanted;

    struct next *refusal = wanted_endpoint_read(flow, FIELDS_OPTIONAL, &wanted);
    if (refusal) {
        return refusal;
    }
    struct update_endpoint_in in = {
        .account_id = caller_of(flow)->account_id,
        .endpoint_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .url = wanted.url,
        .events = wanted.events,
        .has_events = wanted.has_events,
        .share_link_ids = wanted.share_link_ids,
        .has_share_link_ids = wanted.has_share_link_ids,
        .external_ids = wanted.external_ids,
        .has_external_ids = wanted.has_external_ids,
        .description = wanted.description,
        .has_description = wanted.has_description,
        .state = wanted.state,
        .is_sound = !faults_any(wanted.faults),
    };
    flow->state = wanted.faults;
    return update_endpoint_query(flow, flow->daemon->pg, &in, reply_updated);
}

static struct next *reply_updated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct update_endpoint_out out = update_endpoint_get(flow, 0);
    switch (out.outcome) {
    case UPDATE_ENDPOINT_OK:
        return endpoint_reply(flow, 200, out.version, out.endpoint, NULL);
    case UPDATE_ENDPOINT_FAULTY:
        return endpoint_reply_faulty(flow, flow->state, out.missing);
    case UPDATE_ENDPOINT_VERSION_MISMATCH:
        return conditional_reply_changed(flow, "The endpoint");
    case UPDATE_ENDPOINT_NOT_FOUND:
        break;
    }
    return endpoint_reply_missing(flow);
}
