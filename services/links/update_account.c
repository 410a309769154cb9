/* update_account.c - PATCH /v1/account: its name, what its new links get where a request leaves something out, its brand and
 * language, and where the recruiters' console is. The plan is the operator's to change.
 */
#include <string.h>

#include "common/base/str.h"
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/handlers.h"
#include "services/links/link_fields.h"
#include "services/links/links.h"
#include "services/links/update_account.sql.h"

struct wanted_account {
    const char *name;                           /* NULL: left out */
    const char *settings;                       /* JSON object of those that were sent */
    bool is_expiry_given, is_sender_name_given; /* null counts */
    int64_t expires_value;
    const char *expires_unit; /* NULL: never, or left out */
    const char *sender_name;  /* NULL: none, or left out */
    json_t *columns;          /* new values by the names of our columns, null among them */
    bool is_logo_given;       /* null counts */
};

#define BRAND_NAME_MAX      100
#define URL_MAX             2048
#define CONSOLE_ORIGINS_MAX 20
#define LINK_PLACEHOLDER    "{share_link_id}"

/* In the order in which they run. */
static void read_account(struct fields *root, struct wanted_account *wanted);
static void read_defaults(struct fields *defaults, struct wanted_account *wanted);
static void read_brand(struct fields *root, struct wanted_account *wanted);
static void read_console(struct fields *root, struct wanted_account *wanted);
static void read_origins(struct fields *root, struct wanted_account *wanted);
static struct next *store_account(struct flow *flow, const struct wanted_account *wanted);
static struct next *reply_account(struct flow *flow);

static void refuse_read_only(struct fields *root, const char *name, const char *detail);
static void read_column(struct fields *fields, const char *name, const struct text_rule *rule, json_t *columns,
                        const char *column);
static const char *check_console_url(const char *text);

struct next *update_account(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    struct wanted_account wanted;
    const json_t *body = problem_read_object(flow, &refusal);

    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    read_account(&root, &wanted);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    return store_account(flow, &wanted);
}

static void read_account(struct fields *root, struct wanted_account *wanted)
{
    wanted->name = fields_text(root, "name", FIELDS_OPTIONAL, &(struct text_rule){ .min = 1, .max = 200 });
    wanted->columns = json_keep(root->arena, json_object());
    refuse_read_only(root, "plan", "The plan cannot be changed here.");
    refuse_read_only(root, "advanced_links", "This follows from the plan, which cannot be changed here.");
    struct fields defaults = fields_object(root, "defaults", FIELDS_OPTIONAL);
    read_defaults(&defaults, wanted);
    fields_end(&defaults);
    read_brand(root, wanted);
    read_column(root, "locale", &locale_rule, wanted->columns, "locale");
    read_console(root, wanted);
    fields_end(root);
}

static void read_defaults(struct fields *defaults, struct wanted_account *wanted)
{
    bool has_expiry = fields_has(defaults, "expires_in"), has_sender = fields_has(defaults, "sender_name");

    wanted->settings = link_fields_settings(defaults);
    wanted->is_expiry_given = has_expiry || fields_is_null(defaults, "expires_in");
    wanted->expires_unit = NULL;
    if (has_expiry) {
        struct fields in = fields_object(defaults, "expires_in", FIELDS_OPTIONAL);
        wanted->expires_value = link_fields_span(&in, &wanted->expires_unit);
        fields_end(&in);
    }
    wanted->is_sender_name_given = has_sender || fields_is_null(defaults, "sender_name");
    wanted->sender_name = has_sender ? fields_text(defaults, "sender_name", FIELDS_OPTIONAL, &person_name_rule) : NULL;
}

/* A brand of null is none of its members. */
static void read_brand(struct fields *root, struct wanted_account *wanted)
{
    static const struct text_rule name_rule = { .min = 1, .max = BRAND_NAME_MAX, .nullable = true };
    static const struct text_rule accent_rule = {
        .max = 7, .verbatim = true, .nullable = true, .check = fields_check_colour, .canonical = fields_in_small_letters
    };
    static const struct text_rule url_rule = {
        .max = URL_MAX, .verbatim = true, .nullable = true, .check = fields_check_https_url
    };

    wanted->is_logo_given = fields_is_null(root, "brand");
    if (wanted->is_logo_given) {
        json_object_update_new(wanted->columns, json_pack("{s:n, s:n, s:n}", "brand_name", "brand_accent", "brand_logo_url"));
        return;
    }
    struct fields brand = fields_object(root, "brand", FIELDS_OPTIONAL);
    read_column(&brand, "name", &name_rule, wanted->columns, "brand_name");
    read_column(&brand, "accent", &accent_rule, wanted->columns, "brand_accent");
    read_column(&brand, "logo_url", &url_rule, wanted->columns, "brand_logo_url");
    wanted->is_logo_given = json_object_get(wanted->columns, "brand_logo_url") != NULL;
    fields_end(&brand);
}

