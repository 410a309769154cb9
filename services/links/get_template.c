/* get_template.c - GET /v1/email-templates/{id}: one message of the library. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/get_template.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_template(struct flow *flow);

struct next *get_template(struct flow *flow)
{
    struct get_template_in in = { .account_id = caller_of(flow)->account_id, .template_id = router_param(flow, "id") };

    return get_template_query(flow, flow->daemon->pg, &in, reply_template);
}

static struct next *reply_template(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no template with this id.");
    }
    struct get_template_out out = get_template_get(flow, 0);
    return conditional_reply_version(flow, out.version, true, out.template);
}
