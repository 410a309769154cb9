/* remove_interviews.c - POST /v1/share-links/{id}/interviews/remove: fewer members; those that are not there, or exist no more,
 * are no error. A link may be left with none: its reviewers then see an empty list.
 */
#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/remove_interviews.sql.h"

static struct next *reply_removed(struct flow *flow);

struct next *remove_interviews(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct wanted_ids wanted = { .count = 0 };
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    link_fields_interviews(&root, &wanted);
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    struct remove_interviews_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .interview_ids = { wanted.ids, wanted.count },
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return remove_interviews_query(flow, flow->daemon->pg, &in, reply_removed);
}

static struct next *reply_removed(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct remove_interviews_out out = remove_interviews_get(flow, 0);
    switch (out.outcome) {
    case REMOVE_INTERVIEWS_OK:
        publish_events(flow, out.events);
        return http_reply_json(flow, 200, out.answer);
    case REMOVE_INTERVIEWS_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case REMOVE_INTERVIEWS_BASIC_LINK:
        return change_reply_basic_link(flow);
    case REMOVE_INTERVIEWS_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}
