/* searches.c - see the header. A turn passes on in the loop's next round, when the flow that had it is gone. */
#include "services/views/searches.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/mem.h"
#include "common/daemon/daemon.h"
#include "common/http/problem.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

struct waiter {
    STAILQ_ENTRY(waiter) next;
    struct flow_wait *wait;
    struct arena *arena; /* of its flow */
};

/* A session that searches. */
struct seeker {
    LIST_ENTRY(seeker) next;
    struct searches *searches;
    uint8_t key[CRYPTO_HASH_SIZE];
    int at_work, waiting;
    STAILQ_HEAD(, waiter) waiters;
};

struct searches {
    struct event *round;
    int64_t at_work_max, waiting_max; /* of a session */
    LIST_HEAD(, seeker) seekers;
};

/* In the order in which they run. */
static struct seeker *find_seeker(struct searches *searches, const uint8_t *key);
static void begin_turn(struct seeker *seeker, struct arena *arena);
static void end_turn(void *arg);
static void pass_turns(evutil_socket_t fd, short what, void *arg);
static void pass_turns_of(struct seeker *seeker);

struct searches *searches_new(struct daemon *daemon, const struct views_settings *settings)
{
    struct searches *searches = mem_alloc(sizeof *searches);

    searches->round = event_new(daemon->base, -1, 0, pass_turns, searches);
    searches->at_work_max = settings->searches_at_work;
    searches->waiting_max = settings->searches_waiting;
    LIST_INIT(&searches->seekers);
    return searches;
}

void searches_free(struct searches *searches)
{
    event_free(searches->round);
    free(searches);
}

struct next *searches_take_turn(struct flow *flow, struct searches *searches, flow_step *then)
{
    struct pg_bytes session = visitor_session_hash(flow);

    if (!session.data) {
        return then(flow); /* to be refused */
    }
    struct seeker *seeker = find_seeker(searches, session.data);
    if (seeker->at_work < searches->at_work_max && seeker->waiting == 0) {
        begin_turn(seeker, flow->arena);
        return then(flow);
    }
    if (seeker->waiting >= searches->waiting_max) {
        http_set_header(flow, "Retry-After", "1");
        return problem_reply(flow, 429, "too_many_searches", "Too many searches of yours wait already. Try again in a moment.");
    }
    struct waiter *waiter = mem_alloc(sizeof *waiter);
    waiter->wait = flow_wait_begin(flow, then);
    waiter->arena = flow->arena;
    seeker->waiting++;
    STAILQ_INSERT_TAIL(&seeker->waiters, waiter, next);
    return flow_waiting();
}

static struct seeker *find_seeker(struct searches *searches, const uint8_t *key)
{
    struct seeker *seeker;

    LIST_FOREACH(seeker, &searches->seekers, next)
    {
        if (memcmp(seeker->key, key, sizeof seeker->key) == 0) {
            return seeker;
        }
    }
    seeker = mem_alloc(sizeof *seeker);
    seeker->searches = searches;
    memcpy(seeker->key, key, sizeof seeker->key);
    STAILQ_INIT(&seeker->waiters);
    LIST_INSERT_HEAD(&searches->seekers, seeker, next);
    return seeker;
}

static void begin_turn(struct seeker *seeker, struct arena *arena)
{
    seeker->at_work++;
    arena_defer(arena, end_turn, seeker);
}

static void end_turn(void *arg)
{
    struct seeker *seeker = arg;

    seeker->at_work--;
    event_active(seeker->searches->round, EV_TIMEOUT, 0);
}

static void pass_turns(evutil_socket_t fd, short what, void *arg)
{
    struct searches *searches = arg;
    struct seeker *seeker, *after;
    (void)fd;
    (void)what;

    for (seeker = LIST_FIRST(&searches->seekers); seeker; seeker = after) {
        pass_turns_of(seeker);
        after = LIST_NEXT(seeker, next);
        if (seeker->at_work == 0 && seeker->waiting == 0) {
            LIST_REMOVE(seeker, next);
            free(seeker);
        }
    }
}

static void pass_turns_of(struct seeker *seeker)
{
    while (seeker->waiting > 0 && seeker->at_work < seeker->searches->at_work_max) {
        struct waiter *waiter = STAILQ_FIRST(&seeker->waiters);
        STAILQ_REMOVE_HEAD(&seeker->waiters, next);
        seeker->waiting--;
        if (!flow_wait_is_abandoned(waiter->wait)) {
            begin_turn(seeker, waiter->arena);
        }
        flow_wait_end(waiter->wait, NULL);
        free(waiter);
    }
}
