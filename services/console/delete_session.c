/* delete_session.c - DELETE /v1/console-sessions/{id}: it is over now, for its page as for its tokens. */
#include "common/http/problem.h"
#include "services/console/console.h"
#include "services/console/delete_session.sql.h"
#include "services/console/handlers.h"

static struct next *reply_deleted(struct flow *flow);

struct next *delete_session(struct flow *flow)
{
    struct delete_session_in in = { .account_id = caller_of(flow)->account_id, .session_id = router_param(flow, "id") };

    return delete_session_query(flow, flow->daemon->pg, &in, reply_deleted);
}

static struct next *reply_deleted(struct flow *flow)
{
    return pg_found(flow) ? http_reply_empty(flow, 204) : problem_reply_not_found(flow, "There is no session with this id.");
}
