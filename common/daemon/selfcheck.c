/* selfcheck.c - a timer that asks PostgreSQL for this build's schema until it is there, and Redis for its settings; see the
 * header. Each finding is logged when it changes, not each time.
 */
#include "common/daemon/selfcheck.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/loop/timer.h"
#include "common/pg/pg.h"
#include "common/redis/redis.h"
#include "common/base/str.h"
#include "common/daemon/find_schema.sql.h"

#define SCHEMA_EVERY_US   (500 * (int64_t)1000)
#define REDIS_EVERY_US    (15 * (int64_t)1000000)
#define CONNECTED_POLL_MS 25

static const char schema_digest[] =
#include "schema_digest.inc"
    ;

struct selfcheck {
    struct pg_pool *pg;
    struct redis *redis;
    struct event *timer;
    struct metric *has_schema, *keeps_file, *evicts;
    bool schema, schema_was_missing;
    int waits_for; /* answers on their way */
    bool is_freed; /* ...and the last of them frees */
    int64_t ask_schema_at_us, ask_redis_at_us;
    bool redis_warned;
};

static void look(evutil_socket_t fd, short what, void *arg);
static void ask_schema(struct selfcheck *selfcheck);
static void take_schema(void *arg, const struct pg_answer *answer);
static void take_redis(void *arg, const struct redis_value *reply, const char *errstr);
static bool free_if_last(struct selfcheck *selfcheck);
static bool line_is(const char *info, const char *line);

struct selfcheck *selfcheck_new(struct event_base *base, struct pg_pool *pg, struct redis *redis)
{
    struct selfcheck *selfcheck = mem_alloc(sizeof *selfcheck);

    selfcheck->pg = pg;
    selfcheck->redis = redis;
    selfcheck->has_schema = metrics_only(
        metrics_gauge("sharelink_schema_ready", "Whether the database has the schema of this version, or a later one.", ""));
    selfcheck->keeps_file = metrics_only(
        metrics_gauge("sharelink_redis_aof_enabled", "Whether Redis has its append-only file on; -1 while unknown.", ""));
    selfcheck->evicts = metrics_only(
        metrics_gauge("sharelink_redis_evicts", "Whether Redis drops entries when its memory is full; -1 while unknown.", ""));
    metrics_set(selfcheck->keeps_file, -1);
    metrics_set(selfcheck->evicts, -1);
    selfcheck->timer = timer_every(base, CONNECTED_POLL_MS, look, selfcheck);
    return selfcheck;
}

void selfcheck_free(struct selfcheck *selfcheck)
{
    event_free(selfcheck->timer);
    selfcheck->timer = NULL;
    selfcheck->is_freed = true;
    free_if_last(selfcheck);
}

bool selfcheck_has_schema(const struct selfcheck *selfcheck)
{
    return selfcheck->schema;
}

static void look(evutil_socket_t fd, short what, void *arg)
{
    struct selfcheck *selfcheck = arg;
    int64_t now_us = clock_mono_us();
    (void)fd;
    (void)what;

    if (selfcheck->waits_for > 0) {
        return;
    }
    if (!selfcheck->schema && now_us >= selfcheck->ask_schema_at_us && pg_pool_is_ready(selfcheck->pg)) {
        selfcheck->ask_schema_at_us = now_us + SCHEMA_EVERY_US;
        ask_schema(selfcheck);
    }
    if (now_us >= selfcheck->ask_redis_at_us && redis_is_ready(selfcheck->redis)) {
        selfcheck->ask_redis_at_us = now_us + REDIS_EVERY_US;
        selfcheck->waits_for++;
        redis_call(selfcheck->redis, 0, take_redis, selfcheck, "INFO", NULL);
    }
}

static void ask_schema(struct selfcheck *selfcheck)
{
    struct arena *arena = arena_new();
    struct pg_params params;

    find_schema_params(&params, arena, &(struct find_schema_in){ .digest = schema_digest, .version = SHARELINK_VERSION });
    selfcheck->waits_for++;
    pg_send(selfcheck->pg, &find_schema_statement, &params, take_schema, selfcheck);
    arena_free(arena);
}

static void take_schema(void *arg, const struct pg_answer *answer)
{
    struct selfcheck *selfcheck = arg;
    enum pg_outcome outcome = pg_answer_outcome(answer);

    selfcheck->waits_for--;
    /* Without the schema there is no function to ask: refused. All else says nothing of it. */
    if (free_if_last(selfcheck) || (outcome != PG_OK && !pg_answer_is_refused(answer))) {
        return;
    }
    selfcheck->schema = outcome == PG_OK && find_schema_read(answer, 0).has_schema;
    metrics_set(selfcheck->has_schema, selfcheck->schema);
    if (!selfcheck->schema && !selfcheck->schema_was_missing) {
        selfcheck->schema_was_missing = true;
        log_error("daemon.schema_missing", LOG_TEXT("schema_wanted", schema_digest),
                  LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
                  LOG_TEXT("detail", "not ready until `sharelink migrate` of this version has run"));
    } else if (selfcheck->schema && selfcheck->schema_was_missing) {
        log_info("daemon.schema_ready", LOG_TEXT("schema", schema_digest));
    }
}

static void take_redis(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct selfcheck *selfcheck = arg;

    selfcheck->waits_for--;
    if (free_if_last(selfcheck) || errstr || redis_kind(reply) != REDIS_TEXT) {
        return;
    }
    bool keeps_file = line_is(redis_text(reply), "aof_enabled:1");
    bool evicts = !line_is(redis_text(reply), "maxmemory_policy:noeviction");
    metrics_set(selfcheck->keeps_file, keeps_file);
    metrics_set(selfcheck->evicts, evicts);
    if ((!keeps_file || evicts) && !selfcheck->redis_warned) {
        log_warn("redis.may_lose_entries", LOG_BOOL("appendonly", keeps_file), LOG_BOOL("evicts", evicts),
                 LOG_TEXT("detail", "set appendonly yes and maxmemory-policy noeviction; what is lost comes late, by the sweep"));
    }
    selfcheck->redis_warned = !keeps_file || evicts;
}

/* Answers may come after the daemon's end has begun: the pools' own end brings them all. */
static bool free_if_last(struct selfcheck *selfcheck)
{
    bool is_freed = selfcheck->is_freed;

    if (is_freed && selfcheck->waits_for == 0) {
        free(selfcheck);
    }
    return is_freed;
}

/* Whether the text has this whole line; Redis ends lines with CR LF. */
static bool line_is(const char *info, const char *line)
{
    size_t length = strlen(line);

    for (const char *at = info; (at = strstr(at, line)); at += length) {
        if ((at == info || at[-1] == '\n') && (at[length] == '\r' || at[length] == '\n' || !at[length])) {
            return true;
        }
    }
    return false;
}
