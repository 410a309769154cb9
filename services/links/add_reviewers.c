/* add_reviewers.c - POST /v1/share-links/{id}/reviewers: more reviewers, each with a URL and a passcode of their own.
 *
 * When the body itself has faults, the statement is asked all the same which addresses the link has already, so that the
 * caller hears of all faults at once. Nobody is mailed unless send_email says so.
 */
#include <string.h>

#include "common/http/conditional.h"
#include "services/links/add_reviewers.sql.h"
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

static void note_doubles(struct flow *flow, struct addition *addition, const char *places);
static void note_taken(struct flow *flow, struct addition *addition, const char *places);
static struct next *reply_too_many(struct flow *flow, struct addition *addition);
static struct next *reply_reviewers(struct flow *flow, const struct addition *addition, const char *list);

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

    new_reviewers_make(flow, &addition->wanted, &addition->reviewers);
    struct add_reviewers_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .reviewers = { addition->reviewers.list, addition->reviewers.count },
        .send_email = send_email,
        .is_sound = !faults_any(addition->faults),
        .reviewers_max = REVIEWERS_MAX,
        .mails_max = change_mails_max(flow),
        .event_ids = change_new_event_ids(flow, 2 * addition->wanted.count),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return add_reviewers_query(flow, flow->daemon->pg, &in, reply_added);
}

static struct next *reply_added(struct flow *flow)
{
    struct addition *addition = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct add_reviewers_out out = add_reviewers_get(flow, 0);
    switch (out.outcome) {
    case ADD_REVIEWERS_OK:
        publish_events(flow, out.events);
        return reply_reviewers(flow, addition, out.reviewers);
    case ADD_REVIEWERS_FAULTY:
        note_doubles(flow, addition, out.doubles);
        note_taken(flow, addition, out.taken);
        return faults_reply(flow, addition->faults);
    case ADD_REVIEWERS_TOO_MANY:
        return reply_too_many(flow, addition);
    case ADD_REVIEWERS_TOO_MANY_MAILS:
        change_note_too_many_mails(flow, addition->faults, NULL, out.refused);
        return change_reply_too_many_mails(flow, addition->faults, out.retry_s);
    case ADD_REVIEWERS_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case ADD_REVIEWERS_BASIC_LINK:
        return change_reply_basic_link(flow);
    case ADD_REVIEWERS_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}

static void note_doubles(struct flow *flow, struct addition *addition, const char *places)
{
    const char *error;
    const json_t *doubles = places ? json_parse(flow->arena, places, strlen(places), &error) : NULL;

    for (size_t i = 0; i < json_array_size(doubles); i++) {
        long long place = json_integer_value(json_array_get(doubles, i));
        faults_add(addition->faults, arena_printf(flow->arena, "/reviewers/%lld/email", place), "duplicate",
                   "Another reviewer of this link has the same address.");
    }
}

static void note_taken(struct flow *flow, struct addition *addition, const char *places)
{
    const char *error;
    const json_t *taken = places ? json_parse(flow->arena, places, strlen(places), &error) : NULL;

    for (size_t i = 0; i < json_array_size(taken); i++) {
        long long place = json_integer_value(json_array_get(taken, i));
        platform_data_note_taken(flow->arena, addition->faults, arena_printf(flow->arena, "/reviewers/%lld", place),
                                 "reviewer of this link");
    }
}

static struct next *reply_too_many(struct flow *flow, struct addition *addition)
{
    faults_add(addition->faults, "/reviewers", "too_many",
               arena_printf(flow->arena, "A link has at most %d reviewers.", REVIEWERS_MAX));
    return faults_reply(flow, addition->faults);
}

static struct next *reply_reviewers(struct flow *flow, const struct addition *addition, const char *list)
{
    const char *error;
    json_t *reviewers = json_parse(flow->arena, list, strlen(list), &error);

    new_reviewers_show(flow, reviewers, &addition->reviewers);
    return http_reply_json(flow, 201, arena_printf(flow->arena, "{\"reviewers\":%s}", json_text(flow->arena, reviewers)));
}
