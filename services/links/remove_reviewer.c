/* remove_reviewer.c - DELETE /v1/share-links/{id}/reviewers/{rid}: this reviewer's URL is unknown from now on. */
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_removed(struct flow *flow);

static const struct pg_statement remove_one = { .name = "remove_reviewer", .sql =
#include "services/links/remove_reviewer.sql.inc"
};

struct next *remove_reviewer(struct flow *flow)
{
    struct pg_params params;

    change_params_init(flow, &params);
    pg_text(&params, router_param(flow, "rid"));
    change_event_ids(&params, 1);
    return pg_query(flow, flow->daemon->pg, &remove_one, &params, reply_removed);
}

static struct next *reply_removed(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (!str_equal(change_outcome(flow), "ok")) {
        return change_refuse(flow, change_outcome(flow));
    }
    publish_events(flow, pg_get(flow, 0, 1));
    return http_reply_empty(flow, 204);
}
