/* make_content.c - see the header. */
#include "services/views/make_content.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/str.h"
#include "common/daemon/daemon.h"
#include "services/views/content_cache.h"
#include "services/views/views.h"

/* A request that waits. */
struct waiter {
    STAILQ_ENTRY(waiter) next;
    struct flow *flow;
    struct flow_wait *wait;
    struct made **made; /* NULL: waits for its turn alone */
};

struct making {
    LIST_ENTRY(making) next;
    struct content_makers *makers; /* NULL: they are gone */
    const struct content_kind *kind;
    uint8_t key[CRYPTO_HASH_SIZE];
    char *version;
    STAILQ_HEAD(, waiter) waiters;
};

struct content_makers {
    struct pg_pool *pool;
    struct content_cache *cache;
    LIST_HEAD(, making) in_hand;
};

/* In the order in which they run. */
static struct making *find(const struct content_makers *makers, const uint8_t *key);
static struct making *begin(struct flow *flow, const struct content_kind *kind, const uint8_t *key, const char *version);
static void end(void *arg, const struct pg_answer *answer);
static void hand_over(struct waiter *waiter, const struct pg_answer *answer, struct made *made);

struct content_makers *content_makers_new(struct daemon *daemon, struct content_cache *cache)
{
    struct content_makers *makers = mem_alloc(sizeof *makers);

    makers->pool = daemon->pg;
    makers->cache = cache;
    LIST_INIT(&makers->in_hand);
    return makers;
}

void content_makers_free(struct content_makers *makers)
{
    struct making *making;

    LIST_FOREACH(making, &makers->in_hand, next)
    {
        making->makers = NULL;
    }
    free(makers);
}

struct next *make_content(struct flow *flow, const struct content_kind *kind, const uint8_t *key, const char *version,
                          struct made **made, flow_step *then)
{
    struct making *making = find(views_of(flow)->makers, key);
    bool is_the_same = making && str_equal(making->version, version);

    if (!making) {
        making = begin(flow, kind, key, version);
        is_the_same = true;
    }
    struct waiter *waiter = mem_alloc(sizeof *waiter);
    waiter->flow = flow;
    waiter->wait = flow_wait_begin(flow, then);
    waiter->made = is_the_same ? made : NULL;
    STAILQ_INSERT_TAIL(&making->waiters, waiter, next);
    return flow_waiting();
}

static struct making *find(const struct content_makers *makers, const uint8_t *key)
{
    struct making *making;

    LIST_FOREACH(making, &makers->in_hand, next)
    {
        if (memcmp(making->key, key, sizeof making->key) == 0) {
            return making;
        }
    }
    return NULL;
}

static struct making *begin(struct flow *flow, const struct content_kind *kind, const uint8_t *key, const char *version)
{
    struct content_makers *makers = views_of(flow)->makers;
    struct making *making = mem_alloc(sizeof *making);
    struct pg_params params;

    making->makers = makers;
    making->kind = kind;
    memcpy(making->key, key, sizeof making->key);
    making->version = mem_strdup(version);
    STAILQ_INIT(&making->waiters);
    LIST_INSERT_HEAD(&makers->in_hand, making, next);
    kind->put(flow, &params);
    pg_send(pg_heavy(makers->pool), kind->statement, &params, end, making);
    return making;
}

/* Whoever waits runs after it is taken off the list: one of them may begin the next. */
static void end(void *arg, const struct pg_answer *answer)
{
    struct making *making = arg;
    struct made *made = pg_answer_outcome(answer) == PG_OK ? making->kind->read(answer) : NULL;
    struct waiter *waiter;

    if (making->makers) {
        LIST_REMOVE(making, next);
    }
    if (made && making->makers) {
        content_cache_keep(making->makers->cache, making->key, made);
    }
    while ((waiter = STAILQ_FIRST(&making->waiters))) {
        STAILQ_REMOVE_HEAD(&making->waiters, next);
        hand_over(waiter, answer, made);
        free(waiter);
    }
    made_release(made);
    free(making->version);
    free(making);
}

static void hand_over(struct waiter *waiter, const struct pg_answer *answer, struct made *made)
{
    if (made && waiter->made && !flow_wait_is_abandoned(waiter->wait)) {
        *waiter->made = made_hold(made);
        arena_defer(waiter->flow->arena, made_release, made);
    }
    flow_wait_end(waiter->wait, answer);
}
