/* pool.c - which connection takes a request; see pg.h.
 *
 * What a connection does with a request is in connection.c. A request that no connection takes is answered
 * PG_UNAVAILABLE from the loop's next turn: nothing queues here, so that a caller can say 503 while it still matters.
 */
#include "common/pg/pg.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/loop/timer.h"
#include "common/pg/connection.h"
#include "common/pg/declared.h"

struct refusal {
    const struct pg_answer *answer;
    pg_done *done;
    void *arg;
};

struct pg_pool {
    struct event_base *base;
    struct pg_pool_options options;
    struct pg_metrics metrics;
    struct pg_connection **connections;
    struct event *refuse_soon;
    struct refusal *refusals;
    size_t refusal_count, refusal_size;
};

static struct pg_connection *choose(const struct pg_pool *pool);
static void refuse_all(evutil_socket_t fd, short what, void *arg);

struct pg_pool *pg_pool_new(struct event_base *base, const struct pg_pool_options *options)
{
    struct pg_pool *pool = mem_alloc(sizeof *pool);

    pool->base = base;
    pool->options = *options;
    pg_metrics_make(&pool->metrics, options->name);
    pool->refuse_soon = evtimer_new(base, refuse_all, pool);
    if (!pool->refuse_soon) {
        abort();
    }
    pool->connections = mem_alloc(sizeof *pool->connections * (size_t)options->connections);
    for (int i = 0; i < options->connections; i++) {
        pool->connections[i] = pg_connection_new(base, &pool->options, &pool->metrics);
    }
    return pool;
}

struct event_base *pg_pool_base(const struct pg_pool *pool)
{
    return pool->base;
}

void pg_pool_free(struct pg_pool *pool)
{
    if (!pool) {
        return;
    }
    for (int i = 0; i < pool->options.connections; i++) {
        pg_connection_free(pool->connections[i]);
        pool->connections[i] = NULL;
    }
    /* Those who were failed just now may have asked again. */
    while (pool->refusal_count) {
        refuse_all(-1, 0, pool);
    }
    event_free(pool->refuse_soon);
    free(pool->refusals);
    free(pool->connections);
    free(pool);
}

bool pg_pool_is_ready(const struct pg_pool *pool)
{
    for (int i = 0; i < pool->options.connections; i++) {
        if (pg_connection_is_ready(pool->connections[i])) {
            return true;
        }
    }
    return false;
}

void pg_send(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params, pg_done *done, void *arg)
{
    struct pg_connection *connection = choose(pool);

    if (!pg_params_are_whole(statement, params)) {
        metrics_add(pool->metrics.queries[PG_REJECTED], 1);
        pg_pool_refuse(pool, &pg_answer_rejected, done, arg);
        return;
    }
    if (!connection) {
        metrics_add(pool->metrics.queries[PG_UNAVAILABLE], 1);
        pg_pool_refuse(pool, &pg_answer_unavailable, done, arg);
        return;
    }
    pg_connection_send(connection, statement, params, done, arg);
}

/* The shortest queue; NULL when none is ready or all are full. */
static struct pg_connection *choose(const struct pg_pool *pool)
{
    struct pg_connection *best = NULL;
    int least = pool->options.queue_limit;

    for (int i = 0; i < pool->options.connections && least > 0; i++) {
        struct pg_connection *each = pool->connections[i];
        if (each && pg_connection_is_ready(each) && pg_connection_in_flight(each) < least) {
            best = each;
            least = pg_connection_in_flight(each);
        }
    }
    return best;
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
