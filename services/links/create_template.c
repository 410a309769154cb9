/* create_template.c - POST /v1/email-templates: a message for the library; as the default it takes that from another. */
#include "common/data/id.h"
#include "common/http/problem.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/wanted_template.h"

static struct next *reply_created(struct flow *flow);

static const struct pg_statement store_template = { .name = "create_template", .sql =
#include "services/links/create_template.sql.inc"
};

struct next *create_template(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    char *id = arena_alloc(flow->arena, ID_SIZE);
    struct next *refusal = NULL;
    struct wanted_template wanted;
    struct pg_params params;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    wanted_template_read(flow->arena, faults, body, FIELDS_REQUIRED, &wanted);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    id_new(id, "tpl_");
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, id);
    pg_text(&params, wanted.name);
    pg_text(&params, wanted.subject);
    pg_text(&params, wanted.body);
    pg_bool(&params, wanted.is_default);
    flow->state = id;
    return pg_query(flow, flow->daemon->pg, &store_template, &params, reply_created);
}

static struct next *reply_created(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) { /* its key is remembered for a moment */
        return problem_reply(flow, 404, "not_found", "The account is gone.");
    }
    http_set_header(flow, "Location", arena_printf(flow->arena, "/v1/email-templates/%s", (const char *)flow->state));
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"v%s\"", pg_get(flow, 0, 0)));
    return http_reply_json(flow, 201, pg_get(flow, 0, 1));
}
