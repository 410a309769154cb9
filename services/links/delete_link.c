/* delete_link.c - DELETE /v1/share-links/{id}: the link and its reviewers are gone, and their URLs are unknown from now on.
 *
 * Mails that were still to be sent find nothing to tell about, and are skipped with that reason.
 */
#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/delete_link.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_deleted(struct flow *flow);

struct next *delete_link(struct flow *flow)
{
    struct delete_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return delete_link_query(flow, flow->daemon->pg, &in, reply_deleted);
}

static struct next *reply_deleted(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct delete_link_out out = delete_link_get(flow, 0);
    switch (out.outcome) {
    case DELETE_LINK_OK:
        publish_events(flow, out.events);
        return http_reply_empty(flow, 204);
    case DELETE_LINK_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case DELETE_LINK_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}
