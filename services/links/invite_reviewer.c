/* invite_reviewer.c - POST /v1/share-links/{id}/reviewers/{rid}/invite: mail this reviewer the URL, again or for the first
 * time. The mail goes out after the answer, hence the 202.
 */
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_invited(struct flow *flow);

static const struct pg_statement invite = { .name = "invite_reviewer", .sql =
#include "services/links/invite_reviewer.sql.inc"
};

struct next *invite_reviewer(struct flow *flow)
{
    struct next *refusal = NULL;
    struct pg_params params;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    change_params_init(flow, &params);
    pg_text(&params, router_param(flow, "rid"));
    change_event_ids(&params, 1);
    return pg_query(flow, flow->daemon->pg, &invite, &params, reply_invited);
}

static struct next *reply_invited(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const char *outcome = change_outcome(flow);
    if (str_equal(outcome, "expired") || str_equal(outcome, "deactivated")) {
        return problem_reply(flow, 409, "link_not_active",
                             arena_printf(flow->arena, "The reviewer's link is %s: it would let nobody in.", outcome));
    }
    if (!str_equal(outcome, "active")) {
        return change_refuse(flow, outcome);
    }
    publish_events(flow, pg_get(flow, 0, 2));
    return http_reply_json(flow, 202, pg_get(flow, 0, 1));
}
