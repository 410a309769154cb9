/* put_preferences.c - PUT /v1/notification-preferences/{email}: says anew, as a whole, what a recruiter wants to be told of.
 * What is left out is the default. */
#include <string.h>

#include "common/http/conditional.h"
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/preferences.h"

enum { MUTED_MOST = 1000 };

/* In the order in which they run. */
static void read_preferences(struct fields *root, struct pg_params *params);
static const char *read_choice(struct fields *root, const char *name, const char *choices, const char *const *values);
static void read_muted(struct fields *root, struct pg_params *params);
static struct next *reply_stored(struct flow *flow);
static struct next *refuse_missing(struct flow *flow);

static const struct pg_statement store_preferences = { .name = "put_preferences", .sql =
#include "services/notifications/api/put_preferences.sql.inc"
};

struct next *put_preferences(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    const char *address = preferences_address(flow);
    struct next *refusal = NULL;
    struct pg_params params;

    if (!address) {
        return preferences_refuse_address(flow);
    }
    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, address);
    conditional_wanted_version(flow, &params, 0);
    struct fields root = fields_of(flow->arena, faults, body, "");
    read_preferences(&root, &params);
    flow->state = faults;
    pg_bool(&params, !faults_any(faults));
    return pg_query(flow, flow->daemon->pg, &store_preferences, &params, reply_stored);
}

static void read_preferences(struct fields *root, struct pg_params *params)
{
    pg_text(params, read_choice(root, "opens", "every|first|off", (const char *const[]){ "every", "first", "off" }));
    pg_text(params, read_choice(root, "reviews", "every|off", (const char *const[]){ "every", "off" }));
    pg_text(params, read_choice(root, "digest", "off|daily", (const char *const[]){ "off", "daily" }));
    read_muted(root, params);
    fields_end(root);
}

/* The first of the choices is the default. */
static const char *read_choice(struct fields *root, const char *name, const char *choices, const char *const *values)
{
    int index = fields_choice(root, name, FIELDS_OPTIONAL, choices);

    return values[index > 0 ? index : 0];
}

static void read_muted(struct fields *root, struct pg_params *params)
{
    const json_t *list = fields_array(root, "muted_share_link_ids", FIELDS_OPTIONAL, 0, MUTED_MOST);
    size_t count = json_array_size(list);
    const char **ids = arena_calloc(params->arena, count + 1, sizeof *ids);

    for (size_t i = 0; i < count; i++) {
        const char *id = fields_element_text(root, "muted_share_link_ids", list, i, &(struct text_rule){ .min = 1, .max = 128 });
        ids[i] = id ? id : "";
        for (size_t before = 0; id && before < i; before++) {
            if (str_equal(ids[before], id)) {
                fields_fault(root, arena_printf(params->arena, "muted_share_link_ids/%zu", i), "duplicate", "This link is in the list already.");
                break;
            }
        }
    }
    pg_text_array(params, ids, count);
}

static struct next *reply_stored(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const char *outcome = pg_get(flow, 0, 0);
    if (str_equal(outcome, "version_mismatch")) {
        return problem_reply(flow, 412, "precondition_failed", "The preferences have changed since the version that If-Match names.");
    }
    if (str_equal(outcome, "faulty")) {
        return refuse_missing(flow);
    }
    return preferences_reply(flow, pg_get(flow, 0, 1), pg_get(flow, 0, 2));
}

static struct next *refuse_missing(struct flow *flow)
{
    const char *error, *places = pg_get(flow, 0, 3);
    const json_t *list = json_parse(flow->arena, places, strlen(places), &error);

    for (size_t i = 0; i < json_array_size(list); i++) {
        faults_add(flow->state, arena_printf(flow->arena, "/muted_share_link_ids/%lld", (long long)json_integer_value(json_array_get(list, i))),
                   "not_found", "There is no share link with this id.");
    }
    return faults_reply(flow, flow->state);
}
