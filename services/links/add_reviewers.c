/* add_reviewers.c - POST /v1/share-links/{id}/reviewers: more reviewers, each with a URL and a passcode of their own.
 *
 * When the body itself has faults, the statement is asked all the same which addresses the link has already, so that the
 * caller hears of all faults at once. Nobody is mailed unless send_email says so.
 */
#include <string.h>

#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/new_reviewers.h"
#include "services/links/publish.h"

/* In the order in which they run. */
static struct next *store_reviewers(struct flow *flow, bool send_email);
static struct next *reply_added(struct flow *flow);

struct addition {
    struct faults *faults;
    struct wanted_reviewers wanted;
    struct new_reviewers reviewers;
};

static const struct pg_statement store = { "add_reviewers",
#include "services/links/add_reviewers.sql.inc"
};

static void note_doubles(struct flow *flow, struct addition *addition);

struct next *add_reviewers(struct flow *flow)
{
    struct addition *addition = arena_alloc(flow->arena, sizeof *addition);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    addition->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, addition->faults, body, "");
    link_fields_reviewers(&root, &addition->wanted);
    bool send_email = fields_bool(&root, "send_email", false);
    fields_end(&root);
    flow->state = addition;
    return store_reviewers(flow, send_email);
}

static struct next *store_reviewers(struct flow *flow, bool send_email)
{
    struct addition *addition = flow->state;
    struct pg_params params;

    new_reviewers_make(flow, &addition->wanted, &addition->reviewers);
    change_params_init(flow, &params);
    new_reviewers_params(&params, &addition->reviewers);
    pg_bool(&params, send_email);
    pg_bool(&params, !faults_any(addition->faults));
    change_event_ids(&params, 2 * addition->wanted.count);
    pg_int(&params, REVIEWERS_MAX);
    return pg_query(flow, flow->daemon->pg, &store, &params, reply_added);
}

static struct next *reply_added(struct flow *flow)
{
    struct addition *addition = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const char *error, *outcome = change_outcome(flow), *list = pg_get(flow, 0, 1);
    if (str_equal(outcome, "faulty")) {
        note_doubles(flow, addition);
        return faults_reply(flow, addition->faults);
    }
    if (str_equal(outcome, "too_many")) {
        faults_add(addition->faults, "/reviewers", "too_many",
                   arena_printf(flow->arena, "A link has at most %d reviewers.", REVIEWERS_MAX));
        return faults_reply(flow, addition->faults);
    }
    if (!str_equal(outcome, "ok")) {
        return change_refuse(flow, outcome);
    }
    publish_events(flow, pg_get(flow, 0, 3));
    json_t *reviewers = json_parse(flow->arena, list, strlen(list), &error);
    new_reviewers_show(flow, reviewers, &addition->reviewers);
    return http_reply_json(flow, 201, arena_printf(flow->arena, "{\"reviewers\":%s}", json_text(flow->arena, reviewers)));
}

static void note_doubles(struct flow *flow, struct addition *addition)
{
    const char *error, *places = pg_get(flow, 0, 2);
    const json_t *doubles = *places ? json_parse(flow->arena, places, strlen(places), &error) : NULL;

    for (size_t i = 0; i < json_array_size(doubles); i++) {
        long long place = json_integer_value(json_array_get(doubles, i));
        faults_add(addition->faults, arena_printf(flow->arena, "/reviewers/%lld/email", place), "duplicate",
                   "Another reviewer of this link has the same address.");
    }
}
