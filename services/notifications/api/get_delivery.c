/* get_delivery.c - GET /v1/deliveries/{id}: what became of a mail or a webhook, try by try. */
#include "common/daemon/session.h"
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/notifications/api/get_delivery.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/notifications.h"

static struct next *reply_found(struct flow *flow);

struct next *get_delivery(struct flow *flow)
{
    struct get_delivery_in in = { .account_id = caller_of(flow)->account_id,
                                  .session_id = session_id_of(flow),
                                  .delivery_id = router_param(flow, "id") };

    return get_delivery_query(flow, flow->daemon->pg, &in, reply_found);
}

static struct next *reply_found(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no delivery with this id.");
    }
    struct get_delivery_out out = get_delivery_get(flow, 0);
    return conditional_reply_json(flow, conditional_tag_of(flow->arena, out.delivery), out.delivery);
}
