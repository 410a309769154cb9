/* delete_link.c - DELETE /v1/share-links/{id}: the link and its reviewers are gone, and their URLs are unknown from now on.
 *
 * Mails that were still to be sent find nothing to tell about, and are skipped with that reason.
 */
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_deleted(struct flow *flow);

static const struct pg_statement remove_link = { .name = "delete_link", .sql =
#include "services/links/delete_link.sql.inc"
};

struct next *delete_link(struct flow *flow)
{
    struct pg_params params;

    change_params_init(flow, &params);
    change_event_ids(&params, 1);
    return pg_query(flow, flow->daemon->pg, &remove_link, &params, reply_deleted);
}

static struct next *reply_deleted(struct flow *flow)
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
