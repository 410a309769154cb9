/* expire_sessions.c - POST /v1/console-sessions/expire: ends the sessions of one recruiter, or all of the account, for whoever
 * leaves a company or logs out of the platform. */
#include "common/data/idn.h"
#include "common/http/fields.h"
#include "services/console/console.h"
#include "services/console/expire_sessions.sql.h"
#include "services/console/handlers.h"

static struct next *reply_expired(struct flow *flow);

struct next *expire_sessions(struct flow *flow)
{
    static const struct text_rule rule = {
        .min = 3, .max = 254, .verbatim = true, .nullable = true, .check = fields_check_email, .canonical = idn_canonical_address
    };
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;

    const json_t *body = problem_read_optional(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    const char *email = fields_text(&root, "recruiter_email", FIELDS_OPTIONAL, &rule);
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    struct expire_sessions_in in = { .account_id = caller_of(flow)->account_id, .recruiter_email = email };
    return expire_sessions_query(flow, flow->daemon->pg, &in, reply_expired);
}

static struct next *reply_expired(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    return http_reply_json(flow, 200,
                           arena_printf(flow->arena, "{\"expired\":%lld}", (long long)expire_sessions_get(flow, 0).expired));
}
