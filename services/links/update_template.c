/* update_template.c - PATCH /v1/email-templates/{id}: another name or text, or the default taken or given up. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/update_template.sql.h"
#include "services/links/wanted_template.h"

static struct next *reply_updated(struct flow *flow);

struct next *update_template(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    struct wanted_template wanted;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    wanted_template_read(flow->arena, faults, body, FIELDS_OPTIONAL, &wanted);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    struct update_template_in in = {
        .account_id = caller_of(flow)->account_id,
        .template_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .name = wanted.name,
        .subject = wanted.subject,
        .body = wanted.body,
        .is_default = wanted.has_default ? &wanted.is_default : NULL,
    };
    return update_template_query(flow, flow->daemon->pg, &in, reply_updated);
}

static struct next *reply_updated(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct update_template_out out = update_template_get(flow, 0);
    switch (out.outcome) {
    case UPDATE_TEMPLATE_OK:
        conditional_set_version(flow, out.version);
        return http_reply_json(flow, 200, out.template);
    case UPDATE_TEMPLATE_VERSION_MISMATCH:
        return conditional_reply_changed(flow, "The template");
    case UPDATE_TEMPLATE_NOT_FOUND:
        break;
    }
    return problem_reply_not_found(flow, "There is no template with this id.");
}
