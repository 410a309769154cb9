/* get_basic_link.c - GET /v1/interviews/{id}/basic-link: the one URL of this interview, when it was made. */
#include "common/daemon/session.h"
#include "common/http/problem.h"
#include "services/links/basic_link.h"
#include "services/links/get_basic_link.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_link(struct flow *flow);

struct next *get_basic_link(struct flow *flow)
{
    struct get_basic_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .interview_id = router_param(flow, "id"),
    };
    return get_basic_link_query(flow, flow->daemon->pg, &in, reply_link);
}

static struct next *reply_link(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no basic link of this interview.");
    }
    struct get_basic_link_out out = get_basic_link_get(flow, 0);
    return basic_link_reply(flow, 200, out.share_link, out.version, out.sealed);
}
