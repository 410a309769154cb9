/* invite_reviewers.c - POST /v1/share-links/{id}/invite: mail several reviewers their URLs, again or for the first time: those
 * that are named, or all that have not opened the link, or have reviewed nothing of it.
 *
 * Unlike the call for one reviewer it does what can be done: who may not be mailed is left out, and the answer says why. The
 * mails go out after the answer, hence the 202.
 */
#include <string.h>

#include "common/http/conditional.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/invite_reviewers.sql.h"
#include "services/links/links.h"
#include "services/links/publish.h"

#define WHO "unopened|unreviewed"
static const char *const whos[] = { "unopened", "unreviewed" };

/* In the order in which they run. */
static struct next *ask_for_mails(struct flow *flow);
static struct next *reply_invited(struct flow *flow);

struct invitation {
    struct faults *faults;
    struct wanted_ids reviewers;
    const char *who; /* NULL: those that are named */
};

static void read_whom(struct fields *root, struct invitation *invitation);
static struct next *refuse(struct flow *flow, struct invitation *invitation, const struct invite_reviewers_out *out);
static struct next *refuse_inactive(struct flow *flow, const char *state);

struct next *invite_reviewers(struct flow *flow)
{
    struct invitation *invitation = arena_calloc(flow->arena, 1, sizeof *invitation);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    invitation->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, invitation->faults, body, "");
    read_whom(&root, invitation);
    fields_end(&root);
    flow->state = invitation;
    return ask_for_mails(flow);
}

static void read_whom(struct fields *root, struct invitation *invitation)
{
    static const struct text_rule rule = { .min = 1, .max = 64, .verbatim = true };
    bool has_ids = fields_has(root, "reviewer_ids"), has_who = fields_has(root, "who");

    if (has_ids && has_who) {
        fields_fault(root, "who", "conflict", "Give reviewer_ids or who, not both.");
    }
    if (has_who) {
        int choice = fields_choice(root, "who", FIELDS_REQUIRED, WHO);
        invitation->who = choice >= 0 ? whos[choice] : NULL;
    }
    if (has_ids || !has_who) {
        link_fields_ids(root, "reviewer_ids", 1, REVIEWERS_MAX, &rule, &invitation->reviewers);
    }
}

static struct next *ask_for_mails(struct flow *flow)
{
    struct invitation *invitation = flow->state;
    struct invite_reviewers_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .reviewer_ids = { invitation->reviewers.ids, invitation->reviewers.count },
        .who = invitation->who,
        .is_sound = !faults_any(invitation->faults),
        .mails_max = change_mails_max(flow),
        .event_ids = change_new_event_ids(flow, REVIEWERS_MAX),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return invite_reviewers_query(flow, flow->daemon->pg, &in, reply_invited);
}

static struct next *reply_invited(struct flow *flow)
{
    struct invitation *invitation = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct invite_reviewers_out out = invite_reviewers_get(flow, 0);
    switch (out.outcome) {
    case INVITE_REVIEWERS_ACTIVE:
        publish_events(flow, out.events);
        return http_reply_json(flow, 202, out.answer);
    case INVITE_REVIEWERS_EXPIRED:
        return refuse_inactive(flow, "expired");
    case INVITE_REVIEWERS_DEACTIVATED:
        return refuse_inactive(flow, "deactivated");
    case INVITE_REVIEWERS_FAULTY:
        return refuse(flow, invitation, &out);
    case INVITE_REVIEWERS_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case INVITE_REVIEWERS_BASIC_LINK:
        return change_reply_basic_link(flow);
    case INVITE_REVIEWERS_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}

static struct next *refuse(struct flow *flow, struct invitation *invitation, const struct invite_reviewers_out *out)
{
    /* With who, it is who that was to choose. */
    if (!invitation->who) {
        change_note_missing(flow, invitation->faults, "reviewer_ids", &invitation->reviewers, out->unknown_reviewers, "not_found",
                            "There is no such reviewer of this link.");
    } else if (out->asks_no_feedback && strcmp(invitation->who, "unreviewed") == 0) {
        faults_add(invitation->faults, "/who", "conflict", "This link asks for no feedback.");
    }
    return faults_reply(flow, invitation->faults);
}

static struct next *refuse_inactive(struct flow *flow, const char *state)
{
    return problem_reply(flow, 409, "link_not_active",
                         arena_printf(flow->arena, "The share link is %s: it would let nobody in.", state));
}
