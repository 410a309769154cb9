/* consumer.c - the states of a consumer that reads streams in batches.
 *
 *     offline → grouping → claiming → own pending → reading → handling → reading → …     (pausing after an error)
 *
 * What a consumer was given and has not acknowledged is its own pending list; it is read before anything new, after
 * each (re)connect, each claim and each failed batch. So claiming others' entries only has to move them to that list,
 * and there is one way for entries to come in. Delivery is at least once: who handles a batch dedupes by the event's
 * id.
 */
#include "common/redis/consumer_internal.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/loop/timer.h"

#define BLOCK_MS         5000
#define CLAIM_EVERY_MS   30000
#define COMMAND_LIMIT_MS 3000

static void take_ready(void *arg);
static void take_lost(void *arg);
static void go_on(struct stream_consumer *consumer);
static void make_groups(struct stream_consumer *consumer);
static void take_group(void *arg, const struct redis_value *reply, const char *errstr);
static bool is_last_answer(struct stream_consumer *consumer, enum consumer_state state);
static void claim(struct stream_consumer *consumer);
static void take_claim(void *arg, const struct redis_value *reply, const char *errstr);
static void note_claim(struct stream_source *source, const struct redis_value *reply);
static bool is_entry_id(const char *text);
static void read_streams(struct stream_consumer *consumer, enum consumer_state state, const char *from);
static void take_entries(void *arg, const struct redis_value *reply, const char *errstr);
static bool is_entries(const struct redis_value *reply);
static void fail(struct stream_consumer *consumer, const char *reason);
static void pause_over(evutil_socket_t fd, short what, void *arg);
static void move(struct stream_consumer *consumer, enum consumer_state to);

struct stream_consumer *stream_consumer_new(struct event_base *base, const struct stream_consumer_options *options)
{
    struct stream_consumer *consumer = mem_alloc(sizeof *consumer);

    consumer->base = base;
    consumer->options = *options;
    for (size_t i = 0; options->streams[i]; i++) {
        if (i == STREAMS_MAX) {
            abort();
        }
        consumer->sources[i].consumer = consumer;
        consumer->sources[i].name = options->streams[i];
        consumer->source_count++;
    }
    stream_consumer_make_metrics(consumer);
    consumer->timer = evtimer_new(base, pause_over, consumer);
    if (!consumer->timer) {
        abort();
    }
    const struct redis_options connection = {
        .name = options->group,
        .url = options->url,
        .connect_limit_ms = 3000,
        .command_limit_ms = COMMAND_LIMIT_MS,
        .on_ready = take_ready,
        .on_lost = take_lost,
        .arg = consumer,
    };
    consumer->redis = redis_new(base, &connection);
    return consumer;
}

static void take_ready(void *arg)
{
    struct stream_consumer *consumer = arg;

    consumer->knows_groups = false;
    if (consumer->state == STATE_OFFLINE) {
        go_on(consumer);
    }
}

/* A batch in hand goes on without a connection; its entries stay pending if it cannot be acknowledged. */
static void take_lost(void *arg)
{
    struct stream_consumer *consumer = arg;

    if (consumer->state != STATE_HANDLING && consumer->state != STATE_STOPPED) {
        evtimer_del(consumer->timer);
        move(consumer, STATE_OFFLINE);
    }
}

/* What a consumer with nothing in hand does next. */
static void go_on(struct stream_consumer *consumer)
{
    if (consumer->is_stopping) {
        move(consumer, STATE_STOPPED);
    } else if (!redis_is_ready(consumer->redis)) {
        move(consumer, STATE_OFFLINE);
    } else if (!consumer->knows_groups) {
        make_groups(consumer);
    } else if (clock_mono_us() >= consumer->claim_due_us) {
        claim(consumer);
    } else if (consumer->may_have_own) {
        read_streams(consumer, STATE_OWN, "0");
    } else {
        read_streams(consumer, STATE_READING, ">");
    }
}

/* From 0 and not from $: what was added before the group was there is not for nobody. */
static void make_groups(struct stream_consumer *consumer)
{
    move(consumer, STATE_GROUPING);
    consumer->claim_due_us = 0;
    for (size_t i = 0; i < consumer->source_count; i++) {
        redis_call(consumer->redis, 0, take_group, consumer, "XGROUP", "CREATE", consumer->sources[i].name,
                   consumer->options.group, "0", "MKSTREAM", NULL);
    }
    consumer->answers_due = (unsigned)consumer->source_count;
    consumer->has_failed = false;
}

