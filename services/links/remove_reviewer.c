/* remove_reviewer.c - DELETE /v1/share-links/{id}/reviewers/{rid}: this reviewer's URL is unknown from now on. */
#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/remove_reviewer.sql.h"

static struct next *reply_removed(struct flow *flow);

struct next *remove_reviewer(struct flow *flow)
{
    struct remove_reviewer_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .reviewer_id = router_param(flow, "rid"),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return remove_reviewer_query(flow, flow->daemon->pg, &in, reply_removed);
}

static struct next *reply_removed(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct remove_reviewer_out out = remove_reviewer_get(flow, 0);
    switch (out.outcome) {
    case REMOVE_REVIEWER_OK:
        publish_events(flow, out.events);
        return http_reply_empty(flow, 204);
    case REMOVE_REVIEWER_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case REMOVE_REVIEWER_BASIC_LINK:
        return change_reply_basic_link(flow);
    case REMOVE_REVIEWER_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}
