/* deactivate_reviewer.c - POST /v1/share-links/{id}/reviewers/{rid}/deactivate: this reviewer alone gets in no more, sessions
 * included. Asked for again, it changes nothing and answers the same.
 */
#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/deactivate_reviewer.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_deactivated(struct flow *flow);

struct next *deactivate_reviewer(struct flow *flow)
{
    struct next *refusal = NULL;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    struct deactivate_reviewer_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .reviewer_id = router_param(flow, "rid"),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return deactivate_reviewer_query(flow, flow->daemon->pg, &in, reply_deactivated);
}

static struct next *reply_deactivated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct deactivate_reviewer_out out = deactivate_reviewer_get(flow, 0);
    switch (out.outcome) {
    case DEACTIVATE_REVIEWER_OK:
    case DEACTIVATE_REVIEWER_OFF_ALREADY:
        change_concerns(flow, NULL);
        publish_events(flow, out.events);
        return http_reply_json(flow, 200, out.reviewer);
    case DEACTIVATE_REVIEWER_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case DEACTIVATE_REVIEWER_BASIC_LINK:
        return change_reply_basic_link(flow);
    case DEACTIVATE_REVIEWER_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}
