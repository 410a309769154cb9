/* update_account.c - PATCH /v1/account: its name, and what its new links get where a request leaves something out. The plan
 * is the operator's to change.
 */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

/* In the order in which they run. */
static void read_account(struct fields *root, struct pg_params *params);
static void read_defaults(struct fields *defaults, struct pg_params *params);
static struct next *reply_account(struct flow *flow);

static const struct pg_statement change_account = { .name = "update_account", .sql =
#include "services/links/update_account.sql.inc"
};

struct next *update_account(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    struct pg_params params;
    const json_t *body = problem_read_object(flow, &refusal);

    if (!body) {
        return refusal;
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    conditional_wanted_version(flow, &params, 1);
    struct fields root = fields_of(flow->arena, faults, body, "");
    read_account(&root, &params);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    return pg_query(flow, flow->daemon->pg, &change_account, &params, reply_account);
}

static void read_account(struct fields *root, struct pg_params *params)
{
    pg_text(params, fields_text(root, "name", FIELDS_OPTIONAL, &(struct text_rule){ .min = 1, .max = 200 }));
    if (fields_has(root, "plan") || fields_is_null(root, "plan")) {
        fields_fault(root, "plan", "read_only", "The plan cannot be changed here.");
    }
    struct fields defaults = fields_object(root, "defaults", FIELDS_OPTIONAL);
    read_defaults(&defaults, params);
    fields_end(&defaults);
    fields_end(root);
}

static void read_defaults(struct fields *defaults, struct pg_params *params)
{
    bool has_expiry = fields_has(defaults, "expires_in"), has_sender = fields_has(defaults, "sender_name");
    const char *unit = NULL;
    int64_t value = 0;

    pg_text(params, link_fields_settings(defaults));
    if (has_expiry) {
        struct fields in = fields_object(defaults, "expires_in", FIELDS_OPTIONAL);
        value = link_fields_span(&in, &unit);
        fields_end(&in);
    }
    pg_bool(params, has_expiry || fields_is_null(defaults, "expires_in"));
    if (has_expiry) {
        pg_int(params, value);
    } else {
        pg_null(params);
    }
    pg_text(params, unit);
    pg_bool(params, has_sender || fields_is_null(defaults, "sender_name"));
    pg_text(params, has_sender ? fields_text(defaults, "sender_name", FIELDS_OPTIONAL, &person_name_rule) : NULL);
}

static struct next *reply_account(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) { /* its key is remembered for a moment */
        return problem_reply(flow, 404, "not_found", "The account is gone.");
    }
    if (str_equal(pg_get(flow, 0, 0), "version_mismatch")) {
        return problem_reply(flow, 412, "precondition_failed", "The account has changed since the version that If-Match names.");
    }
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"v%s\"", pg_get(flow, 0, 1)));
    return http_reply_json(flow, 200, pg_get(flow, 0, 2));
}
