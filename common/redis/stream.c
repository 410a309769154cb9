/* stream.c - adding events to Redis streams, and the consumer that reads them in batches.
 *
 *     offline → grouping → claiming → own pending → reading → handling → reading → …     (pausing after an error)
 *
 * What a consumer was given and has not acknowledged is its own pending list; it is read before anything new, after
 * each (re)connect, each claim and each failed batch. So claiming others' entries only has to move them to that list,
 * and there is one way for entries to come in. Delivery is at least once: who handles a batch dedupes by the event's
 * id.
 */
#include "common/redis/stream.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/data/id.h"
#include "common/data/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"

#define LENGTH_MOST      "100000"
#define BLOCK_MS         5000
#define CLAIM_EVERY_MS   30000
#define GAUGES_EVERY_MS  10000
#define EVENT_SIZE_MAX   ((size_t)64 * 1024)
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS  5000
#define COMMAND_LIMIT_MS 3000
#define STREAMS_MAX      8

/* --- adding --- */

/* One per stream that this process adds to. */
struct added {
    char *stream;
    struct metric *ok, *failed;
    bool is_failing;
};

static struct added added[STREAMS_MAX];

static struct added *find_added(const char *stream)
{
    int i = 0;

    while (i < STREAMS_MAX - 1 && added[i].stream && strcmp(added[i].stream, stream) != 0) {
        i++;
    }
    if (!added[i].stream) {
        const char *const ok[] = { stream, "ok" }, *const failed[] = { stream, "failed" };
        struct metric_family *family =
            metrics_counter("sharelink_stream_added_total",
                            "Events added to a stream; what failed is handed on by the sweep.", "stream,outcome");
        added[i].stream = mem_strdup(stream);
        added[i].ok = metrics_series(family, ok);
        added[i].failed = metrics_series(family, failed);
    }
    return &added[i];
}

/* A line when it begins to fail and when that is over; the counter has the rest. */
static void take_added(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct added *stream = arg;
    bool has_failed = errstr || redis_kind(reply) == REDIS_ERROR;

    metrics_add(has_failed ? stream->failed : stream->ok, 1);
    if (has_failed && !stream->is_failing) {
        log_warn("stream.add_failed", LOG_TEXT("stream", stream->stream),
                 LOG_TEXT("reason", errstr ? errstr : redis_text(reply)));
    } else if (!has_failed && stream->is_failing) {
        log_info("stream.add_recovered", LOG_TEXT("stream", stream->stream));
    }
    stream->is_failing = has_failed;
}

void stream_add(struct redis *redis, const char *stream, const char *type, const char *cloud_event)
{
    redis_call(redis, 0, take_added, find_added(stream), "XADD", stream, "MAXLEN", "~", LENGTH_MOST, "*", "type", type,
               "ce", cloud_event, NULL);
}

/* --- consuming --- */

enum state {
    STATE_OFFLINE,
    STATE_GROUPING, /* the groups are made where they are missing */
    STATE_CLAIMING, /* what others left too long is taken over */
    STATE_OWN,      /* reading what is pending under our own name */
    STATE_READING,  /* waiting for what is new */
    STATE_HANDLING, /* a batch is in hand */
    STATE_PAUSING,  /* until the timer */
    STATE_STOPPED,
};

enum verdict { VERDICT_RETRY, VERDICT_ACKNOWLEDGE };

struct source {
    struct stream_consumer *consumer;
    const char *name;
    char claim_cursor[48];
    struct metric *lag, *pending;
};

struct stream_consumer {
    struct event_base *base;
    struct stream_consumer_options options;
    struct redis *redis;
    struct source sources[STREAMS_MAX];
    size_t source_count;
    enum state state;
    unsigned answers_due; /* of the commands sent together in this state */
    bool has_failed;      /* one of them was an error */
    bool is_stopping;
    bool knows_groups; /* since the last connect */
    bool may_have_own; /* entries pending under our own name */
    unsigned attempts; /* failures in a row */
    int64_t claim_due_us, gauges_due_us;
    struct event *timer;
    struct metric *handled, *malformed;
};

/* The owner of a batch's flow; in its arena. */
struct delivery {
    struct stream_consumer *consumer;
    struct stream_batch batch;
    enum verdict verdict;
};

