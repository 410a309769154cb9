/* get_event.c - GET /v1/events/{id}: one event of the account's log, as the list and the stream show it. */
#include "common/daemon/session.h"
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/notifications/api/get_event.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/notifications.h"

static struct next *reply_found(struct flow *flow);

struct next *get_event(struct flow *flow)
{
    struct get_event_in in = { .account_id = caller_of(flow)->account_id,
                               .session_id = session_id_of(flow),
                               .event_id = router_param(flow, "id") };

    return get_event_query(flow, flow->daemon->pg, &in, reply_found);
}

static struct next *reply_found(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no event with this id.");
    }
    struct get_event_out out = get_event_get(flow, 0);
    return conditional_reply_json(flow, conditional_tag_of(flow->arena, out.event), out.event);
}