static void read_console(struct fields *root, struct wanted_account *wanted)
{
    static const struct text_rule url_rule = { .max = URL_MAX, .verbatim = true, .nullable = true, .check = check_console_url };

    read_column(root, "console_url", &url_rule, wanted->columns, "console_url");
    if (fields_is_null(root, "console_origins")) {
        json_object_set_new(wanted->columns, "console_origins", json_array());
    } else if (fields_has(root, "console_origins")) {
        read_origins(root, wanted);
    }
}

static void read_origins(struct fields *root, struct wanted_account *wanted)
{
    static const struct text_rule rule = {
        .min = 1, .max = URL_MAX, .verbatim = true, .check = fields_check_origin, .canonical = fields_canonical_origin
    };
    const json_t *sent = fields_array(root, "console_origins", FIELDS_OPTIONAL, 0, CONSOLE_ORIGINS_MAX);
    json_t *origins = json_array(), *seen = json_keep(root->arena, json_object());

    for (size_t i = 0; i < json_array_size(sent); i++) {
        const char *origin = fields_element_text(root, "console_origins", sent, i, &rule);
        if (origin && json_object_get(seen, origin)) {
            fields_fault(root, arena_printf(root->arena, "console_origins/%zu", i), "duplicate",
                         "This origin is in the list already.");
        } else if (origin) {
            json_object_set_new(seen, origin, json_true());
            json_array_append_new(origins, json_string(origin));
        }
    }
    json_object_set_new(wanted->columns, "console_origins", origins);
}

static struct next *store_account(struct flow *flow, const struct wanted_account *wanted)
{
    struct update_account_in in = {
        .account_id = caller_of(flow)->account_id,
        .tags = conditional_tags(flow),
        .name = wanted->name,
        .default_settings = wanted->settings,
        .is_expiry_given = wanted->is_expiry_given,
        .default_expires_value = wanted->expires_unit ? &wanted->expires_value : NULL,
        .default_expires_unit = wanted->expires_unit,
        .is_sender_name_given = wanted->is_sender_name_given,
        .default_sender_name = wanted->sender_name,
        .changes = json_text(flow->arena, wanted->columns),
        .is_logo_given = wanted->is_logo_given,
    };
    return update_account_query(flow, flow->daemon->pg, &in, reply_account);
}

static struct next *reply_account(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct update_account_out out = update_account_get(flow, 0);
    switch (out.outcome) {
    case UPDATE_ACCOUNT_OK:
        conditional_set_version(flow, out.version);
        return http_reply_json(flow, 200, out.account);
    case UPDATE_ACCOUNT_VERSION_MISMATCH:
        return conditional_reply_changed(flow, "The account");
    case UPDATE_ACCOUNT_NOT_FOUND: /* its key is remembered for a moment */
        break;
    }
    return problem_reply_not_found(flow, "The account is gone.");
}

static void refuse_read_only(struct fields *root, const char *name, const char *detail)
{
    if (fields_has(root, name) || fields_is_null(root, name)) {
        fields_fault(root, name, "read_only", detail);
    }
}

/* Null is none any more; what is left out stays. */
static void read_column(struct fields *fields, const char *name, const struct text_rule *rule, json_t *columns,
                        const char *column)
{
    bool is_null = fields_is_null(fields, name);
    const char *text = fields_text(fields, name, FIELDS_OPTIONAL, rule);

    if (is_null || text) {
        json_object_set_new(columns, column, is_null ? json_null() : json_string(text));
    }
}

/* The placeholder may stand anywhere behind the host. */
static const char *check_console_url(const char *text)
{
    static const char wrong[] = "This must be a URL such as https://ats.example/links/" LINK_PLACEHOLDER
                                ", at most 2048 bytes, without user and password and with no other braces.";
    char url[URL_MAX + 1];
    size_t length = strlen(text), behind_scheme = strlen("https://"), filled = 0;
    const char *placeholder = strstr(text, LINK_PLACEHOLDER);

    if (length > URL_MAX || length < behind_scheme) {
        return wrong;
    }
    const char *behind_host = text + behind_scheme + strcspn(text + behind_scheme, "/?#");
    if (placeholder && placeholder < behind_host) {
        return wrong;
    }
    for (const char *at = text; *at;) {
        if (str_starts_with(at, LINK_PLACEHOLDER)) {
            at += strlen(LINK_PLACEHOLDER);
        } else {
            url[filled++] = *at++;
        }
    }
    url[filled] = '\0';
    return fields_check_https_url(url) ? wrong : NULL;
}