static void take_ready(void *arg);
static void take_lost(void *arg);
static void go_on(struct stream_consumer *consumer);
static void make_groups(struct stream_consumer *consumer);
static void take_group(void *arg, const struct redis_value *reply, const char *errstr);
static void claim(struct stream_consumer *consumer);
static void take_claim(void *arg, const struct redis_value *reply, const char *errstr);
static void note_claim(struct source *source, const struct redis_value *reply);
static void read_new(struct stream_consumer *consumer);
static void ask_gauges(struct stream_consumer *consumer);
static void read_streams(struct stream_consumer *consumer, enum state state, const char *from);
static void take_entries(void *arg, const struct redis_value *reply, const char *errstr);
static void hand_over(struct stream_consumer *consumer, const struct redis_value *streams, size_t count);
static void read_entry(struct arena *arena, struct stream_entry *entry, const struct redis_value *fields);
static struct next *end_late(struct flow *flow);
static void end_batch(struct flow *flow);
static void acknowledge(struct stream_consumer *consumer, const char *stream, const char *const *ids, size_t count);
static void fail(struct stream_consumer *consumer, const char *reason);
static void pause_over(evutil_socket_t fd, short what, void *arg);
static void move(struct stream_consumer *consumer, enum state to);

static const struct flow_kind batch_kind = { .name = "stream", .on_deadline = end_late, .on_end = end_batch };

static void make_metrics(struct stream_consumer *consumer)
{
    const char *group = consumer->options.group;
    struct metric_family *entries =
        metrics_counter("sharelink_stream_entries_total", "Entries acknowledged by a group.", "group,outcome");
    struct metric_family *lag =
        metrics_gauge("sharelink_stream_lag", "Entries that a group has not been given yet.", "stream,group");
    struct metric_family *pending =
        metrics_gauge("sharelink_stream_pending", "Entries given to a group and not acknowledged.", "stream,group");

    consumer->handled = metrics_series(entries, (const char *const[]){ group, "handled" });
    consumer->malformed = metrics_series(entries, (const char *const[]){ group, "malformed" });
    for (size_t i = 0; i < consumer->source_count; i++) {
        const char *const labels[] = { consumer->sources[i].name, group };
        consumer->sources[i].lag = metrics_series(lag, labels);
        consumer->sources[i].pending = metrics_series(pending, labels);
    }
}

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
    make_metrics(consumer);
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
        read_new(consumer);
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

/* After a loss the state has moved on, and answers that come then are nobody's. */
static bool is_last_answer(struct stream_consumer *consumer, enum state state)
{
    return consumer->state == state && --consumer->answers_due == 0;
}

