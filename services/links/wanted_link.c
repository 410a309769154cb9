/* wanted_link.c - reads the body of POST /v1/share-links: every field's type, length and rule, and what must agree. */
#include <string.h>

#include "common/clock.h"
#include "common/fields.h"
#include "common/id.h"
#include "common/markdown.h"
#include "services/links/wanted_link.h"

#define DAY_S 86400
#define EXPIRY_DAYS_MAX 3653 /* ten years */

static const char *const settings_names[] = { "abbreviate_names",       "omit_avatars",     "exclude_full_profiles",
                                              "hide_skipped_questions", "disable_feedback", "mask_questionnaire" };

static const char *const placeholders[] = { "reviewer_name", "reviewer_first_name", "sender_name", "link_url", "passcode",
                                            "expires_at",    "interview_count",     "job_title",   NULL };

static const struct text_rule person_name = { .min = 1, .max = 200 };
static const struct text_rule email = { .min = 3, .max = 254, .check = fields_check_email };

static void read_owner(struct fields owner, struct wanted_link *link);
static void read_interviews(struct fields *root, struct wanted_link *link);
static void read_reviewers(struct fields *root, struct wanted_link *link);
static void read_settings(struct fields *root, struct wanted_link *link);
static void read_expiry(struct fields *root, struct wanted_link *link);
static void read_message(struct fields *root, struct wanted_link *link);
static void check_placeholders(struct fields *message, const char *name, const char *text);
static const char *lowered(struct arena *arena, const char *text);

void wanted_link_read(struct arena *arena, struct faults *faults, const json_t *body, struct wanted_link *link)
{
    struct fields root = fields_of(arena, faults, body, "");

    if (fields_choice(&root, "kind", FIELDS_OPTIONAL, "advanced|basic") == 1) {
        fields_fault(&root, "kind", "invalid", "A basic link belongs to one interview and is made there, not here.");
    }
    link->title = fields_text(&root, "title", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 200 });
    read_owner(fields_object(&root, "owner", FIELDS_REQUIRED), link);
    read_interviews(&root, link);
    read_reviewers(&root, link);
    read_settings(&root, link);
    read_expiry(&root, link);
    link->send_email = fields_bool(&root, "send_email", false);
    read_message(&root, link);
    fields_end(&root);
}

static void read_owner(struct fields owner, struct wanted_link *link)
{
    link->owner_name = fields_text(&owner, "name", FIELDS_REQUIRED, &person_name);
    link->owner_email = fields_text(&owner, "email", FIELDS_REQUIRED, &email);
    link->owner_time_zone = fields_text(&owner, "time_zone", FIELDS_OPTIONAL,
                                        &(struct text_rule){ .min = 1, .max = 64, .check = fields_check_time_zone });
    if (!link->owner_time_zone) {
        link->owner_time_zone = "UTC";
    }
    fields_end(&owner);
}

static void read_interviews(struct fields *root, struct wanted_link *link)
{
    const json_t *ids = fields_array(root, "interview_ids", FIELDS_REQUIRED, 1, INTERVIEWS_MAX);
    json_t *seen = json_keep(root->arena, json_object());

    link->interview_ids = arena_calloc(root->arena, json_array_size(ids), sizeof *link->interview_ids);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = fields_element_text(root, "interview_ids", ids, i,
                                             &(struct text_rule){ .min = 1, .max = 128, .check = fields_check_external_id });
        if (id && json_object_get(seen, id)) {
            fields_fault(root, arena_printf(root->arena, "interview_ids/%zu", i), "duplicate", "This interview is in the list already.");
        } else if (id) {
            json_object_set_new(seen, id, json_true());
        }
        /* A faulty id keeps its place, so that the places in later faults are the caller's. */
        link->interview_ids[link->interview_count++] = id;
    }
}

