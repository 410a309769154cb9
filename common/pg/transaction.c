/* transaction.c - who has which connection, and how its transaction ends; see transaction.h.
 *
 * A transaction outlives its flow until PostgreSQL has answered COMMIT or ROLLBACK; only then the connection goes to the
 * next. It knows the connection by its epoch: after a loss there is a new session, in which a statement would be a
 * transaction of its own, so nothing is sent there.
 */
#include "common/pg/transaction.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/pg/connection.h"
#include "common/pg/declared.h"
#include "common/pg/task.h"
#include "common/loop/timer.h"
#include "common/base/str.h"

/* BEGIN, its setting, a statement, the last one and COMMIT; and one to spare. */
#define QUEUE_LIMIT 8

enum ending { ENDING_OPEN, ENDING_COMMIT, ENDING_ROLLBACK };

struct action {
    struct action *next;
    void (*act)(struct flow *flow, void *arg);
    void *arg;
};

struct pg_transaction {
    struct pg_transactions *pool;
    struct flow *flow; /* NULL when that has ended, or has rolled back */
    struct slot *slot;
    unsigned epoch;
    bool is_broken; /* BEGIN failed */
    enum ending ending;
    struct pg_task *task; /* the statement at work, and its wait */
    struct flow_wait *task_wait;
    enum pg_outcome last; /* of the statement before COMMIT */
    char sqlstate[6];
    struct flow_wait *wait;                /* for its end */
    struct action *actions, **actions_end; /* for after the commit; in the flow's arena */
};

struct slot {
    struct pg_connection *connection;
    bool is_taken;
};

/* A flow that waits its turn; its parameters are in its arena. */
struct candidate {
    struct candidate *next;
    struct flow *flow; /* valid while the wait is not abandoned */
    struct flow_wait *wait;
    const struct pg_statement *statement;
    struct pg_params params;
    int64_t since_us;
};

struct pg_transactions {
    struct event_base *base;
    struct pg_pool_options options;
    struct pg_metrics metrics;
    struct slot *slots;
    struct candidate *waiting, **waiting_end;
};

static const struct pg_statement begin = { .name = "begin", .sql = "begin" };
/* Nobody waits behind it on its connection, so it may wait for locks for longer than the role does. */
static const struct pg_statement set_lock_timeout = { .name = "set_lock_timeout",
                                                      .sql = "select set_config('lock_timeout', $1, true)" };
/* Where a statement begins that may have to be sent again: what it has locked goes, what was done before stays. */
static const struct pg_statement mark = { .name = "savepoint", .sql = "savepoint attempt" };
static const struct pg_statement return_to_mark = { .name = "rollback_to_savepoint", .sql = "rollback to savepoint attempt" };
static const struct pg_statement commit = { .name = "commit", .sql = "commit" };
static const struct pg_statement roll_back = { .name = "rollback", .sql = "rollback" };

static void serve(struct pg_transactions *pool);
static struct slot *find_free(const struct pg_transactions *pool, bool *is_hopeless);
static void start(struct pg_transactions *pool, struct slot *slot, const struct candidate *candidate);
static void note_begun(void *arg, const struct pg_answer *answer);
static void abandon(void *arg);
static bool is_usable(const struct pg_transaction *transaction);
static bool has_session(const struct pg_transaction *transaction);
static void end_wait(void *arg, const struct pg_answer *answer);
static void take_answer(void *arg, const struct pg_answer *answer);
static void send_again(evutil_socket_t fd, short what, void *arg);
static void end_task(struct pg_transaction *transaction, const struct pg_answer *answer);
static void ignore(void *arg, const struct pg_answer *answer);
static void note_last(void *arg, const struct pg_answer *answer);
static void end_commit(void *arg, const struct pg_answer *answer);
static void send_rollback(struct pg_transaction *transaction);
static void end_rollback(void *arg, const struct pg_answer *answer);
static void release(struct pg_transaction *transaction);

struct pg_transactions *pg_transactions_new(struct event_base *base, const struct pg_pool_options *options)
{
    struct pg_transactions *pool = mem_alloc(sizeof *pool);

