/* make_content.c - see the header. */
#include "services/views/make_content.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/str.h"
#include "common/daemon/daemon.h"
#include "services/views/content_cache.h"
#include "services/views/show_content.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

/* A request that waits. */
struct waiter {
    STAILQ_ENTRY(waiter) next;
    struct flow *flow;
    struct flow_wait *wait;
    struct content_page **page; /* NULL: waits for its turn alone */
};

struct making {
    LIST_ENTRY(making) next;
    struct content_makers *makers; /* NULL: they are gone */
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
static struct making *begin(struct flow *flow, struct content_makers *makers, const uint8_t *key, const char *version);
static void end(void *arg, const struct pg_answer *answer);
static struct content_page *read_page(const struct pg_answer *answer);
static void hand_over(struct waiter *waiter, const struct pg_answer *answer, struct content_page *page);

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

struct next *make_content(struct flow *flow, const char *version, struct content_page **page, flow_step *then)
{
    struct content_makers *makers = views_of(flow)->makers;
    const uint8_t *key = visitor_token_hash(flow).data;
    struct making *making = find(makers, key);
    bool is_the_same = making && str_equal(making->version, version);

    if (!making) {
        making = begin(flow, makers, key, version);
        is_the_same = true;
    }
    struct waiter *waiter = mem_alloc(sizeof *waiter);
    waiter->flow = flow;
    waiter->wait = flow_wait_begin(flow, then);
    waiter->page = is_the_same ? page : NULL;
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

static struct making *begin(struct flow *flow, struct content_makers *makers, const uint8_t *key, const char *version)
{
    struct making *making = mem_alloc(sizeof *making);
    struct pg_params params;
    struct show_content_in in = {
        .token_hash = pg_bytes_of(key, sizeof making->key),
        .media_path = arena_printf(flow->arena, "%s/media/", visitor_path(flow)),
    };

    making->makers = makers;
    memcpy(making->key, key, sizeof making->key);
    making->version = mem_strdup(version);
    STAILQ_INIT(&making->waiters);
    LIST_INSERT_HEAD(&makers->in_hand, making, next);
    show_content_params(&params, flow->arena, &in);
    pg_send(pg_heavy(makers->pool), &show_content_statement, &params, end, making);
    return making;
}

/* Whoever waits runs after it is taken off the list: one of them may begin the next. */
static void end(void *arg, const struct pg_answer *answer)
{
    struct making *making = arg;
    struct content_page *page = pg_answer_outcome(answer) == PG_OK ? read_page(answer) : NULL;
    struct waiter *waiter;

    if (making->makers) {
        LIST_REMOVE(making, next);
    }
    if (page && making->makers) {
        content_cache_keep(making->makers->cache, making->key, page);
    }
    while ((waiter = STAILQ_FIRST(&making->waiters))) {
        STAILQ_REMOVE_HEAD(&making->waiters, next);
        hand_over(waiter, answer, page);
        free(waiter);
    }
    content_page_release(page);
    free(making->version);
    free(making);
}

/* NULL when the link is over. */
static struct content_page *read_page(const struct pg_answer *answer)
{
    int rows = pg_answer_rows(answer);
    struct show_content_out first = show_content_read(answer, 0);

    if (first.door != DOOR_OPEN || !first.head) {
        return NULL;
    }
    size_t count = 0;
    struct content_item *items = mem_alloc((size_t)rows * sizeof *items);
    int64_t *completed_us = mem_alloc((size_t)rows * sizeof *completed_us);
    for (int row = 0; row < rows; row++) {
        struct show_content_out out = show_content_read(answer, row);
        if (out.interview) {
            completed_us[count] = out.completed_us;
            items[count] = (struct content_item){
                .interview = out.interview,
                .searched = out.searched ? out.searched : "",
                .job_id = out.job_id,
                .type = out.type,
                .name_rank = out.name_rank,
                .completed_us = out.has_completed_us ? &completed_us[count] : NULL,
                .rating = out.has_rating ? out.rating : 0,
                .is_reviewed = out.is_reviewed,
            };
            count++;
        }
    }
    struct content_page *page = content_page_new(first.content_version, first.head, first.has_feedback, items, count);
    free(items);
    free(completed_us);
    return page;
}

static void hand_over(struct waiter *waiter, const struct pg_answer *answer, struct content_page *page)
{
    if (page && waiter->page && !flow_wait_is_abandoned(waiter->wait)) {
        *waiter->page = content_page_hold(page);
        arena_defer(waiter->flow->arena, content_page_release, page);
    }
    flow_wait_end(waiter->wait, answer);
}
