/* batches.c - see the header. */
#include "services/links/batches.h"

#include "common/http/problem.h"
#include "common/loop/turns.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_full(struct flow *flow);

struct turns *batches_new(struct daemon *daemon, const struct links_settings *settings)
{
    return turns_new(daemon->base, &(struct turns_options){
                                       .at_work = 1,
                                       .waiting = settings->batches_waiting,
                                       .at_work_together = settings->batches_at_work,
                                       .waiting_together = 2 * settings->batches_waiting,
                                   });
}

struct next *batches_take_turn(struct flow *flow, flow_step *then)
{
    const struct links_parts *parts = flow->app;

    return router_route(flow)->handle == put_interviews
               ? turns_take(flow, parts->batches, caller_of(flow)->account_id, then, reply_full)
               : then(flow);
}

static struct next *reply_full(struct flow *flow)
{
    http_set_header(flow, "Retry-After", "1");
    return problem_reply(flow, 429, "too_many_batches", "Too many batches wait already. Try again in a moment.");
}
