/* deactivate_link.c - POST /v1/share-links/{id}/deactivate: nobody gets in from now on, sessions included.
 *
 * Asked for again, it changes nothing and answers the same.
 */
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_deactivated(struct flow *flow);

static const struct pg_statement deactivate = { .name = "deactivate_link", .sql =
#include "services/links/deactivate_link.sql.inc"
};

struct next *deactivate_link(struct flow *flow)
{
    struct next *refusal = NULL;
    struct pg_params params;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    change_params_init(flow, &params);
    change_event_ids(&params, 1);
    return pg_query(flow, flow->daemon->pg, &deactivate, &params, reply_deactivated);
}

static struct next *reply_deactivated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (!str_equal(change_outcome(flow), "ok")) {
        return change_refuse(flow, change_outcome(flow));
    }
    change_concerns(flow, pg_get(flow, 0, 4));
    publish_events(flow, pg_get(flow, 0, 3));
    return change_reply_link(flow, pg_get(flow, 0, 1), pg_get(flow, 0, 2));
}