static void take_group(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct stream_consumer *consumer = arg;

    if (errstr || consumer->state != STATE_GROUPING) {
        return;
    }
    if (redis_kind(reply) == REDIS_ERROR && !redis_is_error(reply, "BUSYGROUP")) {
        consumer->has_failed = true;
        log_warn("stream.group_refused", LOG_TEXT("group", consumer->options.group),
                 LOG_TEXT("reason", redis_text(reply)));
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

static void take_claim(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct source *source = arg;
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
        struct source *source = &consumer->sources[i];
        redis_call(consumer->redis, 0, take_claim, source, "XAUTOCLAIM", source->name, consumer->options.group,
                   consumer->options.name, idle_ms, source->claim_cursor[0] ? source->claim_cursor : "0-0", "COUNT",
                   count, "JUSTID", NULL);
    }
}

static void note_claim(struct source *source, const struct redis_value *reply)
{
    struct stream_consumer *consumer = source->consumer;
    const char *cursor = redis_text(redis_at(reply, 0));
    size_t count = redis_length(redis_at(reply, 1));

    if (redis_kind(reply) != REDIS_ARRAY) {
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

static void read_new(struct stream_consumer *consumer)
{
    read_streams(consumer, STATE_READING, ">");
}

static void take_gauges(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct source *source = arg;

    if (errstr || redis_kind(reply) != REDIS_ARRAY) {
        return;
    }
    for (size_t i = 0; i < redis_length(reply); i++) {
        const struct redis_value *group = redis_at(reply, i);
        if (!strcmp(redis_text(redis_field(group, "name")), source->consumer->options.group)) {
            /* The lag is NIL when Redis cannot tell, after deletions in the middle. */
            metrics_set(source->lag, (double)redis_integer(redis_field(group, "lag")));
            metrics_set(source->pending, (double)redis_integer(redis_field(group, "pending")));
        }
    }
}

/* Nobody waits for the answers: the read goes out right behind. */
static void ask_gauges(struct stream_consumer *consumer)
{
    for (size_t i = 0; i < consumer->source_count; i++) {
        redis_call(consumer->redis, 0, take_gauges, &consumer->sources[i], "XINFO", "GROUPS", consumer->sources[i].name,
                   NULL);
    }
}

/* One command for all streams. Only what is new is waited for. */
static void read_streams(struct stream_consumer *consumer, enum state state, const char *from)
{
    const struct stream_consumer_options *options = &consumer->options;
    const char *words[9 + 2 * STREAMS_MAX] = { "XREADGROUP", "GROUP", options->group, options->name, "COUNT" };
    size_t count = 5;
    char most[16], block_ms[16];

    /* Before every read, also of what could not be settled: that is when somebody wants to know. */
    if (clock_mono_us() >= consumer->gauges_due_us) {
        consumer->gauges_due_us = clock_mono_us() + (int64_t)GAUGES_EVERY_MS * 1000;
        ask_gauges(consumer);
    }
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
    enum state state = consumer->state;
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
    for (size_t i = 0; i < redis_length(reply); i++) {
        count += redis_length(redis_at(redis_at(reply, i), 1));
    }
    if (count > 0) {
        hand_over(consumer, reply, count);
        return;
    }
    consumer->attempts = 0;
    if (state == STATE_OWN) {
        consumer->may_have_own = false;
    }
    go_on(consumer);
}

static const char *copy_text(struct arena *arena, const struct redis_value *value)
{
    return arena_strndup(arena, redis_text(value), redis_length(value));
}

static void hand_over(struct stream_consumer *consumer, const struct redis_value *streams, size_t count)
{
    const struct stream_consumer_options *options = &consumer->options;
    struct flow *flow = flow_new(consumer->base, &batch_kind, options->daemon, NULL, options->deadline_ms);
    struct delivery *delivery = arena_alloc(flow->arena, sizeof *delivery);
    struct stream_entry *entries = arena_calloc(flow->arena, count, sizeof *entries);
    const char **trimmed = arena_calloc(flow->arena, count, sizeof *trimmed);

    move(consumer, STATE_HANDLING);
    delivery->consumer = consumer;
    delivery->batch.entries = entries;
    delivery->batch.arg = options->arg;
    for (size_t i = 0; i < redis_length(streams); i++) {
        const char *stream = copy_text(flow->arena, redis_at(redis_at(streams, i), 0));
        const struct redis_value *list = redis_at(redis_at(streams, i), 1);
        size_t trimmed_count = 0;
        for (size_t j = 0; j < redis_length(list); j++) {
            const char *id = copy_text(flow->arena, redis_at(redis_at(list, j), 0));
            const struct redis_value *fields = redis_at(redis_at(list, j), 1);
            if (redis_kind(fields) != REDIS_ARRAY) {
                trimmed[trimmed_count++] = id;
                continue;
            }
            struct stream_entry *entry = &entries[delivery->batch.count++];
            entry->stream = stream;
            entry->entry_id = id;
            read_entry(flow->arena, entry, fields);
        }
        acknowledge(consumer, stream, trimmed, trimmed_count);
    }
    flow->owner = delivery;
    flow->app = options->app;
    flow->request_id = delivery->batch.count ? entries[0].entry_id : "";
    flow_start(flow, delivery->batch.count ? options->handle : stream_ack);
}

/* Sets event_id, or fault. What came from outside is in neither of them unless it is an id. */
static void read_entry(struct arena *arena, struct stream_entry *entry, const struct redis_value *fields)
{
    const struct redis_value *text = redis_field(fields, "ce");
    const char *error = NULL;

    if (redis_kind(text) != REDIS_TEXT) {
        entry->fault = "it has no field ce";
        return;
    }
    if (redis_length(text) > EVENT_SIZE_MAX) {
        entry->fault = "its event is over 64 KiB";
        return;
    }
    const json_t *event = json_parse(arena, redis_text(text), redis_length(text), &error);
    if (!event) {
        entry->fault = arena_printf(arena, "its event is no JSON: %s", error);
        return;
    }
    const char *id = json_string_value(json_object_get(event, "id"));
    if (!id || !id_is(id, "evt_")) {
        entry->fault = "its event has no id of ours";
        return;
    }
    entry->event_id = id;
}

const struct stream_batch *stream_batch(const struct flow *flow)
{
    const struct delivery *delivery = flow->owner;

    return &delivery->batch;
}

struct next *stream_ack(struct flow *flow)
{
    struct delivery *delivery = flow->owner;

    delivery->verdict = VERDICT_ACKNOWLEDGE;
    return flow_end(flow);
}

struct next *stream_retry(struct flow *flow)
{
    struct delivery *delivery = flow->owner;

    delivery->verdict = VERDICT_RETRY;
    return flow_end(flow);
}

static struct next *end_late(struct flow *flow)
{
    return stream_retry(flow);
}

/* Entries of one stream follow each other, so each stream is acknowledged by one command. */
static void acknowledge_batch(struct stream_consumer *consumer, struct arena *arena, const struct stream_batch *batch)
{
    const char **ids = arena_calloc(arena, batch->count, sizeof *ids);

    for (size_t first = 0, end; first < batch->count; first = end) {
        const char *stream = batch->entries[first].stream;
        for (end = first; end < batch->count && batch->entries[end].stream == stream; end++) {
            ids[end - first] = batch->entries[end].entry_id;
            metrics_add(batch->entries[end].event_id ? consumer->handled : consumer->malformed, 1);
        }
        acknowledge(consumer, stream, ids, end - first);
    }
}

static void end_batch(struct flow *flow)
{
    const struct delivery *delivery = flow->owner;
    struct stream_consumer *consumer = delivery->consumer;

    switch (delivery->verdict) {
    case VERDICT_ACKNOWLEDGE:
        acknowledge_batch(consumer, flow->arena, &delivery->batch);
        consumer->attempts = 0;
        go_on(consumer);
        break;
    case VERDICT_RETRY:
        consumer->may_have_own = true;
        fail(consumer, "the batch is to be tried again");
        break;
    }
}

/* A failure costs a second delivery some time later, which changes nothing. But what is not acknowledged now must not
 * be read again at once, and again. */
static void take_acknowledged(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct stream_consumer *consumer = arg;

    if (errstr || redis_kind(reply) == REDIS_ERROR) {
        log_warn("stream.ack_failed", LOG_TEXT("group", consumer->options.group),
                 LOG_TEXT("reason", errstr ? errstr : redis_text(reply)));
        consumer->may_have_own = false;
    }
}

static void acknowledge(struct stream_consumer *consumer, const char *stream, const char *const *ids, size_t count)
{
    if (!count) {
        return;
    }
    const char **words = mem_alloc(sizeof *words * (count + 3));
    words[0] = "XACK";
    words[1] = stream;
    words[2] = consumer->options.group;
    memcpy(&words[3], ids, sizeof *ids * count);
    redis_command(consumer->redis, words, NULL, count + 3, take_acknowledged, consumer);
    free(words);
}

/* Pauses before the next try, longer each time. */
static void fail(struct stream_consumer *consumer, const char *reason)
{
    int delay_ms = backoff_ms(consumer->attempts++, BACKOFF_FIRST_MS, BACKOFF_MOST_MS);
    const struct timeval delay = { .tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000 };

    if (consumer->is_stopping || !redis_is_ready(consumer->redis)) {
        go_on(consumer);
        return;
    }
    log_warn("stream.paused", LOG_TEXT("group", consumer->options.group), LOG_TEXT("reason", reason),
             LOG_INT("delay_ms", delay_ms));
    move(consumer, STATE_PAUSING);
    evtimer_add(consumer->timer, &delay);
}

static void pause_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;

    go_on(arg);
}

/* The one place that changes the state. */
static void move(struct stream_consumer *consumer, enum state to)
{
    static const char *const names[] = { "offline", "grouping", "claiming", "own",
                                         "reading", "handling", "pausing",  "stopped" };
    enum state from = consumer->state;

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
