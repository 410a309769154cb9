/* pool.c - which connection takes a request, and what is sent again; see pg.h.
 *
 * What a connection does with a request is in connection.c. Of the pipelined connections, a request that none takes is answered
 * PG_UNAVAILABLE from the loop's next turn: nothing queues for them, so that a caller can say 503 while it still matters.
 *
 * A lane is a pool beside the pool, of few connections on which nothing is pipelined: who waits there makes nobody else wait, and
 * who finds none free waits his turn, for a time that is bounded. One is for statements that are heavy, one for those that met a
 * row which somebody holds. For such a row a pipelined connection waits no longer than the roles' lock_timeout, which is short,
 * as all that was sent after it waits too; in the lane it is waited for in slices, and after each the next has its turn. Of those
 * who do the same to the same row one at a time is at work there: many of them keep nobody else from his.
 */
#include "common/pg/pg.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/loop/timer.h"
#include "common/pg/connection.h"
#include "common/pg/declared.h"
#include "common/pg/suspects.h"
#include "common/pg/task.h"

/* In the lane of those who wait for locks. */
enum { LOCK_CONNECTIONS = 2, LOCK_SLICE_MS = 500, LOCK_WAITING_MAX = 512 };
/* For a connection of the heavy; later than that nobody waits for the answer any more. */
enum { HEAVY_WAIT_MS = 6000 };
enum { LOOK_FOR_LATE_MS = 100 };
/* So many of the first inputs tell two tasks apart: they name the row. */
enum { KEY_VALUES = 2 };

/* With locks. */
enum patience { USUAL, HASTY, WAITING };

struct refusal {
    const struct pg_answer *answer;
    pg_done *done;
    void *arg;
};

struct pg_pool {
    struct event_base *base;
    struct pg_pool_options options;
    struct pg_metrics metrics;
    char *name;                    /* of a lane; else the caller's */
    struct pg_pool *heavy, *locks; /* lanes, or NULL */
    struct pg_connection **connections;
    struct pg_tasks waiting; /* for a connection of a lane */
    int waiting_count;
    struct pg_tasks pausing;
    struct pg_suspects suspects; /* statements that met a lock, with their first inputs: whose they are and what they change */
    int waiting_limit, wait_ms;  /* of a lane: how many wait, and how long */
    struct event *late;          /* those who have waited for too long are given up */
    bool is_for_locks;
    uint64_t at_work[LOCK_CONNECTIONS]; /* keys of tasks, in the lane for locks; 0: none */
    bool is_closed;
    struct event *refuse_soon;
    struct refusal *refusals;
    size_t refusal_count, refusal_size;
};

static const struct pg_answer answer_busy = { .outcome = PG_RETRY };
static const struct pg_answer answer_locked = { .outcome = PG_RETRY, .sqlstate = "55P03" };

static struct pg_pool *lane_new(const struct pg_pool *of, const char *suffix, int connections);
static void close_connections(struct pg_pool *pool);
static void dispatch(struct pg_task *task);
static struct pg_connection *choose(const struct pg_pool *pool);
static void enqueue(struct pg_task *task);
static void take_answer(void *arg, const struct pg_answer *answer);
static void send_after_pause(struct pg_task *task);
static void send_again(evutil_socket_t fd, short what, void *arg);
static bool is_suspect(const struct pg_task *task);
static uint64_t key_of(const struct pg_task *task);
static void move_to_locks(struct pg_task *task);
static bool set_at_work(struct pg_pool *pool, uint64_t from, uint64_t to);
static struct pg_task *next_waiting(const struct pg_pool *pool);
static void serve(struct pg_pool *pool);
static void give_up_late(evutil_socket_t fd, short what, void *arg);
static void refuse_all(evutil_socket_t fd, short what, void *arg);

struct pg_pool *pg_pool_new(struct event_base *base, const struct pg_pool_options *options)
{
    struct pg_pool *pool = mem_alloc(sizeof *pool);