static void read_reviewers(struct fields *root, struct wanted_link *link)
{
    const json_t *reviewers = fields_array(root, "reviewers", FIELDS_REQUIRED, 1, REVIEWERS_MAX);
    json_t *seen = json_keep(root->arena, json_object());

    link->reviewers = arena_calloc(root->arena, json_array_size(reviewers), sizeof *link->reviewers);
    for (size_t i = 0; i < json_array_size(reviewers); i++) {
        struct fields reviewer = fields_element(root, "reviewers", reviewers, i);
        const char *name = fields_text(&reviewer, "name", FIELDS_REQUIRED, &person_name);
        const char *address = fields_text(&reviewer, "email", FIELDS_REQUIRED, &email);
        const char *same = address ? lowered(root->arena, address) : NULL;

        if (same && json_object_get(seen, same)) {
            fields_fault(&reviewer, "email", "duplicate", "Another reviewer of this link has the same address.");
        } else if (same) {
            json_object_set_new(seen, same, json_true());
        }
        fields_end(&reviewer);
        link->reviewers[link->reviewer_count++] = (struct wanted_reviewer){ name, address };
    }
}

static void read_settings(struct fields *root, struct wanted_link *link)
{
    struct fields settings = fields_object(root, "settings", FIELDS_OPTIONAL);
    json_t *all = json_keep(root->arena, json_object());

    for (size_t i = 0; i < sizeof settings_names / sizeof settings_names[0]; i++) {
        json_object_set_new(all, settings_names[i], json_boolean(fields_bool(&settings, settings_names[i], false)));
    }
    fields_end(&settings);
    link->settings = json_text(root->arena, all);
}

static void read_expiry(struct fields *root, struct wanted_link *link)
{
    bool has_in = fields_has(root, "expires_in"), has_at = fields_has(root, "expires_at");

    if (has_in && has_at) {
        fields_fault(root, "expires_at", "conflict", "Give expires_in or expires_at, not both.");
    }
    if (has_in) {
        struct fields in = fields_object(root, "expires_in", FIELDS_OPTIONAL);
        int unit = fields_choice(&in, "unit", FIELDS_REQUIRED, "days|weeks");
        int64_t unit_days = unit == 1 ? 7 : 1;
        link->expires_in_s = fields_int(&in, "value", FIELDS_REQUIRED, 1, EXPIRY_DAYS_MAX / unit_days) * unit_days * DAY_S;
        fields_end(&in);
    }
    int64_t at_ms = 0;
    if (has_at && fields_time(root, "expires_at", FIELDS_OPTIONAL, &at_ms)) {
        int64_t now_ms = clock_wall_ms();
        if (at_ms <= now_ms) {
            fields_fault(root, "expires_at", "out_of_range", "must be in the future");
        } else if (at_ms > now_ms + (int64_t)EXPIRY_DAYS_MAX * DAY_S * 1000) {
            fields_fault(root, "expires_at", "out_of_range", "must be within ten years");
        }
        char *text = arena_alloc(root->arena, CLOCK_RFC3339_SIZE);
        clock_rfc3339(text, at_ms);
        link->expires_at = text;
    }
}

static void read_message(struct fields *root, struct wanted_link *link)
{
    bool has_message = fields_has(root, "message"), has_template = fields_has(root, "template_id");

    if (has_message && has_template) {
        fields_fault(root, "template_id", "conflict", "Give message or template_id, not both.");
    }
    if (has_message) {
        struct fields message = fields_object(root, "message", FIELDS_OPTIONAL);
        link->message_subject = fields_text(&message, "subject", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 200 });
        link->message_body = fields_text(&message, "body", FIELDS_REQUIRED,
                                         &(struct text_rule){ .min = 1, .max = 10000, .newlines = true });
        check_placeholders(&message, "subject", link->message_subject);
        check_placeholders(&message, "body", link->message_body);
        fields_end(&message);
    }
    if (has_template) {
        link->template_id = fields_text(root, "template_id", FIELDS_OPTIONAL, &(struct text_rule){ .min = 1, .max = 64 });
    }
}

static void check_placeholders(struct fields *message, const char *name, const char *text)
{
    const char *unknown = text ? markdown_unknown_placeholder(message->arena, text, placeholders) : NULL;

    if (unknown) {
        fields_fault(message, name, "unknown_placeholder", arena_printf(message->arena, "There is no placeholder {{%s}}.", unknown));
    }
}

static const char *lowered(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);

    for (char *at = copy; *at; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            *at = (char)(*at - 'A' + 'a');
        }
    }
    return copy;
}
