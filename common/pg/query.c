/* query.c - a flow's statement: through its transaction when it has one, else through the pool; see pg.h. */
#include "common/pg/pg.h"
#include "common/pg/transaction.h"

static void end_wait(void *arg, const struct pg_answer *answer)
{
    flow_wait_end(arg, answer);
}

struct next *pg_query(struct flow *flow, struct pg_pool *pool, const struct pg_statement *statement,
                      const struct pg_params *params, flow_step *then)
{
    if (flow->transaction) {
        return pg_transaction_query(flow, statement, params, then);
    }
    pg_send(pool, statement, params, end_wait, flow_wait_begin(flow, then));
    return flow_waiting();
}

void pg_after_commit(struct flow *flow, void (*act)(struct flow *flow, void *arg), void *arg)
{
    if (flow->transaction) {
        pg_transaction_after_commit(flow, act, arg);
    } else {
        act(flow, arg);
    }
}