    pool->base = base;
    pool->options = *options;
    TAILQ_INIT(&pool->waiting);
    TAILQ_INIT(&pool->pausing);
    pg_metrics_make(&pool->metrics, options->name);
    pool->refuse_soon = evtimer_new(base, refuse_all, pool);
    pool->late = evtimer_new(base, give_up_late, pool);
    if (!pool->refuse_soon || !pool->late) {
        abort();
    }
    pool->connections = mem_alloc(sizeof *pool->connections * (size_t)options->connections);
    for (int i = 0; i < options->connections; i++) {
        pool->connections[i] = pg_connection_new(base, &pool->options, &pool->metrics);
    }
    if (options->heavy_connections) {
        pool->heavy = lane_new(pool, "heavy", options->heavy_connections);
        pool->heavy->waiting_limit = options->heavy_waiting_limit;
        pool->heavy->wait_ms = HEAVY_WAIT_MS;
    }
    if (options->lock_wait_ms) {
        pool->locks = lane_new(pool, "locks", LOCK_CONNECTIONS);
        pool->locks->waiting_limit = LOCK_WAITING_MAX;
        pool->locks->wait_ms = options->lock_wait_ms;
        pool->locks->is_for_locks = true;
        if (pool->heavy) {
            pool->heavy->locks = pool->locks;
        }
    }
    return pool;
}

static struct pg_pool *lane_new(const struct pg_pool *of, const char *suffix, int connections)
{
    struct buf name = { 0 };

    buf_printf(&name, "%s-%s", of->options.name, suffix);
    struct pg_pool_options options = {
        .name = name.data,
        .url = of->options.url,
        .connections = connections,
        .queue_limit = 1,
        .answer_limit_ms = of->options.answer_limit_ms,
        .unnamed = of->options.unnamed,
        .has_limits = of->options.has_limits,
    };
    struct pg_pool *lane = pg_pool_new(of->base, &options);
    lane->name = name.data;
    return lane;
}

struct event_base *pg_pool_base(const struct pg_pool *pool)
{
    return pool->base;
}

struct pg_pool *pg_heavy(struct pg_pool *pool)
{
    return pool->heavy ? pool->heavy : pool;
}

void pg_pool_free(struct pg_pool *pool)
{
    if (!pool) {
        return;
    }
    struct pg_pool *heavy = pool->heavy, *locks = pool->locks;
    bool is_lane = pool->name != NULL;
    /* A task may go from one to another of them until all are closed. */
    close_connections(pool);
    pool->heavy = pool->locks = NULL;
    if (heavy && !is_lane) {
        heavy->locks = NULL;
        pg_pool_free(heavy);
    }
    if (locks && !is_lane) {
        pg_pool_free(locks);
    }
    /* Those who were failed just now may have asked again. */
    while (pool->refusal_count) {
        refuse_all(-1, 0, pool);
    }
    event_free(pool->refuse_soon);
    event_free(pool->late);
    free(pool->refusals);
    free(pool->connections);
    free(pool->name);
    free(pool);
}

static void close_connections(struct pg_pool *pool)
{
    struct pg_task *task;

    pool->is_closed = true;
    for (int i = 0; i < pool->options.connections; i++) {
        struct pg_connection *connection = pool->connections[i];
        pool->connections[i] = NULL;
        pg_connection_free(connection);
    }
    while ((task = TAILQ_FIRST(&pool->pausing))) {
        TAILQ_REMOVE(&pool->pausing, task, next);
        pg_task_finish(task, &pg_answer_unavailable);
    }
    while ((task = TAILQ_FIRST(&pool->waiting))) {
        TAILQ_REMOVE(&pool->waiting, task, next);
        pool->waiting_count--;
        pg_task_finish(task, &pg_answer_unavailable);
    }
}

bool pg_pool_is_ready(const struct pg_pool *pool)
{
    for (int i = 0; i < pool->options.connections; i++) {
        if (pool->connections[i] && pg_connection_is_ready(pool->connections[i])) {
            return true;
        }
    }
    return false;
}

static void send_task(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params,
                      enum patience patience, pg_done *done, void *arg)
{
    if (!pg_params_are_whole(statement, params)) {
        metrics_add(pool->metrics.queries[PG_REJECTED], 1);
        pg_pool_refuse(pool, &pg_answer_rejected, done, arg);
        return;
    }
    struct pg_task *task = pg_task_new(statement, params, done, arg);
    task->pool = statement->lane == PG_LANE_HEAVY ? pg_heavy(pool) : pool;
    task->is_hasty = patience == HASTY || params->limits.lock_ms; /* who has a limit of his own is told */
    if (pool->locks && (patience == WAITING || (!task->is_hasty && is_suspect(task)))) {
        move_to_locks(task);
    } else {
        dispatch(task);
    }
}

void pg_send(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params, pg_done *done, void *arg)
{
    send_task(pool, statement, params, USUAL, done, arg);
}

void pg_pool_send_hasty(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params, pg_done *done,
                        void *arg)
{
    send_task(pool, statement, params, HASTY, done, arg);
}

