/* batch.c - while one statement is in flight, what arrives queues up; when it returns, the queue goes as the next
 * one. With none in flight, the gate opens at the end of the loop's turn, so that what arrived together flies together.
 *
 * A flight is one statement with its items, in an arena of its own. The next flight leaves before the answers of the
 * last are handed out, so that PostgreSQL need not wait for us. When PostgreSQL answers a flight of several with an error, of
 * whatever kind, each of its items flies alone, beside the batch: one that fails or waits for a locked row does so by itself,
 * while the others and those that come later fly. A flight in the batch waits for no lock and takes a moment at most; an item
 * alone waits in the pool's lane for locks, or takes as long as the role may in the lane of the heavy.
 *
 * What failed or waited alone is remembered by its first column (a token, a delivery's id) for a while: what comes with that
 * again flies alone from the start, and spoils no other flight.
 */
#include "common/pg/batch.h"

#include <assert.h>
#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/pg/connection.h"
#include "common/pg/declared.h"
#include "common/pg/failure.h"
#include "common/pg/suspects.h"
#include "common/pg/task.h"
#include "common/base/str.h"

/* Values are borrowed from the waiting flow, or copied into the same piece of memory. */
struct item {
    STAILQ_ENTRY(item) next;
    struct flow_wait *wait; /* NULL for an item without a flow */
    pg_done *done;
    void *arg;
    const char *values[];
};

STAILQ_HEAD(items, item);

/* Of an item alone: with all that the pool is asked, or in one of its lanes, where it makes nobody else wait. */
enum place { PLACE_USUAL, PLACE_LOCKS, PLACE_HEAVY };

/* What a flight may take, and an item alone in the usual place. */
enum { FLIGHT_MS = 1200, ALONE_MS = 800 };

struct flight {
    struct pg_batch *batch;
    struct arena *arena;
    struct pg_params params;
    int count;
    enum place place;
    struct item *items[];
};

struct pg_batch {
    struct pg_pool *pool;
    struct pg_batch_options options;
    struct items waiting;
    int waiting_count;
    struct flight *flight;       /* NULL when none is in the air */
    int alone_count;             /* items that fly beside it */
    struct pg_suspects suspects; /* by the first column */
    struct metric *splits;
    struct event *gate;
};

static struct item *item_new(struct pg_batch *batch, size_t text_size);
static void enqueue(struct pg_batch *batch, struct item *item);
static void open_gate(evutil_socket_t fd, short what, void *arg);
static void take_off(struct pg_batch *batch);
static void board(struct pg_batch *batch, struct flight *flight);
static struct flight *flight_new(struct pg_batch *batch, int most);
static void encode(struct flight *flight);
static void land(void *arg, const struct pg_answer *answer);
static bool is_to_be_split(const struct flight *flight, const struct pg_answer *answer);
static enum place next_place(const struct pg_answer *answer);
static void fly_alone(struct pg_batch *batch, struct item *item, enum place place);
static void land_alone(void *arg, const struct pg_answer *answer);
static uint64_t key_of(const struct item *item);
static bool is_abandoned(const struct item *item);
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
    batch->splits = metrics_series(
        metrics_counter("sharelink_pg_batches_split_total", "Batches that failed and were sent again item by item.", "statement"),
        &options->statement->name);
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
    return batch->waiting_count + batch->alone_count + (batch->flight ? batch->flight->count : 0);
}

static bool is_full(const struct pg_batch *batch)
{
    return batch->waiting_count + batch->alone_count >= batch->options.waiting_limit;
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
    struct flight *flight = flight_new(batch, batch->options.most);

    board(batch, flight);
    if (!flight->count) {
        arena_free(flight->arena);
        return;
    }
    batch->flight = flight;
    encode(flight);
    flight->params.limits.statement_ms = FLIGHT_MS;
    pg_pool_send_hasty(batch->pool, batch->options.statement, &flight->params, land, flight);
}

static struct flight *flight_new(struct pg_batch *batch, int most)
{
    struct arena *arena = arena_new();
    struct flight *flight = arena_alloc(arena, sizeof *flight + sizeof(struct item *) * (size_t)most);

    flight->arena = arena;
    flight->batch = batch;
    return flight;
}

