/* add_interviews.c - POST /v1/share-links/{id}/interviews: more members; those that are there already are no error.
 *
 * When the body itself has faults, the statement is asked all the same which interviews do not exist, so that the caller
 * hears of all faults at once.
 */
#include <string.h>

#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

/* In the order in which they run. */
static struct next *store_members(struct flow *flow);
static struct next *reply_added(struct flow *flow);

struct addition {
    struct faults *faults;
    struct wanted_ids wanted;
};

static const struct pg_statement store = { .name = "add_interviews", .sql =
#include "services/links/add_interviews.sql.inc"
};

struct next *add_interviews(struct flow *flow)
{
    struct addition *addition = arena_alloc(flow->arena, sizeof *addition);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    addition->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, addition->faults, body, "");
    link_fields_interviews(&root, &addition->wanted);
    fields_end(&root);
    flow->state = addition;
    return store_members(flow);
}

static struct next *store_members(struct flow *flow)
{
    struct addition *addition = flow->state;
    struct pg_params params;

    change_params_init(flow, &params);
    pg_text_array(&params, addition->wanted.ids, addition->wanted.count);
    pg_bool(&params, !faults_any(addition->faults));
    change_event_ids(&params, 1);
    pg_int(&params, INTERVIEWS_MAX);
    return pg_query(flow, flow->daemon->pg, &store, &params, reply_added);
}

static struct next *reply_added(struct flow *flow)
{
    struct addition *addition = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return change_refuse_members(flow);
    }
    const char *outcome = change_outcome(flow);
    if (str_equal(outcome, "faulty")) {
        change_note_missing(flow, addition->faults, "interview_ids", &addition->wanted, pg_get(flow, 0, 2), "not_found",
                            "There is no such interview.");
        return faults_reply(flow, addition->faults);
    }
    if (str_equal(outcome, "too_many")) {
        faults_add(addition->faults, "/interview_ids", "too_many",
                   arena_printf(flow->arena, "A link has at most %d interviews.", INTERVIEWS_MAX));
        return faults_reply(flow, addition->faults);
    }
    if (!str_equal(outcome, "ok")) {
        return change_refuse(flow, outcome);
    }
    publish_events(flow, pg_get(flow, 0, 3));
    return http_reply_json(flow, 200, pg_get(flow, 0, 1));
}