void pg_pool_send_waiting(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params,
                          pg_done *done, void *arg)
{
    send_task(pool, statement, params, WAITING, done, arg);
}

/* To a connection, or to the end of those who wait for one, or back. */
static void dispatch(struct pg_task *task)
{
    struct pg_pool *pool = task->pool;
    bool is_lane = pool->waiting_limit > 0;
    struct pg_connection *connection = is_lane && pool->waiting_count ? NULL : choose(pool);

    if (connection && set_at_work(pool, 0, task->key)) {
        pg_connection_send(connection, task->statement, &task->params, take_answer, task);
    } else if (is_lane && !pool->is_closed && pg_pool_is_ready(pool) && pool->waiting_count < pool->waiting_limit) {
        enqueue(task);
        serve(pool);
    } else {
        bool is_full = is_lane && pg_pool_is_ready(pool);
        metrics_add(pool->metrics.queries[is_full ? PG_RETRY : PG_UNAVAILABLE], 1);
        pg_pool_refuse(pool, is_full ? &answer_busy : &pg_answer_unavailable, task->done, task->arg);
        pg_task_free(task);
    }
}

/* The shortest queue, but one whose first waits for longer than statements do only when there is no other; NULL when none is
 * ready or all are full. */
static struct pg_connection *choose(const struct pg_pool *pool)
{
    struct pg_connection *best = NULL;
    int least = 2 * pool->options.queue_limit;

    for (int i = 0; i < pool->options.connections && least > 0; i++) {
        struct pg_connection *each = pool->connections[i];
        int queue = each && pg_connection_is_ready(each) ? pg_connection_in_flight(each) : pool->options.queue_limit;
        if (queue == pool->options.queue_limit) {
            continue;
        }
        int weight = queue && pg_connection_is_stuck(each) ? queue + pool->options.queue_limit : queue;
        if (weight < least) {
            best = each;
            least = weight;
        }
    }
    return best;
}

static void enqueue(struct pg_task *task)
{
    struct pg_pool *pool = task->pool;

    if (!task->waits_by_us) {
        task->waits_by_us = clock_mono_us() + pool->wait_ms * (int64_t)1000;
    }
    TAILQ_INSERT_TAIL(&pool->waiting, task, next);
    pool->waiting_count++;
    metrics_set(pool->metrics.waiting, pool->waiting_count);
    if (!evtimer_pending(pool->late, NULL)) {
        timer_set(pool->late, LOOK_FOR_LATE_MS);
    }
}

static void take_answer(void *arg, const struct pg_answer *answer)
{
    struct pg_task *task = arg;
    struct pg_pool *pool = task->pool;

    set_at_work(pool, task->key, 0);
    if (pg_is_worth_another_try(answer) && task->tries < PG_TASK_TRIES_AGAIN && !pool->is_closed) {
        pg_metrics_note_another_try(answer);
        send_after_pause(task);
    } else if (pg_has_met_a_lock(answer) && !task->is_hasty && pool->locks && !pool->is_closed) {
        pg_metrics_note_another_try(answer);
        move_to_locks(task);
    } else if (pg_has_met_a_lock(answer) && pool->is_for_locks && !pool->is_closed && clock_mono_us() < task->waits_by_us) {
        enqueue(task);
    } else {
        if (pool->is_for_locks && answer->outcome == PG_OK) {
            pg_suspects_clear(&pool->suspects, key_of(task));
        }
        pg_task_finish(task, answer);
    }
    serve(pool);
}

static void send_after_pause(struct pg_task *task)
{
    if (!task->pause) {
        task->pause = evtimer_new(task->pool->base, send_again, task);
        if (!task->pause) {
            mem_fail();
        }
    }
    TAILQ_INSERT_TAIL(&task->pool->pausing, task, next);
    timer_set(task->pause, pg_pause_ms(task->tries++));
}

static void send_again(evutil_socket_t fd, short what, void *arg)
{
    struct pg_task *task = arg;
    (void)fd;
    (void)what;

    TAILQ_REMOVE(&task->pool->pausing, task, next);
    dispatch(task);
}

static uint64_t key_of(const struct pg_task *task)
{
    size_t sizes[KEY_VALUES];
    int count = task->params.count < KEY_VALUES ? task->params.count : KEY_VALUES;

    for (int i = 0; i < count; i++) {
        sizes[i] = pg_param_size(&task->params, i);
    }
    return pg_suspect_key(task->statement, task->params.values, sizes, count);
}