static void take_group(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct stream_consumer *consumer = arg;

    if (errstr || consumer->state != STATE_GROUPING) {
        return;
    }
    if (redis_kind(reply) == REDIS_ERROR && !redis_is_error(reply, "BUSYGROUP")) {
        consumer->has_failed = true;
        log_warn("stream.group_refused", LOG_TEXT("group", consumer->options.group), LOG_TEXT("reason", redis_text(reply)));
    }
    if (!is_last_answer(consumer, STATE_GROUPING)) {
        return;
    }
    if (consumer->has_failed) {
        fail(consumer, "no group");
        return;
    }
    consumer->knows_groups = true;
    go_on(consumer);
}

/* After a loss the state has moved on, and answers that come then are nobody's. */
static bool is_last_answer(struct stream_consumer *consumer, enum consumer_state state)
{
    return consumer->state == state && --consumer->answers_due == 0;
}

/* JUSTID: the entries only change hands here; reading our own list brings their fields. */
static void claim(struct stream_consumer *consumer)
{
    char idle_ms[16], count[16];

    move(consumer, STATE_CLAIMING);
    consumer->may_have_own = true;
    consumer->claim_due_us = clock_mono_us() + (int64_t)CLAIM_EVERY_MS * 1000;
    consumer->answers_due = (unsigned)consumer->source_count;
    consumer->has_failed = false;
    snprintf(idle_ms, sizeof idle_ms, "%d", consumer->options.claim_after_ms);
    snprintf(count, sizeof count, "%d", consumer->options.count);
    for (size_t i = 0; i < consumer->source_count; i++) {
        struct stream_source *source = &consumer->sources[i];
        redis_call(consumer->redis, 0, take_claim, source, "XAUTOCLAIM", source->name, consumer->options.group,
                   consumer->options.name, idle_ms, source->claim_cursor[0] ? source->claim_cursor : "0-0", "COUNT", count,
                   "JUSTID", NULL);
    }
}

static void take_claim(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct stream_source *source = arg;
    struct stream_consumer *consumer = source->consumer;

    if (errstr || consumer->state != STATE_CLAIMING) {
        return;
    }
    note_claim(source, reply);
    if (!is_last_answer(consumer, STATE_CLAIMING)) {
        return;
    }
    if (consumer->has_failed) {
        consumer->knows_groups = false;
        fail(consumer, "the claim was refused");
        return;
    }
    go_on(consumer);
}

static void note_claim(struct stream_source *source, const struct redis_value *reply)
{
    struct stream_consumer *consumer = source->consumer;
    const char *cursor = redis_text(redis_at(reply, 0));
    size_t count = redis_count(redis_at(reply, 1));

    if (!is_entry_id(cursor) || redis_kind(redis_at(reply, 1)) != REDIS_ARRAY) {
        consumer->has_failed = true;
        log_warn("stream.claim_refused", LOG_TEXT("stream", source->name), LOG_TEXT("group", consumer->options.group),
                 LOG_TEXT("reason", redis_text(reply)));
        return;
    }
    if (count > 0) {
        log_info("stream.claimed", LOG_TEXT("stream", source->name), LOG_TEXT("group", consumer->options.group),
                 LOG_INT("entries", count));
    }
    snprintf(source->claim_cursor, sizeof source->claim_cursor, "%s", cursor);
    if (cursor[0] && strcmp(cursor, "0-0") != 0) {
        /* There is more: claim again as soon as these are handled. */
        consumer->claim_due_us = 0;
    }
}

/* 1700000000000-0 */
static bool is_entry_id(const char *text)
{
    static const char digits[] = "0123456789";
    size_t time = strspn(text, digits);

    return time && text[time] == '-' && text[time + 1] && !text[time + 1 + strspn(text + time + 1, digits)];
}

/* One command for all streams. Only what is new is waited for. */
static void read_streams(struct stream_consumer *consumer, enum consumer_state state, const char *from)
{
    const struct stream_consumer_options *options = &consumer->options;
    const char *words[9 + 2 * STREAMS_MAX] = { "XREADGROUP", "GROUP", options->group, options->name, "COUNT" };
    size_t count = 5;
    char most[16], block_ms[16];

    /* Before every read, also of what could not be settled: that is when somebody wants to know. */
    stream_consumer_ask_gauges(consumer);
    move(consumer, state);
    snprintf(most, sizeof most, "%d", options->count);
    snprintf(block_ms, sizeof block_ms, "%d", BLOCK_MS);
    words[count++] = most;
    words[count++] = "BLOCK";
    words[count++] = block_ms;
    words[count++] = "STREAMS";
    for (size_t i = 0; i < consumer->source_count; i++) {
        words[count + i] = consumer->sources[i].name;
        words[count + consumer->source_count + i] = from;
    }
    redis_command_within(consumer->redis, BLOCK_MS, words, count + 2 * consumer->source_count, take_entries, consumer);
}

