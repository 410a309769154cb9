/* put_preferences.c - PUT /v1/notification-preferences/{email}: says anew, as a whole, what a recruiter wants to be told of.
 * What is left out is the default. */
#include <string.h>

#include "common/daemon/session.h"
#include "common/http/conditional.h"
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "services/notifications/preferences/put_preferences.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/preferences/preferences.h"

enum { MUTED_MAX = 1000 };

/* In the order in which they run. */
static const char *read_choice(struct fields *root, const char *name, const char *choices, const char *const *values);
static struct pg_texts read_muted(struct fields *root);
static struct next *reply_stored(struct flow *flow);
static struct next *refuse_changed(struct flow *flow);
static struct next *refuse_missing(struct flow *flow, const char *places);

struct next *put_preferences(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    const char *address = preferences_address(flow);
    struct next *refusal = NULL;

    if (!address) {
        return preferences_refuse_address(flow);
    }
    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    const char *opens = read_choice(&root, "opens", "every|first|off", (const char *const[]){ "every", "first", "off" });
    const char *reviews = read_choice(&root, "reviews", "every|off", (const char *const[]){ "every", "off" });
    const char *digest = read_choice(&root, "digest", "off|daily", (const char *const[]){ "off", "daily" });
    struct pg_texts muted = read_muted(&root);
    fields_end(&root);
    struct put_preferences_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .address = address,
        .tags = conditional_tags(flow),
        .opens = opens,
        .reviews = reviews,
        .digest = digest,
        .muted_share_link_ids = muted,
        .is_sound = !faults_any(faults),
    };
    flow->state = faults;
    return put_preferences_query(flow, flow->daemon->pg, &in, reply_stored);
}

/* The first of the choices is the default. */
static const char *read_choice(struct fields *root, const char *name, const char *choices, const char *const *values)
{
    int index = fields_choice(root, name, FIELDS_OPTIONAL, choices);

    return values[index > 0 ? index : 0];
}

static struct pg_texts read_muted(struct fields *root)
{
    const json_t *list = fields_array(root, "muted_share_link_ids", FIELDS_OPTIONAL, 0, MUTED_MAX);
    size_t count = json_array_size(list);
    const char **ids = arena_calloc(root->arena, count + 1, sizeof *ids);

    for (size_t i = 0; i < count; i++) {
        const char *id = fields_element_text(root, "muted_share_link_ids", list, i,
                                             &(struct text_rule){ .min = 1, .max = 128, .verbatim = true });
        ids[i] = id ? id : "";
        for (size_t before = 0; id && before < i; before++) {
            if (str_equal(ids[before], id)) {
                fields_fault(root, arena_printf(root->arena, "muted_share_link_ids/%zu", i), "duplicate",
                             "This link is in the list already.");
                break;
            }
        }
    }
    return (struct pg_texts){ ids, count };
}

static struct next *reply_stored(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct put_preferences_out out = put_preferences_get(flow, 0);
    switch (out.outcome) {
    case PUT_PREFERENCES_OK:
        return preferences_reply(flow, out.version, out.preferences);
    case PUT_PREFERENCES_VERSION_MISMATCH:
        return refuse_changed(flow);
    case PUT_PREFERENCES_FAULTY:
        break;
    }
    return refuse_missing(flow, out.missing);
}

static struct next *refuse_missing(struct flow *flow, const char *places)
{
    const char *error;
    const json_t *list = places ? json_parse(flow->arena, places, strlen(places), &error) : NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        faults_add(
            flow->state,
            arena_printf(flow->arena, "/muted_share_link_ids/%lld", (long long)json_integer_value(json_array_get(list, i))),
            "not_found", "There is no share link with this id.");
    }
    return faults_reply(flow, flow->state);
}

static struct next *refuse_changed(struct flow *flow)
{
    return conditional_reply_other(flow, "The preferences have changed since the version that If-Match names.");
}
