/* ratelimit.c - buckets, what they tell Redis, and who waits for its answer; see ratelimit.h. */
#include "common/daemon/ratelimit.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/gcra.h"
#include "common/http/http.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/http/problem.h"
#include "common/loop/timer.h"
#include "common/redis/redis.h"
#include "common/base/str.h"

#define TICK_MS 50
/* Redis that takes longer counts as away until it answers again. */
#define SLOW_US       (100 * 1000)
#define CREDIT_PARTS  20
#define SUBJECT_SIZE  64
#define KEY_PREFIX    "sharelink:ratelimit:"
#define SCRIPT_ID_MAX 40

enum { CHAINS = 1024 };

struct bucket {
    struct ratelimit *limit;
    struct bucket *next;
    char subject[SUBJECT_SIZE];
    int64_t tat_us;  /* on this process's clock, as far as it knows */
    int64_t untold;  /* given, and not yet told Redis */
    int64_t telling; /* given, and on its way to Redis */
    int64_t told_us; /* when the call under way began; 0 when there is none */
    struct waiter *waiting, **waiting_end;
};

struct waiter {
    struct waiter *next;
    struct flow_wait *wait;
};

struct ratelimit {
    struct event_base *base;
    struct redis *redis;
    struct gcra gcra;
    int64_t credit;
    char policy[64];
    char script_id[SCRIPT_ID_MAX + 1]; /* "" until Redis has said it */
    bool redis_is_away;
    unsigned calls;     /* that Redis owes an answer */
    struct event *tick; /* NULL when freed but for calls */
    struct bucket *chains[CHAINS];
    size_t bucket_count;
    struct metric *refused, *told, *untellable;
};

/* What a flow needs again when it has waited. */
struct taking {
    struct ratelimit *limit;
    const char *subject;
    flow_step *then;
};

static void destroy(struct ratelimit *limit);
static struct bucket *find(struct ratelimit *limit, const char *subject);
static struct next *take(struct flow *flow, const struct taking *taking);
static struct next *wait_for_redis(struct flow *flow, const struct taking *taking, struct bucket *bucket);
static struct next *take_again(struct flow *flow);
static void show(struct flow *flow, const struct ratelimit *limit, const struct bucket *bucket, int64_t now_us);
static struct next *refuse(struct flow *flow, const struct ratelimit *limit, const struct bucket *bucket, int64_t now_us);
static void tell(struct bucket *bucket);
static void call_script(struct bucket *bucket, bool is_by_id);
static void load_script(struct ratelimit *limit);
static void keep_script_id(void *arg, const struct redis_value *reply, const char *errstr);
static bool call_ended(struct ratelimit *limit);
static void hear(void *arg, const struct redis_value *reply, const char *errstr);
static void note_redis(struct ratelimit *limit, bool is_away);
static void wake(struct bucket *bucket);
static void look_after(evutil_socket_t fd, short what, void *arg);

static const char script[] =
#include "common/daemon/ratelimit.lua.inc"
    ;

struct ratelimit *ratelimit_new(struct event_base *base, struct redis *redis, int64_t burst, int64_t per_second)
{
    if (burst == 0 || per_second == 0) {
        return NULL;
    }
    struct ratelimit *limit = mem_alloc(sizeof *limit);
    struct metric_family *told = metrics_counter("sharelink_rate_limit_told_total",
                                                 "Calls that told Redis what was given to callers, by outcome.", "outcome");

    limit->base = base;
    limit->redis = redis;
    limit->gcra = (struct gcra){ .interval_us = 1000000 / per_second, .burst = burst };
    limit->credit = burst / CREDIT_PARTS > 0 ? burst / CREDIT_PARTS : 1;
    snprintf(limit->policy, sizeof limit->policy, "\"default\";q=%lld;w=%lld", (long long)burst,
             (long long)((burst + per_second - 1) / per_second));
    limit->refused = metrics_only(metrics_counter("sharelink_rate_limited_total", "Requests refused with 429.", ""));
    limit->told = metrics_series(told, (const char *const[]){ "ok" });
    limit->untellable = metrics_series(told, (const char *const[]){ "failed" });
    limit->tick = event_new(base, -1, EV_PERSIST, look_after, limit);
    if (!limit->tick) {
        abort();
    }
    return limit;
}

/* Calls that Redis owes an answer hold buckets: the last of them frees what is left. */
void ratelimit_free(struct ratelimit *limit)
{
    if (!limit) {
        return;
    }
    event_free(limit->tick);
    limit->tick = NULL;
    if (limit->calls == 0) {
        destroy(limit);
    }
}