/* Leaves out those whose flow has ended: nobody waits for them, and their values went with the flow. */
static void board(struct pg_batch *batch, struct flight *flight)
{
    const struct pg_suspect *known;
    struct item *item;

    while (flight->count < batch->options.most && (item = STAILQ_FIRST(&batch->waiting))) {
        STAILQ_REMOVE_HEAD(&batch->waiting, next);
        batch->waiting_count--;
        if (is_abandoned(item)) {
            finish(item, &pg_answer_unavailable);
        } else if (pg_suspects_any(&batch->suspects) && (known = pg_suspects_find(&batch->suspects, key_of(item)))) {
            fly_alone(batch, item, known->waits ? PLACE_LOCKS : PLACE_USUAL);
        } else {
            flight->items[flight->count++] = item;
        }
    }
}

static uint64_t key_of(const struct item *item)
{
    size_t size = item->values[0] ? strlen(item->values[0]) : 0;

    return pg_suspect_key(NULL, item->values, &size, 1);
}

static bool is_abandoned(const struct item *item)
{
    return item->wait && flow_wait_is_abandoned(item->wait);
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
    bool is_split = is_to_be_split(flight, answer);

    batch->flight = NULL;
    if (is_split) {
        metrics_add(batch->splits, flight->count > 1 ? 1 : 0);
        if (flight->count == 1) {
            pg_suspects_note(&batch->suspects, key_of(flight->items[0]), pg_has_met_a_lock(answer));
        }
        for (int i = 0; i < flight->count; i++) {
            fly_alone(batch, flight->items[i], flight->count == 1 ? next_place(answer) : PLACE_USUAL);
        }
    }
    if (batch->waiting_count) {
        take_off(batch);
    }
    if (!is_split) {
        hand_out(flight, answer);
    }
    arena_free(flight->arena);
}

/* Whatever PostgreSQL says against several may be the fault of one; when it went away, it is of none. One that was alone on board
 * flies again when it met a lock or took too long, to do so beside the batch. */
static bool is_to_be_split(const struct flight *flight, const struct pg_answer *answer)
{
    const char *sqlstate = pg_answer_sqlstate(answer);

    if (answer->outcome == PG_OK || !sqlstate[0]) {
        return false;
    }
    if (flight->count == 1) {
        return next_place(answer) != PLACE_USUAL;
    }
    return answer->outcome != PG_UNAVAILABLE || pg_failure_kind(sqlstate) != PG_FAILURE_SHUTDOWN;
}

/* Of what this was answered to in the usual place, where it cannot have what it needs; else that place. */
static enum place next_place(const struct pg_answer *answer)
{
    return pg_has_met_a_lock(answer) ? PLACE_LOCKS : pg_has_run_out_of_time(answer) ? PLACE_HEAVY : PLACE_USUAL;
}

static void fly_alone(struct pg_batch *batch, struct item *item, enum place place)
{
    struct flight *flight = flight_new(batch, 1);

    if (is_abandoned(item)) {
        arena_free(flight->arena);
        finish(item, &pg_answer_unavailable);
        return;
    }
    flight->items[flight->count++] = item;
    flight->place = place;
    batch->alone_count++;
    encode(flight);
    flight->params.limits.statement_ms = place == PLACE_USUAL ? ALONE_MS : 0;
    (place == PLACE_LOCKS ? pg_pool_send_waiting : pg_pool_send_hasty)(place == PLACE_HEAVY ? pg_heavy(batch->pool) : batch->pool,
                                                                       batch->options.statement, &flight->params, land_alone,
                                                                       flight);
}

static void land_alone(void *arg, const struct pg_answer *answer)
{
    struct flight *flight = arg;
    struct pg_batch *batch = flight->batch;
    struct item *item = flight->items[0];

    batch->alone_count--;
    if (answer->outcome == PG_OK) {
        pg_suspects_clear(&batch->suspects, key_of(item));
    } else if (pg_answer_sqlstate(answer)[0]) {
        pg_suspects_note(&batch->suspects, key_of(item), pg_has_met_a_lock(answer));
    }
    if (flight->place == PLACE_USUAL && next_place(answer) != PLACE_USUAL) {
        fly_alone(batch, item, next_place(answer));
    } else {
        hand_out(flight, answer);
    }
    arena_free(flight->arena);
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