    pool->base = base;
    pool->options = *options;
    pool->options.queue_limit = QUEUE_LIMIT;
    pool->options.transactions = true;
    pool->waiting_end = &pool->waiting;
    pg_metrics_make(&pool->metrics, options->name);
    pool->slots = mem_alloc(sizeof *pool->slots * (size_t)options->connections);
    for (int i = 0; i < options->connections; i++) {
        pool->slots[i].connection = pg_connection_new(base, &pool->options, &pool->metrics);
    }
    return pool;
}

void pg_transactions_free(struct pg_transactions *pool)
{
    if (!pool) {
        return;
    }
    for (int i = 0; i < pool->options.connections; i++) {
        pg_connection_free(pool->slots[i].connection);
        pool->slots[i].connection = NULL;
    }
    while (pool->waiting) {
        struct candidate *candidate = pool->waiting;
        pool->waiting = candidate->next;
        flow_wait_end(candidate->wait, &pg_answer_unavailable);
        free(candidate);
    }
    free(pool->slots);
    free(pool);
}

bool pg_transactions_are_ready(const struct pg_transactions *pool)
{
    for (int i = 0; i < pool->options.connections; i++) {
        if (pg_connection_is_ready(pool->slots[i].connection)) {
            return true;
        }
    }
    return false;
}

struct next *pg_transaction_begin(struct flow *flow, struct pg_transactions *pool, const struct pg_statement *statement,
                                  const struct pg_params *params, flow_step *then)
{
    bool is_hopeless = false;
    struct slot *slot = pool->waiting ? NULL : find_free(pool, &is_hopeless);

    if (!pg_params_are_whole(statement, params)) {
        return flow_soon(flow, &pg_answer_rejected, then);
    }
    if (!slot && is_hopeless) {
        return flow_soon(flow, &pg_answer_unavailable, then);
    }
    struct candidate candidate = {
        .flow = flow, .wait = flow_wait_begin(flow, then), .statement = statement, .params = *params, .since_us = clock_mono_us()
    };
    if (slot) {
        start(pool, slot, &candidate);
        return flow_waiting();
    }
    struct candidate *kept = mem_alloc(sizeof *kept);
    *kept = candidate;
    *pool->waiting_end = kept;
    pool->waiting_end = &kept->next;
    return flow_waiting();
}

/* Gives free connections to those who wait; when no connection will come free, as none is in use, they fail. */
static void serve(struct pg_transactions *pool)
{
    while (pool->waiting) {
        bool is_hopeless = false;
        struct slot *slot = find_free(pool, &is_hopeless);
        if (!slot && !is_hopeless) {
            return;
        }
        struct candidate *candidate = pool->waiting;
        pool->waiting = candidate->next;
        if (!pool->waiting) {
            pool->waiting_end = &pool->waiting;
        }
        if (flow_wait_is_abandoned(candidate->wait) || !slot) {
            flow_wait_end(candidate->wait, &pg_answer_unavailable);
        } else {
            start(pool, slot, candidate);
        }
        free(candidate);
    }
}

static struct slot *find_free(const struct pg_transactions *pool, bool *is_hopeless)
{
    *is_hopeless = true;
    for (int i = 0; i < pool->options.connections; i++) {
        struct slot *slot = &pool->slots[i];
        if (slot->is_taken) {
            *is_hopeless = false;
        } else if (slot->connection && pg_connection_is_ready(slot->connection)) {
            return slot;
        }
    }
    return NULL;
}

