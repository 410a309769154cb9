/* commands.c - commands on their way: each is sent and gets exactly one callback, in the order of sending.
 *
 * Nothing is queued while the connection is not ready: such a command is refused from the loop's next turn.
 */
#include "common/redis/redis_internal.h"

#include <event2/event.h>
#include <hiredis/async.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/loop/timer.h"

#define CALL_WORDS_MAX 64

struct call {
    STAILQ_ENTRY(call) next;
    struct redis *redis;
    redis_done *done;
    void *arg;
    int limit_ms;
};

static void write_words(struct buf *to, const char *const *words, const size_t *lengths, size_t count);
static void take_reply(redisAsyncContext *context, void *reply, void *privdata);
static void finish_call(struct call *call, const struct redis_value *reply, const char *errstr);
static void refuse_all(evutil_socket_t fd, short what, void *arg);

void redis_commands_init(struct redis *redis)
{
    const char *name = redis->options.name;
    const char *const answered[] = { name, "answered" };
    const char *const failed[] = { name, "failed" };
    struct metric_family *commands = metrics_counter(
        "sharelink_redis_commands_total", "Commands: answered by Redis, or failed with the connection.", "connection,outcome");

    redis->answered = metrics_series(commands, answered);
    redis->failed = metrics_series(commands, failed);
    STAILQ_INIT(&redis->in_flight);
    STAILQ_INIT(&redis->refused);
    redis->refuse = evtimer_new(redis->base, refuse_all, redis);
    if (!redis->refuse) {
        abort();
    }
}

void redis_command(struct redis *redis, const char *const *words, const size_t *lengths, size_t count, redis_done *done,
                   void *arg)
{
    redis_send(redis, STATE_READY, words, lengths, count, 0, done, arg);
}

void redis_command_within(struct redis *redis, int extra_ms, const char *const *words, size_t count, redis_done *done, void *arg)
{
    redis_send(redis, STATE_READY, words, NULL, count, extra_ms, done, arg);
}

void redis_call(struct redis *redis, int extra_ms, redis_done *done, void *arg, ...)
{
    const char *words[CALL_WORDS_MAX];
    size_t count = 0;
    va_list args;

    va_start(args, arg);
    for (const char *word; (word = va_arg(args, const char *));) {
        if (count == CALL_WORDS_MAX) {
            abort();
        }
        words[count++] = word;
    }
    va_end(args);
    redis_send(redis, STATE_READY, words, NULL, count, extra_ms, done, arg);
}

void redis_send(struct redis *redis, enum redis_state in, const char *const *words, const size_t *lengths, size_t count,
                int extra_ms, redis_done *done, void *arg)
{
    struct call *call = mem_alloc(sizeof *call);

    *call = (struct call){ .redis = redis, .done = done, .arg = arg, .limit_ms = redis->options.command_limit_ms + extra_ms };
    write_words(&redis->words, words, lengths, count);
    /* hiredis refuses while it is on its way out, which may be before we are told. */
    if (redis->state != in ||
        redisAsyncFormattedCommand(redis->context, take_reply, call, redis->words.data, redis->words.length) != REDIS_OK) {
        STAILQ_INSERT_TAIL(&redis->refused, call, next);
        timer_set(redis->refuse, 0);
        return;
    }
    if (STAILQ_EMPTY(&redis->in_flight)) {
        redis->waits_since_us = clock_mono_us();
    }
    STAILQ_INSERT_TAIL(&redis->in_flight, call, next);
    /* The alarm looks for itself how long the oldest has waited; it only must not ring too late for this one. */
    if (redis->state == STATE_READY && (!evtimer_pending(redis->alarm, NULL) || STAILQ_FIRST(&redis->in_flight) == call)) {
        redis_set_alarm(redis, call->limit_ms);
    }
}

static void write_words(struct buf *to, const char *const *words, const size_t *lengths, size_t count)
{
    to->length = 0;
    buf_printf(to, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        size_t length = lengths ? lengths[i] : strlen(words[i]);
        buf_printf(to, "$%zu\r\n", length);
        buf_add(to, words[i], length);
        buf_add(to, "\r\n", 2);
    }
}

/* Replies come in the order of the commands. reply is NULL for those that the end of the connection finds in flight. */
static void take_reply(redisAsyncContext *context, void *reply, void *privdata)
{
    struct call *call = privdata;
    struct redis *redis = call->redis;
    const struct redis_value *value = reply;

    STAILQ_REMOVE(&redis->in_flight, call, call, next);
    redis->waits_since_us = clock_mono_us();
    if (!value) {
        redis_give_up(redis, redis_context_error(context));
        finish_call(call, NULL, redis->reason);
        return;
    }
    /* On a healthy connection, yet of no use: another server may be better, or this one a little later. */
    if (redis->state == STATE_READY &&
        (redis_is_error(value, "READONLY") || redis_is_error(value, "LOADING") || redis_is_error(value, "NOAUTH"))) {
        redis_give_up(redis, redis_text(value));
    }
    finish_call(call, value, NULL);
}

static void finish_call(struct call *call, const struct redis_value *reply, const char *errstr)
{
    metrics_add(errstr ? call->redis->failed : call->redis->answered, 1);
    if (call->done) {
        call->done(call->arg, reply, errstr);
    }
    free(call);
}

static void refuse_all(evutil_socket_t fd, short what, void *arg)
{
    struct redis *redis = arg;
    struct calls refused = STAILQ_HEAD_INITIALIZER(refused);
    struct call *call;
    (void)fd;
    (void)what;

    /* Those who are refused anew meanwhile wait for another turn. */
    STAILQ_CONCAT(&refused, &redis->refused);
    while ((call = STAILQ_FIRST(&refused))) {
        STAILQ_REMOVE_HEAD(&refused, next);
        finish_call(call, NULL, "not connected");
    }
}

void redis_check_command_limit(struct redis *redis)
{
    struct call *oldest = STAILQ_FIRST(&redis->in_flight);

    if (!oldest) {
        return;
    }
    int64_t waited_ms = (clock_mono_us() - redis->waits_since_us) / 1000;
    if (waited_ms >= oldest->limit_ms) {
        redis_give_up(redis, "no answer in time");
        return;
    }
    redis_set_alarm(redis, oldest->limit_ms - waited_ms);
}

void redis_commands_clear(struct redis *redis)
{
    while (!STAILQ_EMPTY(&redis->refused)) {
        refuse_all(-1, 0, redis);
    }
    event_free(redis->refuse);
    buf_clear(&redis->words);
}