static bool is_suspect(const struct pg_task *task)
{
    struct pg_suspects *suspects = task->pool->locks ? &task->pool->locks->suspects : NULL;

    return suspects && pg_suspects_any(suspects) && pg_suspects_find(suspects, key_of(task));
}

/* What met a lock goes there from the start for a while, so that it need not be met anew where others wait. */
static void move_to_locks(struct pg_task *task)
{
    uint64_t key = key_of(task);

    pg_suspects_note(&task->pool->locks->suspects, key, true);
    task->pool = task->pool->locks;
    task->key = key;
    task->params.limits.lock_ms = LOCK_SLICE_MS;
    task->waits_by_us = clock_mono_us() + task->pool->wait_ms * (int64_t)1000;
    dispatch(task);
}

static bool is_at_work(const struct pg_pool *pool, uint64_t key)
{
    for (int i = 0; i < LOCK_CONNECTIONS; i++) {
        if (pool->at_work[i] == key) {
            return true;
        }
    }
    return false;
}

/* From 0 it begins, to 0 it ends. False, and nothing happens, when another one with this key is at work. */
static bool set_at_work(struct pg_pool *pool, uint64_t from, uint64_t to)
{
    if (!pool->is_for_locks) {
        return true;
    }
    if (to && is_at_work(pool, to)) {
        return false;
    }
    for (int i = 0; i < LOCK_CONNECTIONS; i++) {
        if (pool->at_work[i] == from) {
            pool->at_work[i] = to;
            break;
        }
    }
    return true;
}

static struct pg_task *next_waiting(const struct pg_pool *pool)
{
    struct pg_task *task = TAILQ_FIRST(&pool->waiting);

    while (task && pool->is_for_locks && is_at_work(pool, task->key)) {
        task = TAILQ_NEXT(task, next);
    }
    return task;
}

/* A connection of a lane may have come free. */
static void serve(struct pg_pool *pool)
{
    struct pg_connection *connection;
    struct pg_task *task;

    while ((task = next_waiting(pool)) && (connection = choose(pool))) {
        TAILQ_REMOVE(&pool->waiting, task, next);
        set_at_work(pool, 0, task->key);
        metrics_set(pool->metrics.waiting, --pool->waiting_count);
        pg_connection_send(connection, task->statement, &task->params, take_answer, task);
    }
}

static const struct pg_answer *late_answer(const struct pg_pool *pool)
{
    if (!pg_pool_is_ready(pool)) {
        return &pg_answer_unavailable;
    }
    return pool->is_for_locks ? &answer_locked : &answer_busy;
}

static void give_up_late(evutil_socket_t fd, short what, void *arg)
{
    struct pg_pool *pool = arg;
    struct pg_task *task, *after;
    int64_t now_us = clock_mono_us();
    (void)fd;
    (void)what;

    serve(pool);
    for (task = TAILQ_FIRST(&pool->waiting); task; task = after) {
        after = TAILQ_NEXT(task, next);
        if (now_us >= task->waits_by_us || !pg_pool_is_ready(pool)) {
            TAILQ_REMOVE(&pool->waiting, task, next);
            metrics_set(pool->metrics.waiting, --pool->waiting_count);
            pg_pool_refuse(pool, late_answer(pool), task->done, task->arg);
            pg_task_free(task);
        }
    }
    if (pool->waiting_count) {
        timer_set(pool->late, LOOK_FOR_LATE_MS);
    }
}

void pg_pool_refuse(struct pg_pool *pool, const struct pg_answer *answer, pg_done *done, void *arg)
{
    if (pool->refusal_count == pool->refusal_size) {
        pool->refusal_size = pool->refusal_size ? pool->refusal_size * 2 : 16;
        pool->refusals = mem_resize(pool->refusals, sizeof *pool->refusals * pool->refusal_size);
    }
    pool->refusals[pool->refusal_count++] = (struct refusal){ answer, done, arg };
    if (pool->refusal_count == 1) {
        timer_set(pool->refuse_soon, 0);
    }
}

/* Those who are refused anew meanwhile wait for another turn. */
static void refuse_all(evutil_socket_t fd, short what, void *arg)
{
    struct pg_pool *pool = arg;
    struct refusal *refusals = pool->refusals;
    size_t count = pool->refusal_count;
    (void)fd;
    (void)what;

    pool->refusals = NULL;
    pool->refusal_count = pool->refusal_size = 0;
    for (size_t i = 0; i < count; i++) {
        refusals[i].done(refusals[i].arg, refusals[i].answer);
    }
    free(refusals);
}
