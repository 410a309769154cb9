/* update_link.c - PATCH /v1/share-links/{id}: change what was sent and nothing else; answer with the link.
 *
 * Passcodes stay, so a later expiry lets reviewers in again. A link that was deactivated is changed too, and stays so.
 */
#include "common/daemon/session.h"
#include "common/http/conditional.h"
#include "services/links/basic_link.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/update_link.sql.h"

struct change {
    struct faults *faults;
    json_t *columns; /* new values by the names of our columns; of metadata, what is to change */
    struct wanted_expiry expiry;
};

/* In the order in which they run. */
static struct next *store_changes(struct flow *flow, struct change *change);
static struct next *reply_updated(struct flow *flow);
static struct next *refuse(struct flow *flow, struct change *change, const struct update_link_out *out);

static void read_text(struct fields *fields, const char *name, const char *column, const struct text_rule *rule, json_t *columns);
static void read_owner(struct fields *root, const struct session *session, json_t *columns);
static void read_settings(struct fields *root, json_t *columns);
static void read_message(struct fields *root, json_t *columns);
static void note_not_of_basic(struct change *change);

struct next *update_link(struct flow *flow)
{
    struct change *change = arena_alloc(flow->arena, sizeof *change);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    change->faults = faults_new(flow->arena);
    change->columns = json_keep(flow->arena, json_object());
    struct fields root = fields_of(flow->arena, change->faults, body, "");
    read_text(&root, "title", "title", &link_title_rule, change->columns);
    read_owner(&root, session_of(flow), change->columns);
    read_settings(&root, change->columns);
    link_fields_expiry(&root, &change->expiry);
    read_message(&root, change->columns);
    platform_data_read_changes(&root, change->columns);
    fields_end(&root);
    return store_changes(flow, change);
}

static void read_text(struct fields *fields, const char *name, const char *column, const struct text_rule *rule, json_t *columns)
{
    const char *text = fields_text(fields, name, FIELDS_OPTIONAL, rule);

    if (text) {
        json_object_set_new(columns, column, json_string(text));
    }
}

/* A session of the console gives no link away. */
static void read_owner(struct fields *root, const struct session *session, json_t *columns)
{
    struct fields owner = fields_object(root, "owner", FIELDS_OPTIONAL);

    read_text(&owner, "name", "owner_name", &person_name_rule, columns);
    read_text(&owner, "email", "owner_email", &email_rule, columns);
    read_text(&owner, "time_zone", "owner_time_zone", &time_zone_rule, columns);
    if (session && json_object_get(columns, "owner_email")) {
        fields_fault(&owner, "email", "read_only", "A session of the console cannot change whose link it is.");
    }
    fields_end(&owner);
}

static void read_settings(struct fields *root, json_t *columns)
{
    struct fields settings = fields_object(root, "settings", FIELDS_OPTIONAL);

    for (size_t i = 0; i < LINK_SETTINGS; i++) {
        bool is_given = fields_has(&settings, link_settings[i]) || fields_is_null(&settings, link_settings[i]);
        if (is_given) {
            json_object_set_new(columns, link_settings[i], json_boolean(fields_bool(&settings, link_settings[i], false)));
        }
    }
    fields_end(&settings);
}

/* Null is the default text. A message of one's own comes from no template any more. */
static void read_message(struct fields *root, json_t *columns)
{
    const char *subject = NULL, *body = NULL;

    if (!fields_has(root, "message") && !fields_is_null(root, "message")) {
        return;
    }
    if (fields_has(root, "message")) {
        link_fields_message(root, &subject, &body);
    }
    json_object_set_new(columns, "message_subject", subject ? json_string(subject) : json_null());
    json_object_set_new(columns, "message_body", body ? json_string(body) : json_null());
    json_object_set_new(columns, "template_id", json_null());
}

/* Faults of the body alone are told without asking; an external_id or metadata may have more of them. */
static struct next *store_changes(struct flow *flow, struct change *change)
{
    const struct wanted_expiry *expiry = &change->expiry;

    if (faults_any(change->faults) && !json_object_get(change->columns, "external_id") &&
        !json_object_get(change->columns, "metadata")) {
        return faults_reply(flow, change->faults);
    }
    struct update_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .changes = json_text(flow->arena, change->columns),
        .is_expiry_given = expiry->is_given,
        .expires_at = expiry->at,
        .expires_in_s = wanted_expiry_in_s(expiry),
        .metadata_max = METADATA_MAX,
        .is_sound = !faults_any(change->faults),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    flow->state = change;
    return update_link_query(flow, flow->daemon->pg, &in, reply_updated);
}

static struct next *reply_updated(struct flow *flow)
{
    struct change *change = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return change_note_time_zone(flow, change->faults) || change_note_taken(flow, change->faults)
                   ? faults_reply(flow, change->faults)
                   : problem_reply_pg(flow);
    }
    struct update_link_out out = update_link_get(flow, 0);
    if (faults_any(change->faults)) {
        return refuse(flow, change, &out);
    }
    switch (out.outcome) {
    case UPDATE_LINK_OK:
        publish_events(flow, out.events);
        return change_reply_link(flow, out.share_link, out.version);
    case UPDATE_LINK_FAULTY:
        return refuse(flow, change, &out);
    case UPDATE_LINK_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case UPDATE_LINK_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}

static struct next *refuse(struct flow *flow, struct change *change, const struct update_link_out *out)
{
    if (out->outcome == UPDATE_LINK_FAULTY && out->is_external_id_taken) {
        platform_data_note_taken(flow->arena, change->faults, "", "share link");
    }
    if (out->outcome == UPDATE_LINK_FAULTY && out->metadata_count > METADATA_MAX) {
        platform_data_note_count(flow->arena, change->faults, "/metadata", out->metadata_count);
    }
    if (out->outcome == UPDATE_LINK_FAULTY && out->is_basic) {
        note_not_of_basic(change);
    }
    return faults_reply(flow, change->faults);
}

static void note_not_of_basic(struct change *change)
{
    if (json_is_false(json_object_get(change->columns, "disable_feedback"))) {
        faults_add(change->faults, "/settings/disable_feedback", "invalid", BASIC_LINK_FEEDBACK);
    }
    if (json_is_string(json_object_get(change->columns, "message_subject"))) {
        faults_add(change->faults, "/message", "invalid", BASIC_LINK_MAIL);
    }
}
