/* consumer_batch.c - one batch: entries made of Redis' reply, the flow that handles them, and what becomes of them then. */
#include "common/redis/consumer_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/data/id.h"
#include "common/data/json.h"

#define EVENT_SIZE_MAX ((size_t)64 * 1024)

enum verdict { VERDICT_RETRY, VERDICT_ACKNOWLEDGE };

/* The owner of a batch's flow; in its arena. */
struct delivery {
    struct stream_consumer *consumer;
    struct stream_batch batch;
    enum verdict verdict;
};

static const char *copy_text(struct arena *arena, const struct redis_value *value);
static void read_entry(struct arena *arena, struct stream_entry *entry, const struct redis_value *fields);
static struct next *end_late(struct flow *flow);
static void end_batch(struct flow *flow);
static void acknowledge_batch(struct stream_consumer *consumer, struct arena *arena, const struct stream_batch *batch);
static void acknowledge(struct stream_consumer *consumer, const char *stream, const char *const *ids, size_t count);
static void take_acknowledged(void *arg, const struct redis_value *reply, const char *errstr);

static const struct flow_kind batch_kind = { .name = "stream", .on_deadline = end_late, .on_end = end_batch };

void stream_consumer_hand_over(struct stream_consumer *consumer, const struct redis_value *streams, size_t count)
{
    const struct stream_consumer_options *options = &consumer->options;
    struct flow *flow = flow_new(consumer->base, &batch_kind, options->daemon, NULL, options->deadline_ms);
    struct delivery *delivery = arena_alloc(flow->arena, sizeof *delivery);
    struct stream_entry *entries = arena_calloc(flow->arena, count, sizeof *entries);
    const char **trimmed = arena_calloc(flow->arena, count, sizeof *trimmed);

    delivery->consumer = consumer;
    delivery->batch.entries = entries;
    delivery->batch.arg = options->arg;
    for (size_t i = 0; i < redis_count(streams); i++) {
        const char *stream = copy_text(flow->arena, redis_at(redis_at(streams, i), 0));
        const struct redis_value *list = redis_at(redis_at(streams, i), 1);
        size_t trimmed_count = 0;
        for (size_t j = 0; j < redis_count(list); j++) {
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

static const char *copy_text(struct arena *arena, const struct redis_value *value)
{
    struct redis_bytes bytes = redis_bytes(value);

    return arena_strndup(arena, bytes.text, bytes.length);
}

/* Sets event_id, or fault. What came from outside is in neither of them unless it is an id. */
static void read_entry(struct arena *arena, struct stream_entry *entry, const struct redis_value *fields)
{
    const struct redis_value *value = redis_field(fields, "ce");
    struct redis_bytes text = redis_bytes(value);
    const char *error = NULL;

    if (redis_kind(value) != REDIS_TEXT) {
        entry->fault = "it has no field ce";
        return;
    }
    if (text.length > EVENT_SIZE_MAX) {
        entry->fault = "its event is over 64 KiB";
        return;
    }
    const json_t *event = json_parse(arena, text.text, text.length, &error);
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

static void end_batch(struct flow *flow)
{
    const struct delivery *delivery = flow->owner;
    struct stream_consumer *consumer = delivery->consumer;

    switch (delivery->verdict) {
    case VERDICT_ACKNOWLEDGE:
        acknowledge_batch(consumer, flow->arena, &delivery->batch);
        stream_consumer_take_handled(consumer);
        break;
    case VERDICT_RETRY:
        stream_consumer_take_failed(consumer);
        break;
    }
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
