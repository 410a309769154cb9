/* put_memberships.c - PUT /v1/interviews/{id}/share-links: the form with check boxes. The interview becomes a member of exactly
 * these of the account's advanced links, in one transaction.
 */
#include <string.h>

#include "common/base/str.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

enum { LINKS_MAX = 500 };

/* In the order in which they run. */
static struct next *store_memberships(struct flow *flow);
static struct next *reply_stored(struct flow *flow);

struct form {
    struct faults *faults;
    struct wanted_ids wanted;
};

static const struct pg_statement store = { .name = "put_memberships", .sql =
#include "services/links/put_memberships.sql.inc"
};

struct next *put_memberships(struct flow *flow)
{
    struct form *form = arena_alloc(flow->arena, sizeof *form);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    form->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, form->faults, body, "");
    link_fields_ids(&root, "share_link_ids", 0, LINKS_MAX, &(struct text_rule){ .min = 1, .max = 64 }, &form->wanted);
    fields_end(&root);
    flow->state = form;
    return store_memberships(flow);
}

static struct next *store_memberships(struct flow *flow)
{
    struct form *form = flow->state;
    const char *tag = http_header(flow, "If-Match");
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    pg_text(&params, tag && !str_is_utf8(tag, strlen(tag)) ? "" : tag);
    pg_text(&params, flow->request_id);
    pg_text(&params, flow->traceparent);
    pg_text_array(&params, form->wanted.ids, form->wanted.count);
    pg_bool(&params, !faults_any(form->faults));
    pg_int(&params, INTERVIEWS_MAX);
    return pg_query(flow, flow->daemon->pg, &store, &params, reply_stored);
}

static struct next *reply_stored(struct flow *flow)
{
    struct form *form = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return change_refuse_members(flow);
    }
    const char *outcome = change_outcome(flow);
    if (str_equal(outcome, "not_found")) {
        return problem_reply(flow, 404, "not_found", "There is no interview with this id.");
    }
    if (str_equal(outcome, "version_mismatch")) {
        return problem_reply(flow, 412, "precondition_failed", "The interview's share links are others than those that If-Match names.");
    }
    if (str_equal(outcome, "faulty")) {
        change_note_missing(flow, form->faults, "share_link_ids", &form->wanted, pg_get(flow, 0, 3), "not_found",
                            "There is no such advanced share link.");
        change_note_missing(flow, form->faults, "share_link_ids", &form->wanted, pg_get(flow, 0, 4), "too_many",
                            arena_printf(flow->arena, "This link has %d interviews already.", INTERVIEWS_MAX));
        return faults_reply(flow, form->faults);
    }
    publish_events(flow, pg_get(flow, 0, 5));
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"%s\"", pg_get(flow, 0, 2)));
    return http_reply_json(flow, 200, pg_get(flow, 0, 1));
}
