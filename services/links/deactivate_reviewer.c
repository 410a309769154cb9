/* deactivate_reviewer.c - POST /v1/share-links/{id}/reviewers/{rid}/deactivate: this reviewer alone gets in no more, sessions
 * included. Asked for again, it changes nothing and answers the same.
 */
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_deactivated(struct flow *flow);

static const struct pg_statement deactivate = { .name = "deactivate_reviewer", .sql =
#include "services/links/deactivate_reviewer.sql.inc"
};

struct next *deactivate_reviewer(struct flow *flow)
{
    struct next *refusal = NULL;
    struct pg_params params;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    change_params_init(flow, &params);
    pg_text(&params, router_param(flow, "rid"));
    change_event_ids(&params, 1);
    return pg_query(flow, flow->daemon->pg, &deactivate, &params, reply_deactivated);
}

static struct next *reply_deactivated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const char *outcome = change_outcome(flow);
    if (!str_equal(outcome, "ok") && !str_equal(outcome, "off_already")) {
        return change_refuse(flow, outcome);
    }
    publish_events(flow, pg_get(flow, 0, 2));
    return http_reply_json(flow, 200, pg_get(flow, 0, 1));
}
