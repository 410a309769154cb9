/* update_link.c - PATCH /v1/share-links/{id}: change what was sent and nothing else; answer with the link.
 *
 * Passcodes stay, so a later expiry lets reviewers in again. A link that was deactivated is changed too, and stays so.
 */
#include "common/http/conditional.h"
#include "services/links/basic_link.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"
#include "services/links/update_link.sql.h"

/* In the order in which they run. */
static struct next *store_changes(struct flow *flow, json_t *columns, const struct wanted_expiry *expiry);
static struct next *reply_updated(struct flow *flow);
static struct next *refuse_of_basic(struct flow *flow);

static void read_text(struct fields *fields, const char *name, const char *column, const struct text_rule *rule, json_t *columns);
static void read_owner(struct fields *root, json_t *columns);
static void read_settings(struct fields *root, json_t *columns);
static void read_message(struct fields *root, json_t *columns);

struct next *update_link(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    json_t *columns = json_keep(flow->arena, json_object()); /* new values by the names of our columns */
    struct wanted_expiry expiry = { .is_given = false };
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    read_text(&root, "title", "title", &link_title_rule, columns);
    read_owner(&root, columns);
    read_settings(&root, columns);
    link_fields_expiry(&root, &expiry);
    read_message(&root, columns);
    fields_end(&root);
    return faults_any(faults) ? faults_reply(flow, faults) : store_changes(flow, columns, &expiry);
}

static void read_text(struct fields *fields, const char *name, const char *column, const struct text_rule *rule, json_t *columns)
{
    const char *text = fields_text(fields, name, FIELDS_OPTIONAL, rule);

    if (text) {
        json_object_set_new(columns, column, json_string(text));
    }
}

static void read_owner(struct fields *root, json_t *columns)
{
    struct fields owner = fields_object(root, "owner", FIELDS_OPTIONAL);

    read_text(&owner, "name", "owner_name", &person_name_rule, columns);
    read_text(&owner, "email", "owner_email", &email_rule, columns);
    read_text(&owner, "time_zone", "owner_time_zone", &time_zone_rule, columns);
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

static struct next *store_changes(struct flow *flow, json_t *columns, const struct wanted_expiry *expiry)
{
    struct update_link_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .tags = conditional_tags(flow),
        .changes = json_text(flow->arena, columns),
        .is_expiry_given = expiry->is_given,
        .expires_at = expiry->at,
        .expires_in_s = wanted_expiry_in_s(expiry),
        .event_ids = change_new_event_ids(flow, 1),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    flow->state = columns;
    return update_link_query(flow, flow->daemon->pg, &in, reply_updated);
}

static struct next *reply_updated(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);

    if (pg_outcome(flow) != PG_OK) {
        return change_note_time_zone(flow, faults) ? faults_reply(flow, faults) : problem_reply_pg(flow);
    }
    struct update_link_out out = update_link_get(flow, 0);
    switch (out.outcome) {
    case UPDATE_LINK_OK:
        publish_events(flow, out.events);
        return change_reply_link(flow, out.share_link, out.version);
    case UPDATE_LINK_NOT_OF_BASIC:
        return refuse_of_basic(flow);
    case UPDATE_LINK_VERSION_MISMATCH:
        return change_reply_version_mismatch(flow);
    case UPDATE_LINK_NOT_FOUND:
        break;
    }
    return change_reply_not_found(flow);
}

static struct next *refuse_of_basic(struct flow *flow)
{
    const json_t *columns = flow->state;
    struct faults *faults = faults_new(flow->arena);

    if (json_is_false(json_object_get(columns, "disable_feedback"))) {
        faults_add(faults, "/settings/disable_feedback", "invalid", BASIC_LINK_FEEDBACK);
    }
    if (json_is_string(json_object_get(columns, "message_subject"))) {
        faults_add(faults, "/message", "invalid", BASIC_LINK_MAIL);
    }
    return faults_reply(flow, faults);
}
