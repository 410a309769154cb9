/* create_template.c - POST /v1/email-templates: a message for the library; as the default it takes that from another. */
#include "common/data/id.h"
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/create_template.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/wanted_template.h"

static struct next *reply_created(struct flow *flow);

struct next *create_template(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    char *id = arena_alloc(flow->arena, ID_SIZE);
    struct next *refusal = NULL;
    struct wanted_template wanted;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    wanted_template_read(flow->arena, faults, body, FIELDS_REQUIRED, &wanted);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    id_new(id, "tpl_");
    struct create_template_in in = {
        .account_id = caller_of(flow)->account_id,
        .template_id = id,
        .name = wanted.name,
        .subject = wanted.subject,
        .body = wanted.body,
        .is_default = wanted.is_default,
    };
    flow->state = id;
    return create_template_query(flow, flow->daemon->pg, &in, reply_created);
}

static struct next *reply_created(struct flow *flow)
{
    if (!pg_found(flow)) { /* its key is remembered for a moment */
        return problem_reply_not_found(flow, "The account is gone.");
    }
    struct create_template_out out = create_template_get(flow, 0);
    http_set_header(flow, "Location", arena_printf(flow->arena, "/v1/email-templates/%s", (const char *)flow->state));
    conditional_set_version(flow, out.version);
    return http_reply_json(flow, 201, out.template);
}
