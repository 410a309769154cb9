/* create_link.c - POST /v1/share-links: store the link, its reviewers and its events; answer with their URLs.
 *
 * One statement checks what the body refers to and stores everything, or nothing. When the body itself has faults, the
 * same statement is asked for the check alone, so that the caller hears of all faults at once.
 */
#include <string.h>

#include "common/id.h"
#include "common/problem.h"
#include "common/reviewer_secrets.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/show_secrets.h"
#include "services/links/wanted_link.h"

/* In the order in which they run. */
static struct next *store_link(struct flow *flow);
static struct next *reply_created(struct flow *flow);

struct creation {
    struct faults *faults;
    struct wanted_link wanted;
    char link_id[ID_SIZE];
    char (*reviewer_ids)[ID_SIZE];
    struct reviewer_secrets *secrets;
};

static const struct pg_statement store = { "create_link",
#include "services/links/create_link.sql.inc"
};

static void make_reviewers(struct flow *flow, struct creation *creation);
static void add_reviewer_arrays(struct pg_params *params, const struct creation *creation);
static void add_event_ids(struct pg_params *params, size_t count);
static void note_missing(struct flow *flow, struct creation *creation);
static const char *with_urls(struct flow *flow, const struct creation *creation, const char *share_link);

static bool plan_allows(const char *plan)
{
    return str_equal(plan, "screen") || str_equal(plan, "growth") || str_equal(plan, "enterprise");
}

struct next *create_link(struct flow *flow)
{
    struct creation *creation = arena_alloc(flow->arena, sizeof *creation);
    struct next *refusal = NULL;

    if (!plan_allows(caller_of(flow)->plan)) {
        return problem_reply_with(flow, 402, "plan_required", "Advanced share links need another plan.",
                                  json_pack("{s:[sss]}", "plans", "screen", "growth", "enterprise"));
    }
    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    creation->faults = faults_new(flow->arena);
    wanted_link_read(flow->arena, creation->faults, body, &creation->wanted);
    flow->state = creation;
    return store_link(flow);
}

static struct next *store_link(struct flow *flow)
{
    struct creation *creation = flow->state;
    const struct wanted_link *wanted = &creation->wanted;
    uint8_t media_salt[16];
    struct pg_params params;

    make_reviewers(flow, creation);
    crypto_random(media_salt, sizeof media_salt);
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, creation->link_id);
    pg_text(&params, wanted->title);
    pg_text(&params, wanted->owner_name);
    pg_text(&params, wanted->owner_email);
    pg_text(&params, wanted->owner_time_zone);
    pg_text(&params, wanted->settings);
    pg_text(&params, wanted->expires_at);
    if (wanted->expires_in_s > 0) {
        pg_int(&params, wanted->expires_in_s);
    } else {
        pg_null(&params);
    }
    pg_bool(&params, wanted->send_email);
    pg_text(&params, wanted->message_subject);
    pg_text(&params, wanted->message_body);
    pg_bytes(&params, media_salt, sizeof media_salt);
    pg_text(&params, wanted->template_id);
    pg_text_array(&params, wanted->interview_ids, wanted->interview_count);
    add_reviewer_arrays(&params, creation);
    pg_bool(&params, !faults_any(creation->faults));
    add_event_ids(&params, 1 + wanted->reviewer_count);
    pg_text(&params, flow->request_id);
    pg_text(&params, flow->traceparent);
    return pg_query(flow, flow->daemon->pg, &store, &params, reply_created);
}

static void make_reviewers(struct flow *flow, struct creation *creation)
{
    size_t count = creation->wanted.reviewer_count;

    id_new(creation->link_id, "lnk_");
    creation->reviewer_ids = arena_calloc(flow->arena, count, sizeof *creation->reviewer_ids);
    creation->secrets = arena_calloc(flow->arena, count, sizeof *creation->secrets);
    for (size_t i = 0; i < count; i++) {
        id_new(creation->reviewer_ids[i], "rvw_");
        reviewer_secrets_new(flow->daemon->keyring, flow->arena, creation->reviewer_ids[i], &creation->secrets[i]);
    }
}

