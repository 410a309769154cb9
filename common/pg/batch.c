/* batch.c - while one statement is in flight, what arrives queues up; when it returns, the queue goes as the next
 * one. With none in flight, the gate opens at the end of the loop's turn, so that what arrived together flies together.
 *
 * A flight is one statement with its items, in an arena of its own. The next flight leaves before the answers of the
 * last are handed out, so that PostgreSQL need not wait for us. After a rejection the items go to the front of the
 * queue again, each to fly alone; after a failure that passes they go there once more together.
 */
#include "common/pg/batch.h"

#include <assert.h>
#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/log.h"
#include "common/pg/connection.h"
#include "common/pg/declared.h"
#include "common/base/str.h"

/* Values are borrowed from the waiting flow, or copied into the same piece of memory. */
struct item {
    STAILQ_ENTRY(item) next;
    struct flow_wait *wait; /* NULL for an item without a flow */
    pg_done *done;
    void *arg;
    bool flies_alone;
    bool was_retried;
    const char *values[];
};

STAILQ_HEAD(items, item);

struct flight {
    struct pg_batch *batch;
    struct arena *arena;
    struct pg_params params;
    int count;
    struct item *items[];
};

struct pg_batch {
    struct pg_pool *pool;
    struct pg_batch_options options;
    struct items waiting;
    int waiting_count;
    struct flight *flight; /* NULL when none is in the air */
    struct event *gate;
};

static struct item *item_new(struct pg_batch *batch, size_t text_size);
static void enqueue(struct pg_batch *batch, struct item *item);
static void open_gate(evutil_socket_t fd, short what, void *arg);
static void take_off(struct pg_batch *batch);
static void board(struct pg_batch *batch, struct flight *flight);
static void encode(struct flight *flight);
static void land(void *arg, const struct pg_answer *answer);
static bool fly_again(struct flight *flight, enum pg_outcome outcome);
static void hand_out(struct flight *flight, const struct pg_answer *answer);
static int *group_rows(struct flight *flight, const struct pg_answer *answer, int *starts);
static void finish(struct item *item, const struct pg_answer *answer);

struct pg_batch *pg_batch_new(struct pg_pool *pool, const struct pg_batch_options *options)
{
    struct pg_batch *batch = mem_alloc(sizeof *batch);

    assert(options->columns >= 1 && options->columns + options->constant_count <= PG_PARAMS_MAX && options->most >= 1);
    batch->pool = pool;
    batch->options = *options;
    STAILQ_INIT(&batch->waiting);
    batch->gate = event_new(pg_pool_base(pool), -1, 0, open_gate, batch);
    if (!batch->gate) {
        mem_fail();
    }
    return batch;
}

void pg_batch_free(struct pg_batch *batch)
{
    if (!batch) {
        return;
    }
    assert(pg_batch_size(batch) == 0);
    event_free(batch->gate);
    free(batch);
}

int pg_batch_size(const struct pg_batch *batch)
{
    return batch->waiting_count + (batch->flight ? batch->flight->count : 0);
}

static bool is_full(const struct pg_batch *batch)
{
    return batch->waiting_count >= batch->options.waiting_limit;
}

struct next *pg_batch_add(struct flow *flow, struct pg_batch *batch, const char *const *values, flow_step *then)
{
    if (is_full(batch)) {
        return flow_soon(flow, &pg_answer_unavailable, then);
    }
    struct item *item = item_new(batch, 0);
    memcpy(item->values, values, sizeof *values * (size_t)batch->options.columns);
    item->wait = flow_wait_begin(flow, then);
    enqueue(batch, item);
    return flow_waiting();
}

static void ignore_answer(void *arg, const struct pg_answer *answer)
{
    (void)arg;
    (void)answer;
}

void pg_batch_push(struct pg_batch *batch, const char *const *values, pg_done *done, void *arg)
{
    size_t size = 0;

    done = done ? done : ignore_answer;
    if (is_full(batch)) {
        pg_pool_refuse(batch->pool, &pg_answer_unavailable, done, arg);
        return;
    }
    for (int i = 0; i < batch->options.columns; i++) {
        size += values[i] ? strlen(values[i]) + 1 : 0;
    }
    struct item *item = item_new(batch, size);
    char *to = (char *)&item->values[batch->options.columns];
    for (int i = 0; i < batch->options.columns; i++) {
        item->values[i] = values[i] ? to : NULL;
        to = values[i] ? stpcpy(to, values[i]) + 1 : to;
    }
    item->done = done;
    item->arg = arg;
    enqueue(batch, item);
}

void pg_batch_refuse_missing(struct pg_batch *batch, const struct pg_params *params, pg_done *done, void *arg)
{
    (void)pg_params_are_whole(batch->options.statement, params);
    pg_pool_refuse(batch->pool, &pg_answer_rejected, done ? done : ignore_answer, arg);
}

static struct item *item_new(struct pg_batch *batch, size_t text_size)
{
    return mem_alloc(sizeof(struct item) + sizeof(const char *) * (size_t)batch->options.columns + text_size);
}

static void enqueue(struct pg_batch *batch, struct item *item)
{
    STAILQ_INSERT_TAIL(&batch->waiting, item, next);
    batch->waiting_count++;
    if (!batch->flight) {
        event_active(batch->gate, EV_TIMEOUT, 0);
    }
}

/* Runs when the loop has been through all that this turn brought: what arrived in one turn flies together. */
static void open_gate(evutil_socket_t fd, short what, void *arg)
{
    struct pg_batch *batch = arg;
    (void)fd;
    (void)what;

    if (!batch->flight) {
        take_off(batch);
    }
}

