/* get_account.c - GET /v1/account: the account that the key belongs to, with the defaults of its new links. */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static struct next *reply_account(struct flow *flow);

static const struct pg_statement find_account = { .name = "get_account", .sql =
#include "services/links/get_account.sql.inc"
};

struct next *get_account(struct flow *flow)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    return pg_query(flow, flow->daemon->pg, &find_account, &params, reply_account);
}

static struct next *reply_account(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) { /* its key is remembered for a moment */
        return problem_reply(flow, 404, "not_found", "The account is gone.");
    }
    return conditional_reply_json(flow, arena_printf(flow->arena, "\"v%s\"", pg_get(flow, 0, 0)), pg_get(flow, 0, 1));
}
