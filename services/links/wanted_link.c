/* wanted_link.c - reads the body of POST /v1/share-links: every field's type, length and rule, and what must agree. */
#include "services/links/wanted_link.h"

#include "common/daemon/session.h"

static void read_owner(struct fields owner, struct wanted_link *link);
static void read_message(struct fields *root, struct wanted_link *link);

void wanted_link_read(struct arena *arena, struct faults *faults, const json_t *body, const struct session *owner,
                      struct wanted_link *link)
{
    struct fields root = fields_of(arena, faults, body, "");

    fields_choice(&root, "kind", FIELDS_OPTIONAL, "advanced");
    link->title = fields_text(&root, "title", FIELDS_REQUIRED, &link_title_rule);
    read_owner(fields_object(&root, "owner", owner ? FIELDS_OPTIONAL : FIELDS_REQUIRED), link);
    if (owner) {
        link->owner_name = owner->name;
        link->owner_email = owner->email;
        link->owner_time_zone = owner->time_zone;
    }
    link_fields_interviews(&root, &link->interviews);
    link_fields_reviewers(&root, &link->reviewers);
    link->settings = link_fields_settings(&root);
    link_fields_expiry(&root, &link->expiry);
    link->send_email = fields_bool(&root, "send_email", false);
    read_message(&root, link);
    platform_data_read(&root, &link->data);
    fields_end(&root);
}

static void read_owner(struct fields owner, struct wanted_link *link)
{
    struct text_rule name_rule = person_name_rule;

    name_rule.nullable = true;
    link->owner_name = fields_text(&owner, "name", FIELDS_OPTIONAL, &name_rule);
    link->owner_email = fields_text(&owner, "email", FIELDS_REQUIRED, &email_rule);
    link->owner_time_zone = fields_text(&owner, "time_zone", FIELDS_OPTIONAL, &time_zone_rule);
    if (!link->owner_time_zone) {
        link->owner_time_zone = "UTC";
    }
    fields_end(&owner);
}

static void read_message(struct fields *root, struct wanted_link *link)
{
    bool has_message = fields_has(root, "message"), has_template = fields_has(root, "template_id");

    if (has_message && has_template) {
        fields_fault(root, "template_id", "conflict", "Give message or template_id, not both.");
    }
    link->leaves_out_message =
        !has_message && !has_template && !fields_is_null(root, "message") && !fields_is_null(root, "template_id");
    if (has_message) {
        link_fields_message(root, &link->message_subject, &link->message_body);
    }
    if (has_template) {
        link->template_id =
            fields_text(root, "template_id", FIELDS_OPTIONAL, &(struct text_rule){ .min = 1, .max = 64, .verbatim = true });
    }
}
