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
#include "services/links/put_interview.sql.h"

static struct next *reply_stored(struct flow *flow);
static struct next *refuse(struct flow *flow, const struct put_interview_out *out);

struct next *put_interview(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    struct platform_data data;

    if (!id_is_external(router_param(flow, "id"))) {
        faults_add(faults, "", "invalid",
                   "The id in the path must be 1 to 128 of A-Z a-z 0-9 . _ : and -, and not . or .. alone.");
        return faults_reply(flow, faults);
    }
    json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    interview_document_check(&root, body, media_urls_of(flow->daemon), &data);
    if (faults_any(faults) && !data.external_id) {
        return faults_reply(flow, faults);
    }
    flow->state = faults;

    struct put_interview_in in = {
        .account_id = caller_of(flow)->account_id,
        .interview_id = router_param(flow, "id"),
        .document = interview_document_text(flow->arena, body),
        .external_id = data.external_id,
        .metadata = data.metadata,
        .is_sound = !faults_any(faults),
        .only_replaces = http_header(flow, "If-Match") != NULL,
        .tags = conditional_tags(flow),
        .only_creates = str_equal(http_header(flow, "If-None-Match"), "*"),
        .content_max = change_content_max(flow),
    };
    return put_interview_query(flow, flow->daemon->pg, &in, reply_stored);
}

static struct next *reply_stored(struct flow *flow)
{
    struct faults *faults = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        if (!platform_data_was_taken(flow)) {
            return problem_reply_pg(flow);
        }
        platform_data_note_taken(flow->arena, faults, "", "interview");
        return faults_reply(flow, faults);
    }
    struct put_interview_out out = put_interview_get(flow, 0);
    switch (out.outcome) {
    case PUT_INTERVIEW_STORED:
        conditional_set_version(flow, out.version);
        return http_reply_json(flow, out.version == 1 ? 201 : 200, out.interview);
    case PUT_INTERVIEW_TOO_LARGE:
    case PUT_INTERVIEW_FAULTY:
        return refuse(flow, &out);
    case PUT_INTERVIEW_NOT_AS_WANTED:
        break;
    }
    return conditional_reply_other(flow, "The interview is not as If-Match or If-None-Match wants it.");
}

static struct next *refuse(struct flow *flow, const struct put_interview_out *out)
{
    struct faults *faults = flow->state;

    if (out->is_external_id_taken) {
        platform_data_note_taken(flow->arena, faults, "", "interview");
    }
    if (out->outcome == PUT_INTERVIEW_TOO_LARGE) {
        change_note_overfull_link(flow, faults, "", out->overfull_link, out->content_size);
    }
    return faults_reply(flow, faults);
}