static void take_off(struct pg_batch *batch)
{
    struct arena *arena = arena_new();
    struct flight *flight = arena_alloc(arena, sizeof *flight + sizeof(struct item *) * (size_t)batch->options.most);

    flight->arena = arena;
    flight->batch = batch;
    board(batch, flight);
    if (!flight->count) {
        arena_free(arena);
        return;
    }
    batch->flight = flight;
    encode(flight);
    pg_send(batch->pool, batch->options.statement, &flight->params, land, flight);
}

/* Leaves out those whose flow has ended: nobody waits for them, and their values went with the flow. */
static void board(struct pg_batch *batch, struct flight *flight)
{
    struct item *item;
    bool is_alone = false;

    while (flight->count < batch->options.most && !is_alone && (item = STAILQ_FIRST(&batch->waiting))) {
        if (item->flies_alone && flight->count > 0) {
            return;
        }
        STAILQ_REMOVE_HEAD(&batch->waiting, next);
        batch->waiting_count--;
        if (item->wait && flow_wait_is_abandoned(item->wait)) {
            finish(item, &pg_answer_unavailable);
            continue;
        }
        is_alone = item->flies_alone;
        flight->items[flight->count++] = item;
    }
}

static void encode(struct flight *flight)
{
    const char **column = arena_calloc(flight->arena, (size_t)flight->count, sizeof *column);

    pg_params_init(&flight->params, flight->arena);
    flight->params.missing = flight->batch->options.missing;
    for (int i = 0; i < flight->batch->options.columns; i++) {
        for (int j = 0; j < flight->count; j++) {
            column[j] = flight->items[j]->values[i];
        }
        pg_text_array(&flight->params, column, (size_t)flight->count);
    }
    for (int i = 0; i < flight->batch->options.constant_count; i++) {
        pg_text(&flight->params, flight->batch->options.constants[i]);
    }
}

static void land(void *arg, const struct pg_answer *answer)
{
    struct flight *flight = arg;
    struct pg_batch *batch = flight->batch;
    bool is_over = !fly_again(flight, answer->outcome);

    batch->flight = NULL;
    if (batch->waiting_count) {
        take_off(batch);
    }
    if (is_over) {
        hand_out(flight, answer);
    }
    arena_free(flight->arena);
}

/* Puts what deserves another try in front of the queue, in its old order. The rest stays on board. */
static bool fly_again(struct flight *flight, enum pg_outcome outcome)
{
    struct pg_batch *batch = flight->batch;
    bool is_for_each_alone = outcome == PG_REJECTED && flight->count > 1;
    int staying = 0;

    if (!is_for_each_alone && outcome != PG_RETRY) {
        return false;
    }
    for (int i = flight->count - 1; i >= 0; i--) {
        struct item *item = flight->items[i];
        if (outcome == PG_RETRY && item->was_retried) {
            /* Its second failure: answered with it. Keeps its place from the end. */
            flight->items[flight->count - ++staying] = item;
            continue;
        }
        item->flies_alone = item->flies_alone || is_for_each_alone;
        item->was_retried = item->was_retried || outcome == PG_RETRY;
        STAILQ_INSERT_HEAD(&batch->waiting, item, next);
        batch->waiting_count++;
    }
    memmove(flight->items, &flight->items[flight->count - staying], sizeof(struct item *) * (size_t)staying);
    flight->count = staying;
    return !staying;
}

/* Each item sees its own rows alone, in the order of the answer. */
static void hand_out(struct flight *flight, const struct pg_answer *answer)
{
    int *starts = arena_calloc(flight->arena, (size_t)flight->count + 2, sizeof *starts);
    int *rows = group_rows(flight, answer, starts);

    for (int i = 0; i < flight->count; i++) {
        struct pg_answer own = *answer;
        own.rows = &rows[starts[i]];
        own.row_count = starts[i + 1] - starts[i];
        if (answer->outcome == PG_OK && own.row_count == 0 && flight->batch->options.statement->must_answer) {
            log_error("pg_batch.row_missing", LOG_TEXT("statement", flight->batch->options.statement->name));
            own.outcome = PG_UNAVAILABLE;
        }
        finish(flight->items[i], &own);
    }
}

/* The item that a row is for, from 0; count for a row that is for none. */
static int item_of(const struct flight *flight, const struct pg_answer *answer, int row)
{
    int64_t number;

    if (!str_parse_int(pg_answer_get(answer, row, 0), 1, flight->count, &number)) {
        return flight->count;
    }
    return (int)number - 1;
}

/* Counts, then sorts by counting: starts[i] to starts[i + 1] are the rows of item i. */
static int *group_rows(struct flight *flight, const struct pg_answer *answer, int *starts)
{
    int row_count = pg_answer_rows(answer);
    int *rows = arena_calloc(flight->arena, (size_t)row_count + 1, sizeof *rows);
    int *next = arena_calloc(flight->arena, (size_t)flight->count + 1, sizeof *next);

    for (int row = 0; row < row_count; row++) {
        starts[item_of(flight, answer, row) + 1]++;
    }
    for (int i = 0; i <= flight->count; i++) {
        starts[i + 1] += starts[i];
        next[i] = starts[i];
    }
    for (int row = 0; row < row_count; row++) {
        rows[next[item_of(flight, answer, row)]++] = row;
    }
    if (starts[flight->count] < row_count) {
        log_error("pg_batch.row_misnumbered", LOG_TEXT("statement", flight->batch->options.statement->name));
    }
    return rows;
}

static void finish(struct item *item, const struct pg_answer *answer)
{
    if (item->wait) {
        flow_wait_end(item->wait, answer);
    } else {
        item->done(item->arg, answer);
    }
    free(item);
}
