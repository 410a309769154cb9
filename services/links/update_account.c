/* update_account.c - PATCH /v1/account: its name, and what its new links get where a request leaves something out. The plan
 * is the operator's to change.
 */
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
};

/* In the order in which they run. */
static void read_account(struct fields *root, struct wanted_account *wanted);
static void read_defaults(struct fields *defaults, struct wanted_account *wanted);
static struct next *store_account(struct flow *flow, const struct wanted_account *wanted);
static struct next *reply_account(struct flow *flow);

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
    if (fields_has(root, "plan") || fields_is_null(root, "plan")) {
        fields_fault(root, "plan", "read_only", "The plan cannot be changed here.");
    }
    struct fields defaults = fields_object(root, "defaults", FIELDS_OPTIONAL);
    read_defaults(&defaults, wanted);
    fields_end(&defaults);
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
