/* get_account.c - GET /v1/account: the account that the key belongs to, with the defaults of its new links. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/get_account.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_account(struct flow *flow);

struct next *get_account(struct flow *flow)
{
    struct get_account_in in = { .account_id = caller_of(flow)->account_id };

    return get_account_query(flow, flow->daemon->pg, &in, reply_account);
}

static struct next *reply_account(struct flow *flow)
{
    if (!pg_found(flow)) { /* its key is remembered for a moment */
        return problem_reply_not_found(flow, "The account is gone.");
    }
    struct get_account_out out = get_account_get(flow, 0);
    return conditional_reply_version(flow, out.version, !out.is_logo_wanted, out.account);
}
