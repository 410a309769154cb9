/* delete_template.c - DELETE /v1/email-templates/{id}: also one that links were made with; they have its text. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_deleted(struct flow *flow);

static const struct pg_statement remove_template = { .name = "delete_template", .sql =
#include "services/links/delete_template.sql.inc"
};

struct next *delete_template(struct flow *flow)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    conditional_wanted_version(flow, &params, 1);
    return pg_query(flow, flow->daemon->pg, &remove_template, &params, reply_deleted);
}

static struct next *reply_deleted(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 404, "not_found", "There is no template with this id.");
    }
    if (str_equal(pg_get(flow, 0, 0), "version_mismatch")) {
        return problem_reply(flow, 412, "precondition_failed", "The template has changed since the version that If-Match names.");
    }
    return http_reply_empty(flow, 204);
}