static void start(struct pg_transactions *pool, struct slot *slot, const struct candidate *candidate)
{
    struct pg_transaction *transaction = mem_alloc(sizeof *transaction);
    struct pg_params none, lock;

    *transaction = (struct pg_transaction){
        .pool = pool, .flow = candidate->flow, .slot = slot, .epoch = pg_connection_epoch(slot->connection)
    };
    transaction->actions_end = &transaction->actions;
    slot->is_taken = true;
    metrics_observe(pool->metrics.wait, (double)(clock_mono_us() - candidate->since_us) / 1e6);
    candidate->flow->transaction = transaction;
    arena_defer(candidate->flow->arena, abandon, transaction);
    pg_params_init(&none, candidate->flow->arena);
    pg_connection_send(slot->connection, &begin, &none, note_begun, transaction);
    if (pool->options.lock_wait_ms) {
        pg_params_init(&lock, candidate->flow->arena);
        pg_int(&lock, pool->options.lock_wait_ms);
        pg_connection_send(slot->connection, &set_lock_timeout, &lock, ignore, NULL);
    }
    pg_connection_send(slot->connection, candidate->statement, &candidate->params, end_wait, candidate->wait);
}

static void note_begun(void *arg, const struct pg_answer *answer)
{
    struct pg_transaction *transaction = arg;

    transaction->is_broken = answer->outcome != PG_OK;
}

/* When it failed, what comes next does. */
static void ignore(void *arg, const struct pg_answer *answer)
{
    (void)arg;
    (void)answer;
}

/* The flow is over, whatever became of its transaction. */
static void abandon(void *arg)
{
    struct pg_transaction *transaction = arg;

    transaction->flow = NULL;
    if (transaction->task && transaction->task->pause && evtimer_pending(transaction->task->pause, NULL)) {
        end_task(transaction, &pg_answer_unavailable);
    }
    if (transaction->ending == ENDING_OPEN) {
        send_rollback(transaction);
    } else if (!transaction->slot) {
        free(transaction);
    }
}

static bool is_usable(const struct pg_transaction *transaction)
{
    return transaction->slot && !transaction->is_broken && transaction->ending == ENDING_OPEN && has_session(transaction) &&
           pg_connection_in_flight(transaction->slot->connection) < QUEUE_LIMIT;
}

struct next *pg_transaction_query(struct flow *flow, const struct pg_statement *statement, const struct pg_params *params,
                                  flow_step *then)
{
    struct pg_transaction *transaction = flow->transaction;
    struct pg_params none = { .count = 0 };

    if (!pg_params_are_whole(statement, params)) {
        return flow_soon(flow, &pg_answer_rejected, then);
    }
    if (!is_usable(transaction)) {
        return flow_soon(flow, &pg_answer_unavailable, then);
    }
    transaction->task = pg_task_new(statement, params, NULL, NULL);
    transaction->task_wait = flow_wait_begin(flow, then);
    pg_connection_send(transaction->slot->connection, &mark, &none, ignore, NULL);
    pg_connection_send(transaction->slot->connection, transaction->task->statement, params, take_answer, transaction);
    return flow_waiting();
}

/* A deadlock or a serialization failure is undone as far as the mark, and tried again after a pause. */
static void take_answer(void *arg, const struct pg_answer *answer)
{
    struct pg_transaction *transaction = arg;
    struct pg_task *task = transaction->task;

    if (!transaction->flow || !is_usable(transaction) || task->tries == PG_TASK_TRIES_AGAIN || !pg_is_worth_another_try(answer)) {
        end_task(transaction, answer);
        return;
    }
    pg_metrics_note_another_try(answer);
    if (!task->pause) {
        task->pause = evtimer_new(transaction->pool->base, send_again, transaction);
        if (!task->pause) {
            mem_fail();
        }
    }
    timer_set(task->pause, pg_pause_ms(task->tries++));
}

static void send_again(evutil_socket_t fd, short what, void *arg)
{
    struct pg_transaction *transaction = arg;
    struct pg_params none = { .count = 0 };
    (void)fd;
    (void)what;

    if (!is_usable(transaction)) {
        end_task(transaction, &pg_answer_unavailable);
        return;
    }
    const struct pg_task *task = transaction->task;
    pg_connection_send(transaction->slot->connection, &return_to_mark, &none, ignore, NULL);
    pg_connection_send(transaction->slot->connection, task->statement, &task->params, take_answer, transaction);
}

static void end_task(struct pg_transaction *transaction, const struct pg_answer *answer)
{
    struct flow_wait *wait = transaction->task_wait;

    pg_task_free(transaction->task);
    transaction->task = NULL;
    flow_wait_end(wait, answer);
}

