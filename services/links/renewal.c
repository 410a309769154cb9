/* renewal.c - see the header.
 *
 * A reviewer's box holds the token, which stays, and the passcode, which does not; only this process can open and seal it.
 * So the boxes are read first, and written by a second statement that goes through only when nobody renewed, added or
 * removed a reviewer in between. The epoch that goes up with each passcode tells, and ends all sessions too.
 */
#include "services/links/renewal.h"

#include <string.h>

#include "common/base/log.h"
#include "common/data/reviewer_secrets.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/show_secrets.h"

enum { TRIES_MAX = 3 };

/* In the order in which they run. */
static struct next *read_boxes(struct flow *flow);
static struct next *write_boxes(struct flow *flow);
static struct next *judge(struct flow *flow);

static const struct pg_statement read_sealed = { .name = "read_sealed", .sql =
#include "services/links/read_sealed.sql.inc"
};
static const struct pg_statement renew_passcodes = { .name = "renew_passcodes", .sql =
#include "services/links/renew_passcodes.sql.inc"
};

static void make_secrets(struct flow *flow, struct renewal *renewal);
static void add_reviewers(struct pg_params *params, const struct renewal *renewal);
static struct next *reply_renewed(struct flow *flow, const struct renewal *renewal);

struct next *renew(struct flow *flow, struct renewal *renewal)
{
    flow->state = renewal;
    return read_boxes(flow);
}

static struct next *read_boxes(struct flow *flow)
{
    struct renewal *renewal = flow->state;
    struct pg_params params;

    renewal->tries++;
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, router_param(flow, "id"));
    pg_text(&params, renewal->reviewer_id);
    return pg_query(flow, flow->daemon->pg, &read_sealed, &params, write_boxes);
}

static struct next *write_boxes(struct flow *flow)
{
    struct renewal *renewal = flow->state;
    struct pg_params params;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    make_secrets(flow, renewal);
    change_params_init(flow, &params);
    pg_text(&params, renewal->reviewer_id);
    add_reviewers(&params, renewal);
    pg_bool(&params, renewal->expiry.is_given);
    change_expiry(&params, &renewal->expiry);
    pg_bool(&params, renewal->send_email);
    change_event_ids(&params, 1 + renewal->count);
    return pg_query(flow, flow->daemon->pg, &renew_passcodes, &params, judge);
}

static void make_secrets(struct flow *flow, struct renewal *renewal)
{
    renewal->count = (size_t)pg_rows(flow);
    renewal->ids = arena_calloc(flow->arena, renewal->count, sizeof *renewal->ids);
    renewal->epochs = arena_calloc(flow->arena, renewal->count, sizeof *renewal->epochs);
    renewal->secrets = arena_calloc(flow->arena, renewal->count, sizeof *renewal->secrets);
    for (size_t i = 0; i < renewal->count; i++) {
        renewal->ids[i] = arena_strdup(flow->arena, pg_get(flow, (int)i, 0));
        renewal->epochs[i] = arena_strdup(flow->arena, pg_get(flow, (int)i, 1));
        const char *sealed = pg_get(flow, (int)i, 2);
        if (!reviewer_secrets_renew(flow->daemon->keyring, flow->arena, renewal->ids[i], sealed, &renewal->secrets[i])) {
            log_warn("reviewer.token_renewed", LOG_TEXT("reviewer_id", renewal->ids[i]), LOG_TEXT("reason", "its box does not open"));
        }
    }
}

static void add_reviewers(struct pg_params *params, const struct renewal *renewal)
{
    size_t count = renewal->count;
    const uint8_t **token_hashes = arena_calloc(params->arena, count, sizeof *token_hashes);
    const uint8_t **passcode_hashes = arena_calloc(params->arena, count, sizeof *passcode_hashes);
    const uint8_t **sealed = arena_calloc(params->arena, count, sizeof *sealed);

    for (size_t i = 0; i < count; i++) {
        token_hashes[i] = renewal->secrets[i].token_hash;
        passcode_hashes[i] = renewal->secrets[i].passcode_hash;
        sealed[i] = renewal->secrets[i].sealed;
    }
    pg_text_array(params, renewal->ids, count);
    pg_text_array(params, renewal->epochs, count);
    pg_bytes_array(params, token_hashes, CRYPTO_HASH_SIZE, count);
    pg_bytes_array(params, passcode_hashes, CRYPTO_KEYED_HASH_SIZE, count);
    pg_bytes_array(params, sealed, count ? renewal->secrets[0].sealed_length : 0, count);
}

static struct next *judge(struct flow *flow)
{
    const struct renewal *renewal = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const char *outcome = change_outcome(flow);
    if (str_equal(outcome, "ok")) {
        return reply_renewed(flow, renewal);
    }
    if (str_equal(outcome, "reviewers_changed")) {
        return renewal->tries < TRIES_MAX ? read_boxes(flow)
                                          : problem_reply(flow, 409, "conflict", "The reviewers of this link are being changed right now.");
    }
    if (str_equal(outcome, "expiry_has_passed")) {
        struct faults *faults = faults_new(flow->arena);
        faults_add(faults, "/expires_in", "required", "The link has expired: give expires_in or expires_at, or null for no expiry.");
        return faults_reply(flow, faults);
    }
    return change_refuse(flow, outcome);
}

static struct next *reply_renewed(struct flow *flow, const struct renewal *renewal)
{
    const char *error, *text = pg_get(flow, 0, 1);
    json_t *share_link = json_parse(flow->arena, text, strlen(text), &error);
    const json_t *reviewers = json_object_get(share_link, "reviewers");

    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        json_t *reviewer = json_array_get(reviewers, i);
        for (size_t k = 0; k < renewal->count; k++) {
            if (str_equal(renewal->ids[k], json_string_value(json_object_get(reviewer, "id")))) {
                show_secrets(flow, reviewer, &renewal->secrets[k]);
            }
        }
    }
    change_concerns(flow, pg_get(flow, 0, 4));
    publish_events(flow, pg_get(flow, 0, 3));
    return renewal->reply(flow, share_link, pg_get(flow, 0, 2));
}
