/* create_basic_link.c - POST /v1/interviews/{id}/basic-link: make the one URL of this interview (201), or answer with the one
 * that is there (200). POST /v1/share-links with kind "basic" does the same for the interview that it lists.
 *
 * It has no named reviewers and takes no feedback. Behind its URL stands a technical reviewer, "Guest" without an address:
 * that name is what an open tells the recruiter, and nobody is invited by mail.
 */
#include "common/daemon/session.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "services/links/basic_link.h"
#include "services/links/change.h"
#include "services/links/create_basic_link.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/new_reviewers.h"
#include "services/links/publish.h"

struct wanted_basic_link {
    const char *interview_id;
    bool is_listed; /* in interview_ids, not in the path */
    char link_id[ID_SIZE];
    const char *title, *owner_name, *owner_email, *owner_time_zone; /* NULL: left out */
    const char *settings;                                           /* JSON object of those that were sent */
    struct wanted_expiry expiry;
    struct platform_data data;
    struct faults *faults;
};

/* In the order in which they run. */
static void read_link(struct flow *flow, const json_t *body, struct wanted_basic_link *wanted);
static void read_listed(struct fields *root, struct wanted_basic_link *wanted);
static struct next *store_link(struct flow *flow, struct wanted_basic_link *wanted);
static struct next *reply_link(struct flow *flow);
static struct next *reply_no_interview(struct flow *flow);

struct next *create_basic_link(struct flow *flow)
{
    struct wanted_basic_link *wanted = arena_alloc(flow->arena, sizeof *wanted);
    struct next *refusal = NULL;

    const json_t *body = problem_read_optional(flow, &refusal);
    if (!body) {
        return refusal;
    }
    wanted->interview_id = router_param(flow, "id");
    read_link(flow, body, wanted);
    return store_link(flow, wanted);
}

struct next *create_listed_basic_link(struct flow *flow, const json_t *body)
{
    struct wanted_basic_link *wanted = arena_alloc(flow->arena, sizeof *wanted);

    wanted->is_listed = true;
    read_link(flow, body, wanted);
    return store_link(flow, wanted);
}

static void read_link(struct flow *flow, const json_t *body, struct wanted_basic_link *wanted)
{
    wanted->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, wanted->faults, body, "");

    if (wanted->is_listed) {
        read_listed(&root, wanted);
    }
    wanted->title = fields_text(&root, "title", FIELDS_OPTIONAL, &link_title_rule);
    struct fields owner = fields_object(&root, "owner", FIELDS_OPTIONAL);
    wanted->owner_name = fields_text(&owner, "name", FIELDS_OPTIONAL, &person_name_rule);
    wanted->owner_email = fields_text(&owner, "email", FIELDS_OPTIONAL, &email_rule);
    wanted->owner_time_zone = fields_text(&owner, "time_zone", FIELDS_OPTIONAL, &time_zone_rule);
    fields_end(&owner);
    if (session_of(flow)) {
        wanted->owner_name = session_of(flow)->name;
        wanted->owner_email = session_of(flow)->email;
        wanted->owner_time_zone = session_of(flow)->time_zone;
    }
    wanted->settings = link_fields_settings(&root);
    if (json_is_false(json_object_get(json_object_get(body, "settings"), "disable_feedback"))) {
        fields_fault(&root, "settings/disable_feedback", "invalid", BASIC_LINK_FEEDBACK);
    }
    link_fields_expiry(&root, &wanted->expiry);
    platform_data_read(&root, &wanted->data);
    fields_end(&root);
}

/* What POST /v1/share-links takes besides, as far as it can be meant of a link that has no reviewers and sends no mail. */
static void read_listed(struct fields *root, struct wanted_basic_link *wanted)
{
    struct wanted_ids interviews = { .count = 0 };

    fields_choice(root, "kind", FIELDS_REQUIRED, "basic");
    link_fields_interviews(root, &interviews);
    if (interviews.count > 1) {
        fields_fault(root, "interview_ids", "too_long", "A basic link has one interview.");
    }
    wanted->interview_id = interviews.count ? interviews.ids[0] : NULL;
    if (json_array_size(fields_array(root, "reviewers", FIELDS_OPTIONAL, 0, REVIEWERS_MAX)) > 0) {
        fields_fault(root, "reviewers", "invalid", "A basic link has no named reviewers.");
    }
    if (fields_bool(root, "send_email", false)) {
        fields_fault(root, "send_email", "invalid", BASIC_LINK_MAIL);
    }
    if (fields_has(root, "message")) {
        fields_fault(root, "message", "invalid", BASIC_LINK_MAIL);
    }
    if (fields_has(root, "template_id")) {
        fields_fault(root, "template_id", "invalid", BASIC_LINK_MAIL);
    }
}