static void end_wait(void *arg, const struct pg_answer *answer)
{
    flow_wait_end(arg, answer);
}

struct next *pg_transaction_commit(struct flow *flow, const struct pg_statement *statement, const struct pg_params *params,
                                   flow_step *then)
{
    struct pg_transaction *transaction = flow->transaction;
    struct pg_params none;

    if (!pg_params_are_whole(statement, params)) {
        return flow_soon(flow, &pg_answer_rejected, then);
    }
    if (!is_usable(transaction)) {
        return pg_transaction_roll_back(flow, then);
    }
    transaction->wait = flow_wait_begin(flow, then);
    transaction->ending = ENDING_COMMIT;
    pg_params_init(&none, flow->arena);
    pg_connection_send(transaction->slot->connection, statement, params, note_last, transaction);
    pg_connection_send(transaction->slot->connection, &commit, &none, end_commit, transaction);
    return flow_waiting();
}

static void note_last(void *arg, const struct pg_answer *answer)
{
    struct pg_transaction *transaction = arg;

    transaction->last = answer->outcome;
    snprintf(transaction->sqlstate, sizeof transaction->sqlstate, "%s", pg_answer_sqlstate(answer));
}

/* COMMIT after a failure is a ROLLBACK, and goes well. */
static void end_commit(void *arg, const struct pg_answer *answer)
{
    struct pg_transaction *transaction = arg;
    char sqlstate[6];
    struct pg_answer told = { .outcome = transaction->last == PG_OK ? answer->outcome : transaction->last, .sqlstate = sqlstate };
    struct flow_wait *wait = transaction->wait;
    struct flow *flow = transaction->flow;
    snprintf(sqlstate, sizeof sqlstate, "%s", transaction->last == PG_OK ? pg_answer_sqlstate(answer) : transaction->sqlstate);
    struct action *actions = told.outcome == PG_OK && flow ? transaction->actions : NULL;

    if (flow) {
        flow->transaction = NULL;
    }
    release(transaction);
    for (; actions; actions = actions->next) {
        actions->act(flow, actions->arg);
    }
    flow_wait_end(wait, &told);
}

struct next *pg_transaction_roll_back(struct flow *flow, flow_step *then)
{
    struct pg_transaction *transaction = flow->transaction;

    flow->transaction = NULL;
    if (!has_session(transaction)) {
        send_rollback(transaction);
        return flow_soon(flow, &pg_answer_unavailable, then);
    }
    transaction->wait = flow_wait_begin(flow, then);
    send_rollback(transaction);
    return flow_waiting();
}

static bool has_session(const struct pg_transaction *transaction)
{
    const struct pg_connection *connection = transaction->slot->connection;

    return connection && pg_connection_is_ready(connection) && pg_connection_epoch(connection) == transaction->epoch;
}

static void send_rollback(struct pg_transaction *transaction)
{
    struct pg_params none = { .count = 0 };

    transaction->ending = ENDING_ROLLBACK;
    if (has_session(transaction)) {
        pg_connection_send(transaction->slot->connection, &roll_back, &none, end_rollback, transaction);
    } else {
        release(transaction); /* it went with its session */
    }
}

static void end_rollback(void *arg, const struct pg_answer *answer)
{
    struct pg_transaction *transaction = arg;
    struct flow_wait *wait = transaction->wait;

    release(transaction);
    if (wait) {
        flow_wait_end(wait, answer);
    }
}

static void release(struct pg_transaction *transaction)
{
    struct pg_transactions *pool = transaction->pool;

    transaction->slot->is_taken = false;
    transaction->slot = NULL;
    if (!transaction->flow) {
        free(transaction);
    }
    serve(pool);
}

void pg_transaction_after_commit(struct flow *flow, void (*act)(struct flow *flow, void *arg), void *arg)
{
    struct pg_transaction *transaction = flow->transaction;
    struct action *action = arena_alloc(flow->arena, sizeof *action);

    *action = (struct action){ .act = act, .arg = arg };
    *transaction->actions_end = action;
    transaction->actions_end = &action->next;
}
