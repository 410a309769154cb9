/* update_template.c - PATCH /v1/email-templates/{id}: another name or text, or the default taken or given up. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/wanted_template.h"

static struct next *reply_updated(struct flow *flow);

static const struct pg_statement change_template = { .name = "update_template", .sql =
#include "services/links/update_template.sql.inc"
};

struct next *update_template(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    struct wanted_template wanted;
    struct pg_params params;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    wanted_template_read(flow->arena, faults, body, FIELDS_OPTIONAL, &wanted);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    conditional_wanted_version(flow, &params, 1);
    pg_text(&params, wanted.name);
    pg_text(&params, wanted.subject);
    pg_text(&params, wanted.body);
    if (wanted.has_default) {
        pg_bool(&params, wanted.is_default);
    } else {
        pg_null(&params);
    }
    return pg_query(flow, flow->daemon->pg, &change_template, &params, reply_updated);
}

static struct next *reply_updated(struct flow *flow)
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
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"v%s\"", pg_get(flow, 0, 1)));
    return http_reply_json(flow, 200, pg_get(flow, 0, 2));
}
