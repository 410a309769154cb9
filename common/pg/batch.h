/* batch.h - natural batching: what arrives while one statement is in flight goes as the next one.
 *
 * No timer and no added delay when idle: the first item leaves at the end of the very turn of the loop that brought it, with
 * all that came in the same turn. An item is a row of columns, as text; the statement (-- batch) takes one array per column and
 * answers any number of rows, whose first column, place, is the item's number in the batch, from 1. When PostgreSQL answers
 * several with an error, each is sent again alone: one bad row fails alone, one that is locked waits alone, and what its answer
 * says is said of this item. The others, and what comes later, wait for neither.
 */
#ifndef SHARELINK_PG_BATCH_H
#define SHARELINK_PG_BATCH_H

#include "common/pg/pg.h"

struct pg_batch;

struct pg_batch_options {
    const struct pg_statement *statement;
    int columns;                  /* 1 to PG_PARAMS_MAX */
    int most;                     /* items in one statement */
    int waiting_limit;            /* items that may queue; beyond it PG_UNAVAILABLE */
    const char *const *constants; /* text parameters that follow the columns, the same in every statement; borrowed */
    int constant_count;
    const char *missing; /* name of a constant that must not be NULL and is: every item is then rejected */
};

struct pg_batch *pg_batch_new(struct pg_pool *pool, const struct pg_batch_options *options);
void pg_batch_free(struct pg_batch *batch); /* with no item in it */

/* Adds an item and waits. values: as many as columns, NULL for SQL NULL, borrowed until the step runs (keep them in the
 * flow's arena). In the step, the answer has this item's rows alone. */
struct next *pg_batch_add(struct flow *flow, struct pg_batch *batch, const char *const *values, flow_step *then) FLOW_NEXT;

/* The same without a flow; values are copied. done may be NULL. */
void pg_batch_push(struct pg_batch *batch, const char *const *values, pg_done *done, void *arg);
/* For the made headers, in the place of pg_batch_push: an item without an input that it must have is rejected. */
void pg_batch_refuse_missing(struct pg_batch *batch, const struct pg_params *params, pg_done *done, void *arg);
/* Items that are waiting or in flight. */
int pg_batch_size(const struct pg_batch *batch);

#endif
