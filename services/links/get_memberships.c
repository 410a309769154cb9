/* get_memberships.c - GET /v1/interviews/{id}/share-links: the check boxes as they are, for the form that sets them. */
#include "common/daemon/session.h"
#include "common/http/problem.h"
#include "services/links/get_memberships.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_memberships(struct flow *flow);

struct next *get_memberships(struct flow *flow)
{
    struct get_memberships_in in = { .account_id = caller_of(flow)->account_id,
                                     .session_id = session_id_of(flow),
                                     .interview_id = router_param(flow, "id") };

    return get_memberships_query(flow, flow->daemon->pg, &in, reply_memberships);
}

static struct next *reply_memberships(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no interview with this id.");
    }
    struct get_memberships_out out = get_memberships_get(flow, 0);
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"%s\"", out.tag));
    return http_reply_json(flow, 200, out.memberships);
}
