/* transaction.h - several statements of one flow in one transaction.
 *
 * One statement is the rule here, and a transaction of its own. This is for what must be stored together with the effect of
 * a statement that does not know of it (idempotency.h). Such a pool's connections serve one flow at a time; a flow that
 * finds none free waits its turn. While a flow has a transaction, all its pg_query go through it, whatever pool they name.
 * A statement that meets a deadlock or a serialization
 * failure is undone and sent again before anybody is told. A flow that ends without a commit has its transaction rolled back; so
 * has one whose connection breaks.
 */
#ifndef SHARELINK_PG_TRANSACTION_H
#define SHARELINK_PG_TRANSACTION_H

#include "common/pg/pg.h"

struct pg_transactions;

/* As pg_pool_new; options->queue_limit is set here. */
struct pg_transactions *pg_transactions_new(struct event_base *base, const struct pg_pool_options *options);
void pg_transactions_free(struct pg_transactions *pool);
bool pg_transactions_are_ready(const struct pg_transactions *pool); /* at least one connection is up */

/* Begins one for the flow with its first statement. then reads that one's answer, as of pg_query. */
struct next *pg_transaction_begin(struct flow *flow, struct pg_transactions *pool, const struct pg_statement *statement,
                                  const struct pg_params *params, flow_step *then) FLOW_NEXT;
/* A last statement, and the commit if it went well. For then pg_outcome is PG_OK when all is committed. */
struct next *pg_transaction_commit(struct flow *flow, const struct pg_statement *statement, const struct pg_params *params,
                                   flow_step *then) FLOW_NEXT;
/* then runs when it is undone and its locks are free; pg_query is its usual self again from the call on. */
struct next *pg_transaction_roll_back(struct flow *flow, flow_step *then) FLOW_NEXT;

/* For query.c: pg_query and pg_after_commit within the flow's transaction. */
struct next *pg_transaction_query(struct flow *flow, const struct pg_statement *statement, const struct pg_params *params,
                                  flow_step *then) FLOW_NEXT;
void pg_transaction_after_commit(struct flow *flow, void (*act)(struct flow *flow, void *arg), void *arg);

#endif
