/* wanted_session.c - reads the body of POST /v1/console-sessions: every field's type, length and rule. */
#include "services/console/wanted_session.h"

#include <string.h>

#include "common/base/str.h"
#include "common/data/idn.h"
#include "common/data/language_tag.h"

enum { INTERVIEWS_MAX = 500, URL_MAX = 2048, SECONDS_MIN = 300, SECONDS_MAX = 28800, SECONDS_DEFAULT = 3600 };

static const char *const views[] = { "share", "links", "link", "templates", "preferences" };
static const char *const rights[] = { "share", "manage", "templates" };

enum { RIGHTS = sizeof rights / sizeof rights[0] };

/* In the order in which they run. */
static void read_recruiter(struct fields recruiter, struct wanted_session *wanted);
static void read_view(struct fields *root, struct wanted_session *wanted);
static struct pg_texts read_interviews(struct fields *root);
static struct pg_texts read_rights(struct fields *root);
static void read_looks(struct fields *root, struct wanted_session *wanted);
static const char *check_locale(const char *text);
static const char *check_url(const char *text);

void wanted_session_read(struct arena *arena, struct faults *faults, const json_t *body, struct wanted_session *wanted)
{
    static const struct text_rule origin_rule = { .max = URL_MAX,
                                                  .verbatim = true,
                                                  .nullable = true,
                                                  .check = fields_check_framing_origin,
                                                  .canonical = fields_canonical_origin };
    static const struct text_rule url_rule = { .max = URL_MAX, .verbatim = true, .nullable = true, .check = check_url };
    struct fields root = fields_of(arena, faults, body, "");

    read_recruiter(fields_object(&root, "recruiter", FIELDS_REQUIRED), wanted);
    read_view(&root, wanted);
    wanted->may = read_rights(&root);
    wanted->sees = fields_choice(&root, "sees", FIELDS_OPTIONAL, "own|all") == 1 ? "all" : "own";
    wanted->origin = fields_text(&root, "origin", FIELDS_OPTIONAL, &origin_rule);
    wanted->return_url = fields_text(&root, "return_url", FIELDS_OPTIONAL, &url_rule);
    read_looks(&root, wanted);
    wanted->expires_in_s = SECONDS_DEFAULT;
    if (fields_has(&root, "expires_in_seconds")) {
        wanted->expires_in_s = fields_int(&root, "expires_in_seconds", FIELDS_OPTIONAL, SECONDS_MIN, SECONDS_MAX);
    } else {
        fields_is_null(&root, "expires_in_seconds");
    }
    fields_end(&root);
}

static void read_recruiter(struct fields recruiter, struct wanted_session *wanted)
{
    static const struct text_rule email_rule = {
        .min = 3, .max = 254, .verbatim = true, .check = fields_check_email, .canonical = idn_canonical_address
    };
    static const struct text_rule name_rule = { .min = 1, .max = 200, .nullable = true };
    static const struct text_rule zone_rule = {
        .min = 1, .max = 64, .verbatim = true, .nullable = true, .check = fields_check_time_zone
    };

    wanted->email = fields_text(&recruiter, "email", FIELDS_REQUIRED, &email_rule);
    wanted->name = fields_text(&recruiter, "name", FIELDS_OPTIONAL, &name_rule);
    wanted->time_zone = fields_text(&recruiter, "time_zone", FIELDS_OPTIONAL, &zone_rule);
    if (!wanted->time_zone) {
        wanted->time_zone = "UTC";
    }
    fields_end(&recruiter);
}

static void read_view(struct fields *root, struct wanted_session *wanted)
{
    static const struct text_rule id_rule = {
        .min = 1, .max = 64, .verbatim = true, .nullable = true, .check = fields_check_share_link_id
    };
    int view = fields_choice(root, "view", FIELDS_OPTIONAL, "share|links|link|templates|preferences");

    wanted->interview_ids = read_interviews(root);
    wanted->share_link_id = fields_text(root, "share_link_id", FIELDS_OPTIONAL, &id_rule);
    bool is_left_out = !fields_has(root, "view");
    wanted->view = view >= 0 ? views[view] : wanted->interview_ids.count > 0 ? "share" : wanted->share_link_id ? "link" : "links";
    if (!is_left_out && view == 0 && wanted->interview_ids.count == 0 && !fields_has(root, "interview_ids")) {
        fields_fault(root, "interview_ids", "required", "The view share needs interviews to share.");
    }
    if (!is_left_out && view == 2 && !fields_has(root, "share_link_id")) {
        fields_fault(root, "share_link_id", "required", "The view link needs the link to show.");
    }
}