static void add_reviewer_arrays(struct pg_params *params, const struct creation *creation)
{
    size_t count = creation->wanted.reviewer_count;
    const char **ids = arena_calloc(params->arena, count, sizeof *ids);
    const char **names = arena_calloc(params->arena, count, sizeof *names);
    const char **emails = arena_calloc(params->arena, count, sizeof *emails);
    const uint8_t **token_hashes = arena_calloc(params->arena, count, sizeof *token_hashes);
    const uint8_t **passcode_hashes = arena_calloc(params->arena, count, sizeof *passcode_hashes);
    const uint8_t **sealed = arena_calloc(params->arena, count, sizeof *sealed);

    for (size_t i = 0; i < count; i++) {
        ids[i] = creation->reviewer_ids[i];
        names[i] = creation->wanted.reviewers[i].name;
        emails[i] = creation->wanted.reviewers[i].email;
        token_hashes[i] = creation->secrets[i].token_hash;
        passcode_hashes[i] = creation->secrets[i].passcode_hash;
        sealed[i] = creation->secrets[i].sealed;
    }
    pg_text_array(params, ids, count);
    pg_text_array(params, names, count);
    pg_text_array(params, emails, count);
    pg_bytes_array(params, token_hashes, CRYPTO_HASH_SIZE, count);
    pg_bytes_array(params, passcode_hashes, CRYPTO_KEYED_HASH_SIZE, count);
    pg_bytes_array(params, sealed, count ? creation->secrets[0].sealed_length : 0, count);
}

static void add_event_ids(struct pg_params *params, size_t count)
{
    const char **ids = arena_calloc(params->arena, count, sizeof *ids);

    for (size_t i = 0; i < count; i++) {
        char *id = arena_alloc(params->arena, ID_SIZE);
        id_new(id, "evt_");
        ids[i] = id;
    }
    pg_text_array(params, ids, count);
}

static struct next *reply_created(struct flow *flow)
{
    struct creation *creation = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        /* An interview that was there when the statement looked, and was deleted before it stored the membership. */
        if (str_equal(pg_sqlstate(flow), "23503")) {
            return problem_reply(flow, 409, "conflict", "An interview of the list has just been deleted.");
        }
        if (str_equal(pg_sqlstate(flow), "22023")) {
            faults_add(creation->faults, "/owner/time_zone", "invalid", "The database does not know this time zone.");
            return faults_reply(flow, creation->faults);
        }
        return problem_reply_pg(flow);
    }
    note_missing(flow, creation);
    if (faults_any(creation->faults)) {
        return faults_reply(flow, creation->faults);
    }
    publish_events(flow, pg_get(flow, 0, 3));
    http_set_header(flow, "Location", arena_printf(flow->arena, "/v1/share-links/%s", creation->link_id));
    http_set_header(flow, "ETag", "\"v1\"");
    return http_reply_json(flow, 201, with_urls(flow, creation, pg_get(flow, 0, 2)));
}

static void note_missing(struct flow *flow, struct creation *creation)
{
    const char *error;
    const char *places = pg_get(flow, 0, 0);
    const json_t *missing = *places ? json_parse(flow->arena, places, strlen(places), &error) : NULL;

    for (size_t i = 0; i < json_array_size(missing); i++) {
        long long place = json_integer_value(json_array_get(missing, i));
        if (creation->wanted.interview_ids[place]) { /* else its own fault is noted already */
            faults_add(creation->faults, arena_printf(flow->arena, "/interview_ids/%lld", place), "not_found", "There is no such interview.");
        }
    }
    if (pg_get_bool(flow, 0, 1)) {
        faults_add(creation->faults, "/template_id", "not_found", "There is no such template.");
    }
}

static const char *with_urls(struct flow *flow, const struct creation *creation, const char *share_link)
{
    const char *error;
    json_t *link = json_parse(flow->arena, share_link, strlen(share_link), &error);
    json_t *reviewers = json_object_get(link, "reviewers");

    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        show_secrets(flow, json_array_get(reviewers, i), &creation->secrets[i]);
    }
    return json_text(flow->arena, link);
}
