/* link_fields.c - see the header. */
#include "services/links/link_fields.h"

#include "common/base/clock.h"
#include "common/data/idn.h"
#include "common/data/language_tag.h"
#include "common/data/json.h"
#include "common/data/markdown.h"
#include "common/base/str.h"

#define DAY_S           86400
#define EXPIRY_DAYS_MAX 3653 /* ten years */

static const char *check_locale(const char *text);

const struct text_rule link_title_rule = { .min = 1, .max = 200 };
const struct text_rule person_name_rule = { .min = 1, .max = 200 };
const struct text_rule email_rule = {
    .min = 3, .max = 254, .verbatim = true, .check = fields_check_email, .canonical = idn_canonical_address
};
const struct text_rule time_zone_rule = { .min = 1, .max = 64, .verbatim = true, .check = fields_check_time_zone };

const struct text_rule locale_rule = {
    .max = LANGUAGE_TAG_MAX, .verbatim = true, .nullable = true, .check = check_locale, .canonical = language_tag_canonical
};

const char *const link_settings[LINK_SETTINGS] = { "abbreviate_names",       "omit_avatars",     "exclude_full_profiles",
                                                   "hide_skipped_questions", "disable_feedback", "mask_questionnaire" };

static const char *const placeholders[] = { "reviewer_name", "reviewer_first_name", "sender_name", "link_url", "passcode",
                                            "expires_at",    "interview_count",     "job_title",   NULL };

static void read_expires_in(struct fields *root, struct wanted_expiry *expiry);
static void read_expires_at(struct fields *root, struct wanted_expiry *expiry);
static void read_platform_data(struct fields *reviewer, json_t *seen_ids, struct platform_data *data);
static void check_placeholders(struct fields *message, const char *name, const char *text);

void link_fields_interviews(struct fields *root, struct wanted_ids *interviews)
{
    static const struct text_rule rule = { .min = 1, .max = 128, .verbatim = true, .check = fields_check_external_id };

    link_fields_ids(root, "interview_ids", 1, INTERVIEWS_MAX, &rule, interviews);
}

void link_fields_ids(struct fields *root, const char *name, size_t min, size_t max, const struct text_rule *rule,
                     struct wanted_ids *ids)
{
    const json_t *sent = fields_array(root, name, FIELDS_REQUIRED, min, max);
    json_t *seen = json_keep(root->arena, json_object());

    ids->ids = arena_calloc(root->arena, json_array_size(sent), sizeof *ids->ids);
    for (size_t i = 0; i < json_array_size(sent); i++) {
        const char *id = fields_element_text(root, name, sent, i, rule);
        if (id && json_object_get(seen, id)) {
            fields_fault(root, arena_printf(root->arena, "%s/%zu", name, i), "duplicate", "This id is in the list already.");
        } else if (id) {
            json_object_set_new(seen, id, json_true());
        }
        ids->ids[ids->count++] = id;
    }
}

void link_fields_reviewers(struct fields *root, struct wanted_reviewers *reviewers)
{
    const json_t *sent = fields_array(root, "reviewers", FIELDS_REQUIRED, 1, REVIEWERS_MAX);
    json_t *seen = json_keep(root->arena, json_object()), *seen_ids = json_keep(root->arena, json_object());

    reviewers->list = arena_calloc(root->arena, json_array_size(sent), sizeof *reviewers->list);
    for (size_t i = 0; i < json_array_size(sent); i++) {
        struct fields reviewer = fields_element(root, "reviewers", sent, i);
        const char *name = fields_text(&reviewer, "name", FIELDS_REQUIRED, &person_name_rule);
        const char *address = fields_text(&reviewer, "email", FIELDS_REQUIRED, &email_rule);

        if (address && json_object_get(seen, address)) {
            fields_fault(&reviewer, "email", "duplicate", "Another reviewer of this link has the same address.");
            address = NULL;
        } else if (address) {
            json_object_set_new(seen, address, json_true());
        }
        struct wanted_reviewer wanted = { .name = name, .email = address };
        wanted.locale = fields_text(&reviewer, "locale", FIELDS_OPTIONAL, &locale_rule);
        read_platform_data(&reviewer, seen_ids, &wanted.data);
        fields_end(&reviewer);
        reviewers->list[reviewers->count++] = wanted;
    }
}