static struct pg_texts read_interviews(struct fields *root)
{
    static const struct text_rule rule = { .min = 1, .max = 128, .verbatim = true, .check = fields_check_external_id };
    const json_t *sent = fields_array(root, "interview_ids", FIELDS_OPTIONAL, 0, INTERVIEWS_MAX);
    json_t *seen = json_keep(root->arena, json_object());
    size_t count = json_array_size(sent);
    const char **ids = arena_calloc(root->arena, count + 1, sizeof *ids);

    for (size_t i = 0; i < count; i++) {
        const char *id = fields_element_text(root, "interview_ids", sent, i, &rule);
        if (id && json_object_get(seen, id)) {
            fields_fault(root, arena_printf(root->arena, "interview_ids/%zu", i), "duplicate", "This id is in the list already.");
        } else if (id) {
            json_object_set_new(seen, id, json_true());
        }
        ids[i] = id;
    }
    return (struct pg_texts){ ids, count };
}

/* Left out they are all; an empty list is none. */
static struct pg_texts read_rights(struct fields *root)
{
    const json_t *sent = fields_array(root, "may", FIELDS_OPTIONAL, 0, RIGHTS);
    const char **may = arena_calloc(root->arena, RIGHTS, sizeof *may);
    bool wants[RIGHTS] = { false }, is_left_out = !fields_has(root, "may");
    size_t count = 0;

    fields_is_null(root, "may");
    for (size_t i = 0; i < json_array_size(sent); i++) {
        const char *text =
            fields_element_text(root, "may", sent, i, &(struct text_rule){ .min = 1, .max = 32, .verbatim = true });
        size_t right = 0;
        while (text && right < RIGHTS && !str_equal(rights[right], text)) {
            right++;
        }
        if (text && right == RIGHTS) {
            fields_fault(root, arena_printf(root->arena, "may/%zu", i), "invalid",
                         "This must be one of share, manage and templates.");
        } else if (text && wants[right]) {
            fields_fault(root, arena_printf(root->arena, "may/%zu", i), "duplicate", "This is in the list already.");
        } else if (text) {
            wants[right] = true;
        }
    }
    for (size_t right = 0; right < RIGHTS; right++) {
        if (wants[right] || is_left_out) {
            may[count++] = rights[right];
        }
    }
    return (struct pg_texts){ may, count };
}

static void read_looks(struct fields *root, struct wanted_session *wanted)
{
    static const struct text_rule locale_rule = {
        .max = LANGUAGE_TAG_MAX, .verbatim = true, .nullable = true, .check = check_locale, .canonical = language_tag_canonical
    };
    static const struct text_rule accent_rule = {
        .max = 7, .verbatim = true, .nullable = true, .check = fields_check_colour, .canonical = fields_in_small_letters
    };
    static const char *const schemes[] = { "light", "dark", "auto" };

    wanted->locale = fields_text(root, "locale", FIELDS_OPTIONAL, &locale_rule);
    struct fields theme = fields_object(root, "theme", FIELDS_OPTIONAL);
    int scheme = fields_choice(&theme, "scheme", FIELDS_OPTIONAL, "light|dark|auto");
    wanted->scheme = schemes[scheme >= 0 ? scheme : 2];
    wanted->accent = fields_text(&theme, "accent", FIELDS_OPTIONAL, &accent_rule);
    fields_end(&theme);
}

static const char *check_locale(const char *text)
{
    return language_tag_is_well_formed(text) ? NULL : "This must be a language tag (BCP 47) such as de or pt-BR.";
}

/* Where its button leads: https, or http on this machine. */
static const char *check_url(const char *text)
{
    bool is_local = str_starts_with(text, "http://localhost") || str_starts_with(text, "http://127.0.0.1") ||
                    str_starts_with(text, "http://[::1]");
    size_t host = strcspn(text, ":") + strlen("://");
    const char *rest = strlen(text) > host ? text + host : "";
    size_t name = *rest == '[' ? strlen("[::1]") : strcspn(rest, ":/?#");
    bool ends = is_local && (name == strlen("localhost") || name == strlen("127.0.0.1") || *rest == '[');

    return ends ? fields_check_http_url(text) : fields_check_https_url(text);
}