/* [[stream, [[id, [field, value, …]], …]], …], or NIL when nothing came in time. */
static void take_entries(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct stream_consumer *consumer = arg;
    enum consumer_state state = consumer->state;
    size_t count = 0;

    if (errstr || (state != STATE_READING && state != STATE_OWN)) {
        return;
    }
    if (redis_kind(reply) == REDIS_ERROR) {
        /* The stream or its group went, perhaps while we were blocked on it. */
        if (redis_is_error(reply, "NOGROUP") || redis_is_error(reply, "UNBLOCKED")) {
            consumer->knows_groups = false;
        }
        fail(consumer, redis_text(reply));
        return;
    }
    if (!is_entries(reply)) {
        fail(consumer, "the reply has another form than XREADGROUP's");
        return;
    }
    for (size_t i = 0; i < redis_count(reply); i++) {
        count += redis_count(redis_at(redis_at(reply, i), 1));
    }
    if (count > 0) {
        move(consumer, STATE_HANDLING);
        stream_consumer_hand_over(consumer, reply, count);
        return;
    }
    consumer->attempts = 0;
    if (state == STATE_OWN) {
        consumer->may_have_own = false;
    }
    go_on(consumer);
}

/* A server that says something else is none that an entry could be acknowledged to. */
static bool is_entries(const struct redis_value *reply)
{
    for (size_t i = 0; i < redis_count(reply); i++) {
        const struct redis_value *stream = redis_at(reply, i), *entries = redis_at(stream, 1);
        if (redis_kind(redis_at(stream, 0)) != REDIS_TEXT || redis_kind(entries) != REDIS_ARRAY) {
            return false;
        }
        for (size_t j = 0; j < redis_count(entries); j++) {
            const struct redis_value *entry = redis_at(entries, j);
            enum redis_kind fields = redis_kind(redis_at(entry, 1)); /* NIL where it was trimmed */
            if (redis_kind(redis_at(entry, 0)) != REDIS_TEXT || (fields != REDIS_ARRAY && fields != REDIS_NIL)) {
                return false;
            }
        }
    }
    return redis_kind(reply) == REDIS_ARRAY || redis_kind(reply) == REDIS_NIL;
}

void stream_consumer_take_handled(struct stream_consumer *consumer)
{
    consumer->attempts = 0;
    go_on(consumer);
}

void stream_consumer_take_failed(struct stream_consumer *consumer)
{
    consumer->may_have_own = true;
    fail(consumer, "the batch is to be tried again");
}

/* Pauses before the next try, longer each time. */
static void fail(struct stream_consumer *consumer, const char *reason)
{
    int delay_ms = backoff_ms(consumer->attempts++, BACKOFF_FIRST_MS, BACKOFF_MOST_MS);

    if (consumer->is_stopping || !redis_is_ready(consumer->redis)) {
        go_on(consumer);
        return;
    }
    log_warn("stream.paused", LOG_TEXT("group", consumer->options.group), LOG_TEXT("reason", reason),
             LOG_INT("delay_ms", delay_ms));
    move(consumer, STATE_PAUSING);
    timer_set(consumer->timer, delay_ms);
}

static void pause_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;

    go_on(arg);
}

/* The one place that changes the state. */
static void move(struct stream_consumer *consumer, enum consumer_state to)
{
    static const char *const names[] = { "offline", "grouping", "claiming", "own", "reading", "handling", "pausing", "stopped" };
    enum consumer_state from = consumer->state;

    consumer->state = to;
    log_debug("stream.moved", LOG_TEXT("group", consumer->options.group), LOG_TEXT("from", names[from]),
              LOG_TEXT("to", names[to]));
}

void stream_consumer_pause(struct stream_consumer *consumer)
{
    consumer->is_stopping = true;
    if (consumer->state != STATE_HANDLING && consumer->state != STATE_STOPPED) {
        evtimer_del(consumer->timer);
        move(consumer, STATE_STOPPED);
        /* Takes back the blocked read: Redis would give new entries to one who does not take them up. */
        redis_reconnect(consumer->redis);
    }
}

void stream_consumer_free(struct stream_consumer *consumer)
{
    if (!consumer) {
        return;
    }
    consumer->is_stopping = true;
    move(consumer, STATE_STOPPED);
    redis_free(consumer->redis);
    event_free(consumer->timer);
    free(consumer);
}