static void destroy(struct ratelimit *limit)
{
    for (size_t i = 0; i < CHAINS; i++) {
        while (limit->chains[i]) {
            struct bucket *bucket = limit->chains[i];
            limit->chains[i] = bucket->next;
            free(bucket);
        }
    }
    free(limit);
}

static uint32_t chain_of(const char *subject)
{
    uint32_t mixed = 2166136261u; /* FNV-1a */

    for (; *subject; subject++) {
        mixed = (mixed ^ (unsigned char)*subject) * 16777619u;
    }
    return mixed % CHAINS;
}

static struct bucket *find(struct ratelimit *limit, const char *subject)
{
    struct bucket **chain = &limit->chains[chain_of(subject)];

    for (struct bucket *bucket = *chain; bucket; bucket = bucket->next) {
        if (str_equal(bucket->subject, subject)) {
            return bucket;
        }
    }
    struct bucket *bucket = mem_alloc(sizeof *bucket);
    snprintf(bucket->subject, sizeof bucket->subject, "%s", subject);
    bucket->limit = limit;
    bucket->waiting_end = &bucket->waiting;
    bucket->next = *chain;
    *chain = bucket;
    if (limit->bucket_count++ == 0) {
        timer_set(limit->tick, TICK_MS);
    }
    return bucket;
}

struct next *ratelimit_take(struct flow *flow, struct ratelimit *limit, const char *subject, flow_step *then)
{
    return limit ? take(flow, &(struct taking){ limit, subject, then }) : then(flow);
}

static struct next *take(struct flow *flow, const struct taking *taking)
{
    struct ratelimit *limit = taking->limit;
    struct bucket *bucket = find(limit, taking->subject);
    int64_t now_us = clock_mono_us();

    if (!limit->redis_is_away && bucket->untold + bucket->telling >= limit->credit) {
        return wait_for_redis(flow, taking, bucket);
    }
    if (!gcra_take(&limit->gcra, &bucket->tat_us, now_us)) {
        return refuse(flow, limit, bucket, now_us);
    }
    if (bucket->untold < limit->gcra.burst) {
        bucket->untold++;
    }
    if (!limit->redis_is_away && !bucket->told_us && bucket->untold >= (limit->credit + 1) / 2) {
        tell(bucket);
    }
    show(flow, limit, bucket, now_us);
    return taking->then(flow);
}

static struct next *wait_for_redis(struct flow *flow, const struct taking *taking, struct bucket *bucket)
{
    struct waiter *waiter = mem_alloc(sizeof *waiter);

    flow->state = memcpy(arena_alloc(flow->arena, sizeof *taking), taking, sizeof *taking);
    waiter->wait = flow_wait_begin(flow, take_again);
    *bucket->waiting_end = waiter;
    bucket->waiting_end = &waiter->next;
    if (!bucket->told_us) {
        tell(bucket);
    }
    return flow_waiting();
}

static struct next *take_again(struct flow *flow)
{
    return take(flow, flow->state);
}

static void show(struct flow *flow, const struct ratelimit *limit, const struct bucket *bucket, int64_t now_us)
{
    int64_t rest_us = gcra_rest_us(bucket->tat_us, now_us);
    char now[64];

    snprintf(now, sizeof now, "\"default\";r=%lld;t=%lld", (long long)gcra_left(&limit->gcra, bucket->tat_us, now_us),
             (long long)((rest_us + 999999) / 1000000));
    http_set_header(flow, "RateLimit-Policy", limit->policy);
    http_set_header(flow, "RateLimit", now);
}

static struct next *refuse(struct flow *flow, const struct ratelimit *limit, const struct bucket *bucket, int64_t now_us)
{
    int64_t wait_s = (gcra_wait_us(&limit->gcra, bucket->tat_us, now_us) + 999999) / 1000000;

    metrics_add(limit->refused, 1);
    show(flow, limit, bucket, now_us);
    http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)(wait_s > 1 ? wait_s : 1)));
    return problem_reply(flow, 429, "rate_limited",
                         str_starts_with(bucket->subject, "slk_") ? "This API key has called too often; see Retry-After."
                                                                  : "This session has called too often; see Retry-After.");
}

/* --- telling Redis --- */

static void tell(struct bucket *bucket)
{
    bucket->told_us = clock_mono_us();
    bucket->telling = bucket->untold;
    bucket->untold = 0;
    call_script(bucket, bucket->limit->script_id[0] != '\0');
}

