/* renewal.c - see the header.
 *
 * A reviewer's box holds the token, which stays, and the passcode, which does not; only this process can open and seal it.
 * So the boxes are read first, and written by a second statement that goes through only when nobody renewed, added or
 * removed a reviewer in between. The epoch that goes up with each passcode tells, and ends all sessions too.
 */
#include "services/links/renewal.h"

#include <string.h>

#include "common/base/log.h"
#include "common/http/conditional.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/read_sealed.sql.h"
#include "services/links/renew_passcodes.sql.h"
#include "services/links/show_secrets.h"

enum { TRIES_MAX = 3 };

/* In the order in which they run. */
static struct next *read_boxes(struct flow *flow);
static struct next *write_boxes(struct flow *flow);
static struct next *judge(struct flow *flow);

static void make_secrets(struct flow *flow, struct renewal *renewal);
static struct next *refuse_expiry(struct flow *flow);
static struct next *refuse_mails(struct flow *flow, const struct renew_passcodes_out *out);
static struct next *reply_renewed(struct flow *flow, const struct renewal *renewal, const struct renew_passcodes_out *out);

struct next *renew(struct flow *flow, struct renewal *renewal)
{
    flow->state = renewal;
    return read_boxes(flow);
}

static struct next *read_boxes(struct flow *flow)
{
    struct renewal *renewal = flow->state;

    renewal->tries++;
    return renewal_read_boxes(flow, renewal->reviewer_id, write_boxes);
}

struct next *renewal_read_boxes(struct flow *flow, const char *reviewer_id, flow_step *then)
{
    struct read_sealed_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .reviewer_id = reviewer_id,
    };

    return read_sealed_query(flow, flow->daemon->pg, &in, then);
}

static struct next *write_boxes(struct flow *flow)
{
    struct renewal *renewal = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    make_secrets(flow, renewal);
    struct renew_passcodes_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .reviewer_id = renewal->reviewer_id,
        .boxes = { renewal->boxes, renewal->count },
        .is_expiry_given = renewal->expiry.is_given,
        .expires_at = renewal->expiry.at,
        .expires_in_s = wanted_expiry_in_s(&renewal->expiry),
        .send_email = renewal->send_email,
        .mails_max = change_mails_max(flow),
        .event_ids = change_new_event_ids(flow, 1 + renewal->count),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return renew_passcodes_query(flow, flow->daemon->pg, &in, judge);
}

static void make_secrets(struct flow *flow, struct renewal *renewal)
{
    renewal->count = (size_t)pg_rows(flow);
    renewal->boxes = arena_calloc(flow->arena, renewal->count, sizeof *renewal->boxes);
    renewal->made = arena_calloc(flow->arena, renewal->count, sizeof *renewal->made);
    for (size_t i = 0; i < renewal->count; i++) {
        struct renewed_box *box = &renewal->made[i];
        const struct reviewer_secrets *secrets = &box->secrets;
        renewal_make_box(flow, (int)i, box);
        renewal->boxes[i] = (struct renew_passcodes_boxes_row){
            .reviewer_id = box->reviewer_id,
            .passcode_epoch = box->passcode_epoch,
            .token_hash = pg_bytes_of(secrets->token_hash, sizeof secrets->token_hash),
            .passcode_hash = pg_bytes_of(secrets->passcode_hash, sizeof secrets->passcode_hash),
            .sealed = pg_bytes_of(secrets->sealed, secrets->sealed_length),
        };
    }
}

void renewal_make_box(struct flow *flow, int row, struct renewed_box *box)
{
    struct read_sealed_out read = read_sealed_get(flow, row);

    box->reviewer_id = arena_strdup(flow->arena, read.reviewer_id);
    box->passcode_epoch = read.passcode_epoch;
    if (!reviewer_secrets_renew(flow->daemon->keyring, flow->arena, read.reviewer_id, read.sealed, &box->secrets)) {
        log_warn("reviewer.token_renewed", LOG_TEXT("reviewer_id", read.reviewer_id),
                 LOG_TEXT("reason", "its box does not open"));
    }
}

static struct next *judge(struct flow *flow)
{
    const struct renewal *renewal = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct renew_passcodes_out out = renew_passcodes_get(flow, 0);
    switch (out.outcome) {
    case RENEW_PASSCODES_OK:
        return reply_renewed(flow, renewal, &out);
    case RENEW_PASSCODES_REVIEWERS_CHANGED:
        return renewal->tries < TRIES_MAX
                   ? read_boxes(flow)
                   : problem_reply(flow, 409, "conflict", "The reviewers of this link are being changed right now.");
    case RENEW_PASSCODES_EXPIRY_HAS_PASSED:
        return refuse_expiry(flow);
    case RENEW_PASSCODES_TOO_MANY_MAILS:
        return refuse_mails(flow, &out);
    case RENEW_PASSCODES_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case RENEW_PASSCODES_BASIC_LINK:
        return change_reply_basic_link(flow);
    case RENEW_PASSCODES_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}

static struct next *refuse_expiry(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);

    faults_add(faults, "/expires_in", "required", "The link has expired: give expires_in or expires_at, or null for no expiry.");
    return faults_reply(flow, faults);
}

static struct next *refuse_mails(struct flow *flow, const struct renew_passcodes_out *out)
{
    struct faults *faults = faults_new(flow->arena);

    change_note_too_many_mails(flow, faults, "/send_email", out->refused);
    return change_reply_too_many_mails(flow, faults, out->retry_s);
}

static struct next *reply_renewed(struct flow *flow, const struct renewal *renewal, const struct renew_passcodes_out *out)
{
    const char *error;
    json_t *share_link = json_parse(flow->arena, out->share_link, strlen(out->share_link), &error);
    const json_t *reviewers = json_object_get(share_link, "reviewers");

    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        json_t *reviewer = json_array_get(reviewers, i);
        for (size_t k = 0; k < renewal->count; k++) {
            if (str_equal(renewal->boxes[k].reviewer_id, json_string_value(json_object_get(reviewer, "id")))) {
                show_secrets(flow, reviewer, &renewal->made[k].secrets);
            }
        }
    }
    change_concerns(flow, out->basic_of);
    publish_events(flow, out->events);
    return renewal->reply(flow, share_link, out->version);
}
