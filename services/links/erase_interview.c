/* erase_interview.c - DELETE /v1/interviews/{id}: erases the candidate's data everywhere, and answers with a receipt of what
 * that was.
 */
#include <string.h>

#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/change.h"
#include "services/links/erase_interview.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/stream_entries.h"

/* In the order in which they run. */
static struct next *forget_in_streams(struct flow *flow);
static struct next *reply_receipt(struct flow *flow);

struct next *erase_interview(struct flow *flow)
{
    struct erase_interview_in in = {
        .account_id = caller_of(flow)->account_id,
        .interview_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .event_ids = change_new_event_ids(flow, 2),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return erase_interview_query(flow, flow->daemon->pg, &in, forget_in_streams);
}

static struct next *forget_in_streams(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct erase_interview_out out = erase_interview_get(flow, 0);
    switch (out.outcome) {
    case ERASE_INTERVIEW_OK:
        publish_events(flow, out.events);
        flow->state = arena_strdup(flow->arena, out.receipt);
        return stream_entries_forget(flow, caller_of(flow)->account_id, router_param(flow, "id"), reply_receipt);
    case ERASE_INTERVIEW_VERSION_MISMATCH:
        return conditional_reply_changed(flow, "The interview");
    case ERASE_INTERVIEW_NOT_FOUND:
        break;
    }
    return problem_reply_not_found(flow, "There is no interview with this id.");
}

/* What Redis did not tell is null: the candidate is erased all the same, and the streams are cut by themselves. */
static struct next *reply_receipt(struct flow *flow)
{
    const int64_t *forgotten = flow->answer;
    const char *error, *text = flow->state;
    json_t *receipt = json_parse(flow->arena, text, strlen(text), &error);

    json_object_set_new(json_object_get(receipt, "erased"), "stream_entries", forgotten ? json_integer(*forgotten) : json_null());
    return http_reply_json(flow, 200, json_text(flow->arena, receipt));
}
