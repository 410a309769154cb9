/* get_interview.c - GET /v1/interviews/{id}: the document as the platform stored it. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/get_interview.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_interview(struct flow *flow);

struct next *get_interview(struct flow *flow)
{
    struct get_interview_in in = { .account_id = caller_of(flow)->account_id, .interview_id = router_param(flow, "id") };

    return get_interview_query(flow, flow->daemon->pg, &in, reply_interview);
}

static struct next *reply_interview(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no interview with this id.");
    }
    struct get_interview_out out = get_interview_get(flow, 0);
    return conditional_reply_version(flow, out.version, true, out.interview);
}
