/* add_interviews.c - POST /v1/share-links/{id}/interviews: more members; those that are there already are no error.
 *
 * When the body itself has faults, the statement is asked all the same which interviews do not exist, so that the caller
 * hears of all faults at once.
 */
#include "common/daemon/session.h"
#include "common/http/conditional.h"
#include "services/links/add_interviews.sql.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

/* In the order in which they run. */
static struct next *store_members(struct flow *flow);
static struct next *reply_added(struct flow *flow);

struct addition {
    struct faults *faults;
    struct wanted_ids wanted;
};

struct next *add_interviews(struct flow *flow)
{
    struct addition *addition = arena_alloc(flow->arena, sizeof *addition);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    addition->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, addition->faults, body, "");
    link_fields_interviews(&root, &addition->wanted);
    fields_end(&root);
    flow->state = addition;
    return store_members(flow);
}

static struct next *store_members(struct flow *flow)
{
    struct addition *addition = flow->state;
    struct add_interviews_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .interview_ids = { addition->wanted.ids, addition->wanted.count },
        .is_sound = !faults_any(addition->faults),
        .interviews_max = INTERVIEWS_MAX,
        .content_max = change_content_max(flow),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return add_interviews_query(flow, flow->daemon->pg, &in, reply_added);
}

static struct next *reply_added(struct flow *flow)
{
    struct addition *addition = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return change_refuse_members(flow);
    }
    struct add_interviews_out out = add_interviews_get(flow, 0);
    switch (out.outcome) {
    case ADD_INTERVIEWS_OK:
        publish_events(flow, out.events);
        return http_reply_json(flow, 200, out.answer);
    case ADD_INTERVIEWS_FAULTY:
        change_note_missing(flow, addition->faults, "interview_ids", &addition->wanted, out.missing_interviews, "not_found",
                            "There is no such interview.");
        return faults_reply(flow, addition->faults);
    case ADD_INTERVIEWS_TOO_MANY:
        faults_add(addition->faults, "/interview_ids", "too_many",
                   arena_printf(flow->arena, "A link has at most %d interviews.", INTERVIEWS_MAX));
        return faults_reply(flow, addition->faults);
    case ADD_INTERVIEWS_TOO_LARGE:
        change_note_content_size(flow, addition->faults, "/interview_ids", out.content_size);
        return faults_reply(flow, addition->faults);
    case ADD_INTERVIEWS_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case ADD_INTERVIEWS_BASIC_LINK:
        return change_reply_basic_link(flow);
    case ADD_INTERVIEWS_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}