static const char *check_locale(const char *text)
{
    return language_tag_is_well_formed(text) ? NULL : "This must be a language tag (BCP 47) such as de or pt-BR.";
}

static void read_platform_data(struct fields *reviewer, json_t *seen_ids, struct platform_data *data)
{
    platform_data_read(reviewer, data);
    if (data->external_id && json_object_get(seen_ids, data->external_id)) {
        platform_data_note_taken(reviewer->arena, reviewer->faults, reviewer->pointer, "reviewer of this link");
        data->external_id = NULL;
    } else if (data->external_id) {
        json_object_set_new(seen_ids, data->external_id, json_true());
    }
}

void link_fields_expiry(struct fields *root, struct wanted_expiry *expiry)
{
    bool has_in = fields_has(root, "expires_in"), has_at = fields_has(root, "expires_at");

    if (has_in && has_at) {
        fields_fault(root, "expires_at", "conflict", "Give expires_in or expires_at, not both.");
    }
    if (has_in) {
        read_expires_in(root, expiry);
    }
    if (has_at) {
        read_expires_at(root, expiry);
    }
    expiry->is_given = has_in || has_at || fields_is_null(root, "expires_in") || fields_is_null(root, "expires_at");
}

static void read_expires_in(struct fields *root, struct wanted_expiry *expiry)
{
    struct fields in = fields_object(root, "expires_in", FIELDS_OPTIONAL);
    const char *unit = NULL;
    int64_t value = link_fields_span(&in, &unit);

    expiry->in_s = value * (str_equal(unit, "weeks") ? 7 : 1) * DAY_S;
    fields_end(&in);
}

int64_t link_fields_span(struct fields *in, const char **unit)
{
    int choice = fields_choice(in, "unit", FIELDS_REQUIRED, "days|weeks");

    *unit = choice == 1 ? "weeks" : "days";
    return fields_int(in, "value", FIELDS_REQUIRED, 1, EXPIRY_DAYS_MAX / (choice == 1 ? 7 : 1));
}

static void read_expires_at(struct fields *root, struct wanted_expiry *expiry)
{
    int64_t at_ms = 0, now_ms = clock_wall_ms();

    if (!fields_time(root, "expires_at", FIELDS_OPTIONAL, &at_ms)) {
        return;
    }
    if (at_ms <= now_ms) {
        fields_fault(root, "expires_at", "out_of_range", "This must be in the future.");
    } else if (at_ms > now_ms + (int64_t)EXPIRY_DAYS_MAX * DAY_S * 1000) {
        fields_fault(root, "expires_at", "out_of_range", "This must be within ten years.");
    }
    char *text = arena_alloc(root->arena, CLOCK_RFC3339_SIZE);
    clock_rfc3339(text, at_ms);
    expiry->at = text;
}

const char *link_fields_settings(struct fields *root)
{
    struct fields settings = fields_object(root, "settings", FIELDS_OPTIONAL);
    json_t *sent = json_keep(root->arena, json_object());

    for (size_t i = 0; i < LINK_SETTINGS; i++) {
        bool is_sent = fields_has(&settings, link_settings[i]) || fields_is_null(&settings, link_settings[i]);
        if (is_sent) {
            json_object_set_new(sent, link_settings[i], json_boolean(fields_bool(&settings, link_settings[i], false)));
        }
    }
    fields_end(&settings);
    return json_text(root->arena, sent);
}

void link_fields_message(struct fields *root, const char **subject, const char **body)
{
    struct fields message = fields_object(root, "message", FIELDS_OPTIONAL);

    link_fields_texts(&message, FIELDS_REQUIRED, subject, body);
    fields_end(&message);
}

void link_fields_texts(struct fields *message, enum fields_need need, const char **subject, const char **body)
{
    *subject = fields_text(message, "subject", need, &(struct text_rule){ .min = 1, .max = 200 });
    *body = fields_text(message, "body", need, &(struct text_rule){ .min = 1, .max = 10000, .newlines = true });
    check_placeholders(message, "subject", *subject);
    check_placeholders(message, "body", *body);
}

static void check_placeholders(struct fields *message, const char *name, const char *text)
{
    const char *unknown = text ? markdown_unknown_placeholder(message->arena, text, placeholders) : NULL;

    if (unknown) {
        fields_fault(message, name, "unknown_placeholder",
                     arena_printf(message->arena, "There is no placeholder {{%s}}.", unknown));
    }
}