static void call_script(struct bucket *bucket, bool is_by_id)
{
    struct ratelimit *limit = bucket->limit;
    char key[sizeof KEY_PREFIX + SUBJECT_SIZE], interval[24], burst[24], given[24];

    snprintf(key, sizeof key, "%s%s", KEY_PREFIX, bucket->subject);
    snprintf(interval, sizeof interval, "%lld", (long long)limit->gcra.interval_us);
    snprintf(burst, sizeof burst, "%lld", (long long)limit->gcra.burst);
    snprintf(given, sizeof given, "%lld", (long long)bucket->telling);
    limit->calls++;
    if (is_by_id) {
        redis_call(limit->redis, 0, hear, bucket, "EVALSHA", limit->script_id, "1", key, interval, burst, given, NULL);
        return;
    }
    redis_call(limit->redis, 0, hear, bucket, "EVAL", script, "1", key, interval, burst, given, NULL);
    load_script(limit);
}

/* For its id, by which it is called from then on. */
static void load_script(struct ratelimit *limit)
{
    limit->calls++;
    redis_call(limit->redis, 0, keep_script_id, limit, "SCRIPT", "LOAD", script, NULL);
}

static void keep_script_id(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct ratelimit *limit = arg;

    if (call_ended(limit) && !errstr && redis_kind(reply) == REDIS_TEXT && redis_bytes(reply).length == SCRIPT_ID_MAX) {
        snprintf(limit->script_id, sizeof limit->script_id, "%s", redis_text(reply));
    }
}

/* False when that was the last of a limit that is being freed, which is gone then, or when nobody wants to know. */
static bool call_ended(struct ratelimit *limit)
{
    limit->calls--;
    if (limit->tick) {
        return true;
    }
    if (limit->calls == 0) {
        destroy(limit);
    }
    return false;
}

static void hear(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct bucket *bucket = arg;
    struct ratelimit *limit = bucket->limit;

    if (!call_ended(limit)) {
        return;
    }
    if (!errstr && redis_is_error(reply, "NOSCRIPT")) {
        limit->script_id[0] = '\0';
        call_script(bucket, false);
        return;
    }
    bool is_heard = !errstr && redis_kind(reply) == REDIS_INTEGER;
    metrics_add(is_heard ? limit->told : limit->untellable, 1);
    if (is_heard) {
        bucket->tat_us = clock_mono_us() + redis_integer(reply) + bucket->untold * limit->gcra.interval_us;
    } else if (bucket->untold + bucket->telling <= limit->gcra.burst) {
        bucket->untold += bucket->telling;
    }
    bucket->telling = 0;
    bucket->told_us = 0;
    note_redis(limit, !is_heard);
    wake(bucket);
}

static void note_redis(struct ratelimit *limit, bool is_away)
{
    if (limit->redis_is_away == is_away) {
        return;
    }
    limit->redis_is_away = is_away;
    if (is_away) {
        log_warn("ratelimit.local", LOG_TEXT("reason", "Redis does not answer in time"));
    } else {
        log_info("ratelimit.shared");
    }
}

/* Those who must wait again stand behind the others. */
static void wake(struct bucket *bucket)
{
    struct waiter *waiter = bucket->waiting;

    bucket->waiting = NULL;
    bucket->waiting_end = &bucket->waiting;
    while (waiter) {
        struct waiter *next = waiter->next;
        struct flow_wait *wait = waiter->wait;
        free(waiter);
        flow_wait_end(wait, NULL);
        waiter = next;
    }
}

/* Tells what is little, notices that Redis is slow, and forgets buckets that are full again. */
static void look_after(evutil_socket_t fd, short what, void *arg)
{
    struct ratelimit *limit = arg;
    int64_t now_us = clock_mono_us();
    (void)fd;
    (void)what;

    for (size_t i = 0; i < CHAINS; i++) {
        for (struct bucket **link = &limit->chains[i]; *link;) {
            struct bucket *bucket = *link;
            if (bucket->told_us && now_us - bucket->told_us > SLOW_US) {
                note_redis(limit, true);
                wake(bucket);
            } else if (!bucket->told_us && bucket->untold > 0 && redis_is_ready(limit->redis)) {
                tell(bucket);
            } else if (!bucket->told_us && bucket->tat_us <= now_us && !bucket->waiting) {
                *link = bucket->next;
                limit->bucket_count--;
                free(bucket);
                continue;
            }
            link = &bucket->next;
        }
    }
    if (limit->bucket_count == 0) {
        evtimer_del(limit->tick);
    }
}
