/* delete_template.c - DELETE /v1/email-templates/{id}: also one that links were made with; they have its text. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/delete_template.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_deleted(struct flow *flow);

struct next *delete_template(struct flow *flow)
{
    struct delete_template_in in = {
        .account_id = caller_of(flow)->account_id,
        .template_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
    };
    return delete_template_query(flow, flow->daemon->pg, &in, reply_deleted);
}

static struct next *reply_deleted(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    switch (delete_template_get(flow, 0).outcome) {
    case DELETE_TEMPLATE_OK:
        return http_reply_empty(flow, 204);
    case DELETE_TEMPLATE_VERSION_MISMATCH:
        return conditional_reply_changed(flow, "The template");
    case DELETE_TEMPLATE_NOT_FOUND:
        break;
    }
    return problem_reply_not_found(flow, "There is no template with this id.");
}
