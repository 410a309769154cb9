/* invite_reviewer.c - POST /v1/share-links/{id}/reviewers/{rid}/invite: mail this reviewer the URL, again or for the first
 * time. The mail goes out after the answer, hence the 202.
 */
#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/invite_reviewer.sql.h"
#include "services/links/links.h"
#include "services/links/publish.h"

/* In the order in which they run. */
static struct next *reply_invited(struct flow *flow);
static struct next *refuse_inactive(struct flow *flow, const char *state);
static struct next *refuse_mail(struct flow *flow, int64_t retry_s);

struct next *invite_reviewer(struct flow *flow)
{
    struct next *refusal = NULL;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    struct invite_reviewer_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .reviewer_id = router_param(flow, "rid"),
        .mails_max = change_mails_max(flow),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return invite_reviewer_query(flow, flow->daemon->pg, &in, reply_invited);
}

static struct next *reply_invited(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct invite_reviewer_out out = invite_reviewer_get(flow, 0);
    switch (out.outcome) {
    case INVITE_REVIEWER_ACTIVE:
        change_concerns(flow, NULL);
        publish_events(flow, out.events);
        return http_reply_json(flow, 202, out.reviewer);
    case INVITE_REVIEWER_EXPIRED:
        return refuse_inactive(flow, "expired");
    case INVITE_REVIEWER_DEACTIVATED:
        return refuse_inactive(flow, "deactivated");
    case INVITE_REVIEWER_TOO_MANY_MAILS:
        return refuse_mail(flow, out.retry_s);
    case INVITE_REVIEWER_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case INVITE_REVIEWER_BASIC_LINK:
        return change_reply_basic_link(flow);
    case INVITE_REVIEWER_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}

static struct next *refuse_inactive(struct flow *flow, const char *state)
{
    return problem_reply(flow, 409, "link_not_active",
                         arena_printf(flow->arena, "The reviewer's link is %s: it would let nobody in.", state));
}

static struct next *refuse_mail(struct flow *flow, int64_t retry_s)
{
    struct faults *faults = faults_new(flow->arena);

    change_note_too_many_mails(flow, faults, "", arena_printf(flow->arena, "[\"%s\"]", router_param(flow, "rid")));
    return change_reply_too_many_mails(flow, faults, retry_s);
}