static struct next *store_link(struct flow *flow, struct wanted_basic_link *wanted)
{
    static struct wanted_reviewer guest = { .name = "Guest", .data = { .metadata = "{}" } };
    static const struct wanted_reviewers guests = { &guest, 1 };
    struct new_reviewers reviewers;
    uint8_t media_salt[16];

    flow->state = wanted;
    if (!wanted->interview_id || (faults_any(wanted->faults) && !wanted->data.external_id)) {
        return faults_reply(flow, wanted->faults);
    }
    /* The title is the candidate's name when it is left out. */
    change_concerns(flow, wanted->interview_id);
    id_new(wanted->link_id, "lnk_");
    new_reviewers_make(flow, &guests, &reviewers);
    crypto_random(media_salt, sizeof media_salt);
    struct create_basic_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .interview_id = wanted->interview_id,
        .share_link_id = wanted->link_id,
        .title = wanted->title,
        .owner_name = wanted->owner_name,
        .owner_email = wanted->owner_email,
        .owner_time_zone = wanted->owner_time_zone ? wanted->owner_time_zone : "UTC",
        .settings = wanted->settings,
        .is_expiry_given = wanted->expiry.is_given,
        .expires_at = wanted->expiry.at,
        .expires_in_s = wanted_expiry_in_s(&wanted->expiry),
        .external_id = wanted->data.external_id,
        .metadata = wanted->data.metadata,
        .media_salt = pg_bytes_of(media_salt, sizeof media_salt),
        .is_sound = !faults_any(wanted->faults),
        .guests = { reviewers.list, reviewers.count },
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return create_basic_link_query(flow, flow->daemon->pg, &in, reply_link);
}

static struct next *reply_link(struct flow *flow)
{
    const struct wanted_basic_link *wanted = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return change_note_time_zone(flow, wanted->faults) || change_note_taken(flow, wanted->faults)
                   ? faults_reply(flow, wanted->faults)
                   : problem_reply_pg(flow);
    }
    struct create_basic_link_out out = create_basic_link_get(flow, 0);
    switch (out.outcome) {
    case CREATE_BASIC_LINK_CREATED:
        publish_events(flow, out.events);
        if (wanted->is_listed) {
            http_set_header(flow, "Location", arena_printf(flow->arena, "/v1/share-links/%s", wanted->link_id));
        }
        return basic_link_reply(flow, 201, out.share_link, out.version, out.sealed);
    case CREATE_BASIC_LINK_EXISTS:
        return basic_link_reply(flow, 200, out.share_link, out.version, out.sealed);
    case CREATE_BASIC_LINK_OF_ANOTHER:
        return problem_reply(flow, 409, "basic_link_of_another",
                             "A colleague has made the basic link of this interview already.");
    case CREATE_BASIC_LINK_FAULTY:
        if (out.is_external_id_taken) {
            platform_data_note_taken(flow->arena, wanted->faults, "", "share link");
        }
        return faults_reply(flow, wanted->faults);
    case CREATE_BASIC_LINK_NOT_FOUND:
        break;
    }
    return reply_no_interview(flow);
}

static struct next *reply_no_interview(struct flow *flow)
{
    const struct wanted_basic_link *wanted = flow->state;

    if (wanted->is_listed) {
        faults_add(wanted->faults, "/interview_ids/0", "not_found", "There is no such interview.");
    }
    if (faults_any(wanted->faults)) {
        return faults_reply(flow, wanted->faults);
    }
    return problem_reply(flow, 404, "not_found", "There is no interview with this id.");
}
