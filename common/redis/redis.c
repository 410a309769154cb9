/* redis.c - the states of one connection to Redis, which is looked after: time limits, a handshake, backoff.
 *
 *     idle → resolving → connecting → authenticating → ready → broken → waiting → resolving → …
 */
#include "common/redis/redis_internal.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/loop/timer.h"

static void handle_alarm(evutil_socket_t fd, short what, void *arg);
static void start(struct redis *redis);
static void take_address(void *arg, const char *address, const char *error);
static void connect_to(struct redis *redis, const char *address);
static void close_broken(struct redis *redis);
static void move(struct redis *redis, enum redis_state to);

struct redis *redis_new(struct event_base *base, const struct redis_options *options)
{
    struct redis *redis = mem_alloc(sizeof *redis);

    redis->base = base;
    redis->options = *options;
    redis->alarm = evtimer_new(base, handle_alarm, redis);
    if (!redis->alarm) {
        abort();
    }
    redis->ready = metrics_series(
        metrics_gauge("sharelink_redis_connected", "Whether the connection to Redis is up.", "connection"), &options->name);
    redis_commands_init(redis);
    redis->has_target = redis_target_read(&redis->target, options->url);
    redis_set_alarm(redis, 0);
    return redis;
}

/* What the alarm means depends on the state. */
static void handle_alarm(evutil_socket_t fd, short what, void *arg)
{
    struct redis *redis = arg;
    (void)fd;
    (void)what;

    switch (redis->state) {
    case STATE_IDLE:
    case STATE_WAITING:
        start(redis);
        break;
    case STATE_RESOLVING:
    case STATE_CONNECTING:
    case STATE_AUTHENTICATING:
        redis_give_up(redis, "no connection in time");
        break;
    case STATE_READY:
        redis_check_command_limit(redis);
        break;
    case STATE_BROKEN:
        close_broken(redis);
        break;
    }
}

static void start(struct redis *redis)
{
    move(redis, STATE_RESOLVING);
    redis_set_alarm(redis, redis->options.connect_limit_ms);
    if (!redis->has_target) {
        redis_give_up(redis, "the URL cannot be read");
        return;
    }
    if (redis->target.socket_path) {
        connect_to(redis, NULL);
        return;
    }
    redis_target_look_up(&redis->target, redis->base, take_address, redis);
}

static void take_address(void *arg, const char *address, const char *error)
{
    if (address) {
        connect_to(arg, address);
    } else {
        redis_give_up(arg, error);
    }
}

static void connect_to(struct redis *redis, const char *address)
{
    move(redis, STATE_CONNECTING);
    redis_context_open(redis, address);
}

void redis_take_connection(struct redis *redis)
{
    move(redis, STATE_AUTHENTICATING);
    redis_handshake(redis);
}

void redis_take_handshake(struct redis *redis)
{
    evtimer_del(redis->alarm);
    redis->attempts = 0;
    move(redis, STATE_READY);
    if (redis->options.on_ready) {
        redis->options.on_ready(redis->options.arg);
    }
}

bool redis_is_ready(const struct redis *redis)
{
    return redis->state == STATE_READY;
}

void redis_give_up(struct redis *redis, const char *reason)
{
    if (redis->state == STATE_BROKEN) {
        return;
    }
    snprintf(redis->reason, sizeof redis->reason, "%s", reason);
    if (redis->state != STATE_READY) {
        redis->target.address_choice++;
    }
    bool was_ready = redis->state == STATE_READY;
    move(redis, STATE_BROKEN);
    redis_set_alarm(redis, 0);
    if (was_ready && redis->options.on_lost) {
        redis->options.on_lost(redis->options.arg);
    }
}

static void close_broken(struct redis *redis)
{
    redis_target_call_off(&redis->target);
    redis_context_free(redis);
    move(redis, STATE_WAITING);
    redis_set_alarm(redis, backoff_ms(redis->attempts++, BACKOFF_FIRST_MS, BACKOFF_MOST_MS));
}

void redis_reconnect(struct redis *redis)
{
    if (redis->state == STATE_WAITING) {
        redis_set_alarm(redis, 0);
    } else if (redis->state != STATE_IDLE) {
        redis_give_up(redis, "another connection is wanted");
    }
}

/* The one place that changes the state. */
static void move(struct redis *redis, enum redis_state to)
{
    static const char *const names[] = { "idle", "resolving", "connecting", "authenticating", "ready", "broken", "waiting" };
    const char *name = redis->options.name;
    enum redis_state from = redis->state;

    redis->state = to;
    metrics_set(redis->ready, to == STATE_READY ? 1 : 0);
    if (to == STATE_READY) {
        log_info("redis.connected", LOG_TEXT("connection", name));
    } else if (to == STATE_BROKEN) {
        log_info("redis.lost", LOG_TEXT("connection", name), LOG_TEXT("while", names[from]), LOG_TEXT("reason", redis->reason),
                 LOG_INT("attempt", redis->attempts));
    } else {
        log_debug("redis.moved", LOG_TEXT("connection", name), LOG_TEXT("from", names[from]), LOG_TEXT("to", names[to]));
    }
}

void redis_set_alarm(struct redis *redis, int64_t after_ms)
{
    timer_set(redis->alarm, after_ms);
}

void redis_free(struct redis *redis)
{
    if (!redis) {
        return;
    }
    if (redis->state != STATE_IDLE && redis->state != STATE_WAITING) {
        redis_give_up(redis, "it is closed");
    }
    redis_context_free(redis);
    redis_commands_clear(redis);
    event_free(redis->alarm);
    redis_target_forget(&redis->target);
    free(redis);
}
