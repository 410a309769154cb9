/* deactivate_link.c - POST /v1/share-links/{id}/deactivate: nobody gets in from now on, sessions included.
 *
 * Asked for again, it changes nothing and answers the same.
 */
#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/deactivate_link.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_deactivated(struct flow *flow);

struct next *deactivate_link(struct flow *flow)
{
    struct next *refusal = NULL;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    struct deactivate_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return deactivate_link_query(flow, flow->daemon->pg, &in, reply_deactivated);
}

static struct next *reply_deactivated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct deactivate_link_out out = deactivate_link_get(flow, 0);
    switch (out.outcome) {
    case DEACTIVATE_LINK_OK:
        change_concerns(flow, out.basic_of);
        publish_events(flow, out.events);
        return change_reply_link(flow, out.share_link, out.version);
    case DEACTIVATE_LINK_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case DEACTIVATE_LINK_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}
