/* erase_interview.c - DELETE /v1/interviews/{id}: erases the candidate's data everywhere, and answers with a receipt of what
 * that was.
 */
#include <string.h>

#include "common/http/problem.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/stream_entries.h"

/* In the order in which they run. */
static struct next *forget_in_streams(struct flow *flow);
static struct next *reply_receipt(struct flow *flow);

static const struct pg_statement erase = { .name = "erase_interview", .sql =
#include "services/links/erase_interview.sql.inc"
};

struct next *erase_interview(struct flow *flow)
{
    struct pg_params params;

    change_params_init(flow, &params);
    change_event_ids(&params, 2);
    return pg_query(flow, flow->daemon->pg, &erase, &params, forget_in_streams);
}

static struct next *forget_in_streams(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 404, "not_found", "There is no interview with this id.");
    }
    if (str_equal(pg_get(flow, 0, 0), "version_mismatch")) {
        return problem_reply(flow, 412, "precondition_failed", "The interview has changed since the version that If-Match names.");
    }
    publish_events(flow, pg_get(flow, 0, 2));
    flow->state = arena_strdup(flow->arena, pg_get(flow, 0, 1));
    return stream_entries_forget(flow, caller_of(flow)->account_id, router_param(flow, "id"), reply_receipt);
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
