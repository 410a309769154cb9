/* wanted_endpoint.c - see the header. */
#include "services/notifications/api/wanted_endpoint.h"

#include <string.h>

#include "common/fetch/fetch.h"
#include "services/notifications/webhook/webhook_signature.h"

/* All that proto/events has a schema of. */
static const char *const event_types[] = {
#include "event_types.inc"
};

enum { EVENT_TYPES = sizeof event_types / sizeof event_types[0], CHOSEN_LINKS_MAX = 100 };

static void read_members(struct flow *flow, struct fields root, enum fields_need need, struct wanted_endpoint *wanted);
static void read_events(struct fields *root, struct wanted_endpoint *wanted);
static const char *check_event_type(const char *text);
static struct pg_texts read_ids(struct fields *root, const char *name, const char *(*check)(const char *text), bool *has);
static void note_duplicate(struct fields *root, const char *name, const char *const *ids, size_t place);

struct next *wanted_endpoint_read(struct flow *flow, enum fields_need need, struct wanted_endpoint *wanted)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    read_members(flow, fields_of(flow->arena, faults, body, ""), need, wanted);
    wanted->faults = faults;
    return faults_any(faults) && wanted->share_link_ids.count == 0 ? faults_reply(flow, faults) : NULL;
}

static void read_members(struct flow *flow, struct fields root, enum fields_need need, struct wanted_endpoint *wanted)
{
    static const char *const states[] = { "enabled", "disabled" };

    *wanted = (struct wanted_endpoint){ .url = fields_text(&root, "url", need,
                                                           &(struct text_rule){ .min = 1, .max = 2048, .verbatim = true }) };
    const char *wrong = wanted->url ? fetch_check_url(notifications_of(flow)->fetch, wanted->url) : NULL;
    if (wrong) {
        fields_fault(&root, "url", "invalid", wrong);
    }
    read_events(&root, wanted);
    wanted->share_link_ids = read_ids(&root, "share_link_ids", NULL, &wanted->has_share_link_ids);
    wanted->external_ids = read_ids(&root, "external_ids", fields_check_external_id, &wanted->has_external_ids);
    wanted->has_description = fields_has(&root, "description") || fields_is_null(&root, "description");
    wanted->description = fields_text(&root, "description", FIELDS_OPTIONAL, &(struct text_rule){ .max = 200, .nullable = true });
    int state = fields_choice(&root, "state", FIELDS_OPTIONAL, "enabled|disabled");
    wanted->state = state >= 0 ? states[state] : NULL;
    fields_end(&root);
}

/* A list of names; "all", null or nothing mean all. */
static void read_events(struct fields *root, struct wanted_endpoint *wanted)
{
    const json_t *given = root->object ? json_object_get(root->object, "events") : NULL;

    wanted->has_events = given != NULL;
    if (json_is_string(given) || json_is_null(given)) {
        const char *text =
            fields_text(root, "events", FIELDS_OPTIONAL, &(struct text_rule){ .verbatim = true, .nullable = true });
        if (text && !str_equal(text, "all")) {
            fields_fault(root, "events", "invalid", "This must be \"all\" or a list of events' short names.");
        }
        return;
    }
    const json_t *list = fields_array(root, "events", FIELDS_OPTIONAL, 1, EVENT_TYPES);
    size_t count = json_array_size(list);
    const char **types = arena_calloc(root->arena, count + 1, sizeof *types);
    for (size_t i = 0; i < count; i++) {
        types[i] =
            fields_element_text(root, "events", list, i, &(struct text_rule){ .verbatim = true, .check = check_event_type });
    }
    if (list) {
        wanted->events = (struct pg_texts){ types, count };
    }
}

static const char *check_event_type(const char *text)
{
    for (size_t i = 0; i < EVENT_TYPES; i++) {
        if (str_equal(text, event_types[i])) {
            return NULL;
        }
    }
    return "This must be the short name of an event, such as link.opened.";
}

/* null or nothing mean all. What is faulty is "" in the list. */
static struct pg_texts read_ids(struct fields *root, const char *name, const char *(*check)(const char *text), bool *has)
{
    bool is_null = fields_is_null(root, name);
    const json_t *list = is_null ? NULL : fields_array(root, name, FIELDS_OPTIONAL, 1, CHOSEN_LINKS_MAX);
    size_t count = json_array_size(list);
    const char **ids = arena_calloc(root->arena, count + 1, sizeof *ids);

    *has = is_null || list;
    for (size_t i = 0; i < count; i++) {
        const char *id = fields_element_text(root, name, list, i,
                                             &(struct text_rule){ .min = 1, .max = 128, .verbatim = true, .check = check });
        ids[i] = id ? id : "";
        note_duplicate(root, name, ids, i);
    }
    return (struct pg_texts){ list ? ids : NULL, count };
}

static void note_duplicate(struct fields *root, const char *name, const char *const *ids, size_t place)
{
    for (size_t before = 0; ids[place][0] && before < place; before++) {
        if (str_equal(ids[before], ids[place])) {
            fields_fault(root, arena_printf(root->arena, "%s/%zu", name, place), "duplicate", "This id is in the list already.");
            return;
        }
    }
}

const char *endpoint_secret_new(struct flow *flow, const char *endpoint_id, struct pg_bytes *sealed)
{
    const char *secret = webhook_secret_new(flow->arena);
    size_t length = 0;

    const uint8_t *box = crypto_seal(flow->daemon->keyring, flow->arena, webhook_secret_bound(flow->arena, endpoint_id), secret,
                                     strlen(secret), &length);
    *sealed = pg_bytes_of(box, length);
    return secret;
}

struct next *endpoint_reply(struct flow *flow, int status, int64_t version, const char *endpoint, const char *secret)
{
    const char *error;
    json_t *shown = json_parse(flow->arena, endpoint, strlen(endpoint), &error);

    if (secret) {
        json_object_set_new(shown, "secret", json_string(secret));
    }
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"v%lld\"", (long long)version));
    return http_reply_json(flow, status, json_text(flow->arena, shown));
}

struct next *endpoint_reply_missing(struct flow *flow)
{
    return problem_reply(flow, 404, "not_found", "There is no webhook endpoint with this id.");
}

struct next *endpoint_reply_faulty(struct flow *flow, struct faults *faults, const char *places)
{
    const char *error;
    const json_t *list = places ? json_parse(flow->arena, places, strlen(places), &error) : NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        faults_add(faults,
                   arena_printf(flow->arena, "/share_link_ids/%lld", (long long)json_integer_value(json_array_get(list, i))),
                   "not_found", "There is no share link with this id.");
    }
    return faults_reply(flow, faults);
}

struct next *endpoint_reply_disabled(struct flow *flow)
{
    return problem_reply(flow, 409, "endpoint_disabled", "The endpoint is switched off; switch it on with PATCH first.");
}
