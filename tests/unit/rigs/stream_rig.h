/* stream_rig.h - a consumer under test on a real Redis, and the test's own commands beside it. */
#ifndef SHARELINK_TESTS_STREAM_RIG_H
#define SHARELINK_TESTS_STREAM_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/str.h"
#include "common/data/id.h"
#include "common/redis/consumer.h"
#include "common/redis/redis.h"
#include "common/redis/stream.h"
#include "tests/unit/rigs/loop.h"

#define LINKS "t:links"
#define VIEWS "t:views"
#define GROUP "t-group"

enum behaviour { ACKNOWLEDGE, RETRY, WAIT };

struct rig {
    struct event_base *base;
    struct redis *redis; /* for the test's own commands */
    struct stream_consumer *consumer;
    enum behaviour behaviour;
    struct flow_wait *wait;
    int batches, entries, links, malformed;
    char last_event[64], last_fault[128], last_entry[64];
    int wanted; /* entries that the test waits for */
    /* of the last command */
    bool is_due;
    int64_t integer;
    char text[64];
};

static const char *server_url(void)
{
    const char *url = getenv("TEST_REDIS_URL");

    if (!url) {
        skip();
    }
    return url;
}

/* --- the test's own commands --- */

static inline void note(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct rig *rig = arg;

    rig->is_due = false;
    rig->integer = redis_kind(reply) == REDIS_ARRAY ? redis_integer(redis_at(reply, 0)) : redis_integer(reply);
    snprintf(rig->text, sizeof rig->text, "%s", errstr ? errstr : redis_text(reply));
}

static inline bool is_answered(void *arg)
{
    return !((struct rig *)arg)->is_due;
}

static inline bool is_redis_ready(void *arg)
{
    return redis_is_ready(((struct rig *)arg)->redis);
}

#define DO(rig, ...)                                                                                                             \
    do {                                                                                                                         \
        assert_true(loop_until((rig)->base, is_redis_ready, (rig)));                                                             \
        (rig)->is_due = true;                                                                                                    \
        redis_call((rig)->redis, 0, note, (rig), __VA_ARGS__, NULL);                                                             \
        assert_true(loop_until((rig)->base, is_answered, (rig)));                                                                \
    } while (0)

/* The consumer has a connection of its own: Redis may read our question before what it sent earlier. */
static inline void assert_pending(struct rig *rig, const char *stream, int count)
{
    int64_t end_us = clock_mono_us() + 60 * 1000000;

    do {
        DO(rig, "XPENDING", stream, GROUP);
    } while (rig->integer != count && clock_mono_us() < end_us);
    assert_int_equal(rig->integer, count);
}

static inline void wait_until_nobody_is_blocked(struct rig *rig)
{
    int64_t end_us = clock_mono_us() + 60 * 1000000;

    do {
        DO(rig, "EVAL", "return tonumber(string.match(redis.call('INFO', 'clients'), 'blocked_clients:(%d+)'))", "0");
    } while (rig->integer != 0 && clock_mono_us() < end_us);
    assert_int_equal(rig->integer, 0);
}

static inline void add(struct rig *rig, const char *stream, const char *event)
{
    stream_add(rig->redis, stream, "sharelink.test.v1", event);
}

static inline void add_good(struct rig *rig, const char *stream, int count)
{
    for (int i = 0; i < count; i++) {
        char id[ID_SIZE], event[128];
        id_new(id, "evt_");
        snprintf(event, sizeof event, "{\"specversion\":\"1.0\",\"id\":\"%s\"}", id);
        add(rig, stream, event);
    }
}

/* --- the consumer --- */

static inline struct next *ack(struct flow *flow)
{
    return stream_ack(flow);
}

static inline struct next *handle(struct flow *flow)
{
    const struct stream_batch *batch = stream_batch(flow);
    struct rig *rig = *(struct rig *const *)flow->app;

    assert_true(batch->count > 0);
    rig->batches++;
    for (size_t i = 0; i < batch->count; i++) {
        const struct stream_entry *entry = &batch->entries[i];
        assert_true(!entry->event_id != !entry->fault);
        rig->entries++;
        rig->links += str_equal(entry->stream, LINKS);
        rig->malformed += entry->fault != NULL;
        snprintf(rig->last_event, sizeof rig->last_event, "%s", entry->event_id ? entry->event_id : "");
        snprintf(rig->last_fault, sizeof rig->last_fault, "%s", entry->fault ? entry->fault : "");
        snprintf(rig->last_entry, sizeof rig->last_entry, "%s", entry->entry_id);
    }
    switch (rig->behaviour) {
    case ACKNOWLEDGE:
        break;
    case RETRY:
        return stream_retry(flow);
    case WAIT:
        rig->wait = flow_wait_begin(flow, ack);
        return flow_waiting();
    }
    return stream_ack(flow);
}

static inline bool has_wanted(void *arg)
{
    struct rig *rig = arg;

    return rig->entries >= rig->wanted;
}

static inline void wait_for_entries(struct rig *rig, int count)
{
    rig->wanted = count;
    assert_true(loop_until(rig->base, has_wanted, rig));
}

static inline void consume_from(struct rig **rig, int claim_after_ms, int64_t deadline_ms)
{
    static const char *const streams[] = { LINKS, VIEWS, NULL };
    const struct stream_consumer_options options = {
        .url = server_url(),
        .group = GROUP,
        .name = "here-1",
        .streams = streams,
        .count = 10,
        .claim_after_ms = claim_after_ms,
        .handle = handle,
        .app = rig,
        .deadline_ms = deadline_ms,
    };

    (*rig)->consumer = stream_consumer_new((*rig)->base, &options);
}

static inline void consume(struct rig **rig)
{
    consume_from(rig, 60000, 10000);
}

static inline void open_rig(struct rig *rig)
{
    const struct redis_options options = {
        .name = "test", .url = server_url(), .connect_limit_ms = 3000, .command_limit_ms = 3000
    };

    *rig = (struct rig){ .base = event_base_new() };
    rig->redis = redis_new(rig->base, &options);
    DO(rig, "DEL", LINKS, VIEWS);
}

static inline void close_rig(struct rig *rig)
{
    stream_consumer_free(rig->consumer);
    DO(rig, "DEL", LINKS, VIEWS);
    redis_free(rig->redis);
    assert_int_equal(flow_count(), 0);
    event_base_free(rig->base);
}

#endif
