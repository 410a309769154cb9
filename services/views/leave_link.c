/* leave_link.c - POST /s/{token}/leave: ends the session, on the server and in the browser. Without one it is as well. */
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/leave_link.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_left(struct flow *flow);

struct next *leave_link(struct flow *flow)
{
    struct next *refusal = NULL;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    struct leave_link_in in = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
    };
    return leave_link_query(flow, flow->daemon->pg, &in, reply_left);
}

static struct next *reply_left(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    switch (leave_link_get(flow, 0).outcome) {
    case LEAVE_LINK_LEFT:
        visitor_clear_session(flow);
        return http_reply_empty(flow, 204);
    case LEAVE_LINK_UNKNOWN:
        break;
    }
    return door_refuse(flow, DOOR_UNKNOWN);
}
