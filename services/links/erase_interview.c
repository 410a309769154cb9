/* erase_interview.c - DELETE /v1/interviews/{id}: erases the candidate's data everywhere, and answers with a receipt of what
 * that was.
 */
#include "common/problem.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_receipt(struct flow *flow);

static const struct pg_statement erase = { "erase_interview",
#include "services/links/erase_interview.sql.inc"
};

struct next *erase_interview(struct flow *flow)
{
    struct pg_params params;

    change_params_init(flow, &params);
    change_event_ids(&params, 2);
    return pg_query(flow, flow->daemon->pg, &erase, &params, reply_receipt);
}

static struct next *reply_receipt(struct flow *flow)
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
    return http_reply_json(flow, 200, pg_get(flow, 0, 1));
}
