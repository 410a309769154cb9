/* leave_link.c - POST /s/{token}/leave: ends the session, on the server and in the browser. Without one it is as well. */
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_left(struct flow *flow);

static const struct pg_statement leave = { .name = "leave_link", .sql =
#include "services/views/leave_link.sql.inc"
};

struct next *leave_link(struct flow *flow)
{
    struct next *refusal = NULL;
    struct pg_params params;

    if (!fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    visitor_params_init(flow, &params);
    return pg_query(flow, flow->daemon->pg, &leave, &params, reply_left);
}

static struct next *reply_left(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return door_refuse(flow, "unknown");
    }
    visitor_clear_session(flow);
    return http_reply_empty(flow, 204);
}
