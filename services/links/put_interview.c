/* put_interview.c - PUT /v1/interviews/{id}: create an interview (201) or replace its document (200).
 *
 * With If-Match it only replaces, and with If-None-Match: * it only creates.
 */
#include "common/http/conditional.h"
#include "common/http/fields.h"
#include "common/data/id.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/interview_document.h"
#include "services/links/links.h"

static struct next *reply_stored(struct flow *flow);

static const struct pg_statement store_interview = { .name = "put_interview", .sql =
#include "services/links/put_interview.sql.inc"
};

struct next *put_interview(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    struct pg_params params;

    if (!id_is_external(router_param(flow, "id"))) {
        faults_add(faults, "", "invalid", "The id in the path must be 1 to 128 of A-Z a-z 0-9 . _ : -");
        return faults_reply(flow, faults);
    }
    json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    interview_document_check(flow->arena, faults, body, links_settings_of(flow->daemon)->allow_http_media ? MEDIA_HTTP_TOO : MEDIA_SECURE);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    pg_text(&params, json_text(flow->arena, body));
    pg_bool(&params, http_header(flow, "If-Match") != NULL);
    conditional_wanted_version(flow, &params, 1);
    pg_bool(&params, str_equal(http_header(flow, "If-None-Match"), "*"));
    return pg_query(flow, flow->daemon->pg, &store_interview, &params, reply_stored);
}

static struct next *reply_stored(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 412, "precondition_failed", "The interview is not as If-Match or If-None-Match wants it.");
    }
    int64_t version = pg_get_int(flow, 0, 0);
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"v%lld\"", (long long)version));
    return http_reply_json(flow, version == 1 ? 201 : 200, pg_get(flow, 0, 1));
}
