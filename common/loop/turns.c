/* turns.c - see the header. A turn passes on in the loop's next round, when the flow that had it is gone. */
#include "common/loop/turns.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/mem.h"

struct waiter {
    STAILQ_ENTRY(waiter) next;
    struct flow_wait *wait;
    struct arena *arena; /* of its flow */
};

struct taker {
    TAILQ_ENTRY(taker) next;
    struct turns *turns;
    char *key;
    int64_t at_work, waiting;
    STAILQ_HEAD(, waiter) waiters;
};

struct turns {
    struct turns_options options;
    struct event *round;
    int64_t at_work, waiting;
    TAILQ_HEAD(, taker) takers; /* who had a turn last is the last */
};

/* In the order in which they run. */
static struct taker *find_taker(struct turns *turns, const char *key);
static bool is_free(const struct taker *taker);
static bool is_full(const struct taker *taker);
static void begin_turn(struct taker *taker, struct arena *arena);
static void end_turn(void *arg);
static void pass_turns(evutil_socket_t fd, short what, void *arg);
static struct taker *find_next(struct turns *turns);
static void pass_turn(struct taker *taker);

struct turns *turns_new(struct event_base *base, const struct turns_options *options)
{
    struct turns *turns = mem_alloc(sizeof *turns);

    turns->options = *options;
    turns->round = event_new(base, -1, 0, pass_turns, turns);
    if (!turns->round) {
        abort();
    }
    TAILQ_INIT(&turns->takers);
    return turns;
}

void turns_free(struct turns *turns)
{
    struct taker *taker;

    while ((taker = TAILQ_FIRST(&turns->takers))) {
        TAILQ_REMOVE(&turns->takers, taker, next);
        free(taker->key);
        free(taker);
    }
    event_free(turns->round);
    free(turns);
}

struct next *turns_take(struct flow *flow, struct turns *turns, const char *key, flow_step *then, flow_step *full)
{
    struct taker *taker = find_taker(turns, key);

    if (is_free(taker) && taker->waiting == 0) {
        begin_turn(taker, flow->arena);
        return then(flow);
    }
    if (is_full(taker)) {
        event_active(turns->round, EV_TIMEOUT, 0); /* it may be there for this alone */
        return full(flow);
    }
    struct waiter *waiter = mem_alloc(sizeof *waiter);
    waiter->wait = flow_wait_begin(flow, then);
    waiter->arena = flow->arena;
    taker->waiting++;
    turns->waiting++;
    STAILQ_INSERT_TAIL(&taker->waiters, waiter, next);
    return flow_waiting();
}

static struct taker *find_taker(struct turns *turns, const char *key)
{
    struct taker *taker;

    TAILQ_FOREACH(taker, &turns->takers, next)
    {
        if (strcmp(taker->key, key) == 0) {
            return taker;
        }
    }
    taker = mem_alloc(sizeof *taker);
    taker->turns = turns;
    taker->key = mem_strdup(key);
    STAILQ_INIT(&taker->waiters);
    TAILQ_INSERT_HEAD(&turns->takers, taker, next);
    return taker;
}

static bool is_free(const struct taker *taker)
{
    const struct turns *turns = taker->turns;
    int64_t together = turns->options.at_work_together;

    return taker->at_work < turns->options.at_work && (!together || turns->at_work < together);
}

static bool is_full(const struct taker *taker)
{
    const struct turns *turns = taker->turns;
    int64_t together = turns->options.waiting_together;

    return taker->waiting >= turns->options.waiting || (together && turns->waiting >= together);
}

static void begin_turn(struct taker *taker, struct arena *arena)
{
    struct turns *turns = taker->turns;

    taker->at_work++;
    turns->at_work++;
    TAILQ_REMOVE(&turns->takers, taker, next);
    TAILQ_INSERT_TAIL(&turns->takers, taker, next);
    arena_defer(arena, end_turn, taker);
}

static void end_turn(void *arg)
{
    struct taker *taker = arg;

    taker->at_work--;
    taker->turns->at_work--;
    event_active(taker->turns->round, EV_TIMEOUT, 0);
}

static void pass_turns(evutil_socket_t fd, short what, void *arg)
{
    struct turns *turns = arg;
    struct taker *taker, *after;
    (void)fd;
    (void)what;

    while ((taker = find_next(turns))) {
        pass_turn(taker);
    }
    for (taker = TAILQ_FIRST(&turns->takers); taker; taker = after) {
        after = TAILQ_NEXT(taker, next);
        if (taker->at_work == 0 && taker->waiting == 0) {
            TAILQ_REMOVE(&turns->takers, taker, next);
            free(taker->key);
            free(taker);
        }
    }
}

/* Of those that wait and may have a turn the one that had none for longest. */
static struct taker *find_next(struct turns *turns)
{
    struct taker *taker;

    TAILQ_FOREACH(taker, &turns->takers, next)
    {
        if (taker->waiting > 0 && is_free(taker)) {
            return taker;
        }
    }
    return NULL;
}

static void pass_turn(struct taker *taker)
{
    struct waiter *waiter = STAILQ_FIRST(&taker->waiters);

    STAILQ_REMOVE_HEAD(&taker->waiters, next);
    taker->waiting--;
    taker->turns->waiting--;
    if (!flow_wait_is_abandoned(waiter->wait)) {
        begin_turn(taker, waiter->arena);
    }
    flow_wait_end(waiter->wait, NULL);
    free(waiter);
}
