/* test_stream.c - adding and consuming events on a real Redis: what is malformed, lost, trimmed, left by others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/id.h"
#include "common/base/str.h"
#include "common/redis/consumer.h"
#include "common/redis/redis.h"
#include "common/redis/stream.h"
#include "tests/unit/loop.h"

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

static void note(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct rig *rig = arg;

    rig->is_due = false;
    rig->integer = redis_kind(reply) == REDIS_ARRAY ? redis_integer(redis_at(reply, 0)) : redis_integer(reply);
    snprintf(rig->text, sizeof rig->text, "%s", errstr ? errstr : redis_text(reply));
}

static bool is_answered(void *arg)
{
    return !((struct rig *)arg)->is_due;
}

static bool is_redis_ready(void *arg)
{
    return redis_is_ready(((struct rig *)arg)->redis);
}

#define DO(rig, ...)                                                                                                   \
    do {                                                                                                               \
        assert_true(loop_until((rig)->base, is_redis_ready, (rig)));                                                   \
        (rig)->is_due = true;                                                                                          \
        redis_call((rig)->redis, 0, note, (rig), __VA_ARGS__, NULL);                                                   \
        assert_true(loop_until((rig)->base, is_answered, (rig)));                                                      \
    } while (0)

/* The consumer has a connection of its own: Redis may read our question before what it sent earlier. */
static void assert_pending(struct rig *rig, const char *stream, int count)
{
    int64_t end_us = clock_mono_us() + 60 * 1000000;

    do {
        DO(rig, "XPENDING", stream, GROUP);
    } while (rig->integer != count && clock_mono_us() < end_us);
    assert_int_equal(rig->integer, count);
}

static void wait_until_nobody_is_blocked(struct rig *rig)
{
    int64_t end_us = clock_mono_us() + 60 * 1000000;

    do {
        DO(rig, "EVAL", "return tonumber(string.match(redis.call('INFO', 'clients'), 'blocked_clients:(%d+)'))", "0");
    } while (rig->integer != 0 && clock_mono_us() < end_us);
    assert_int_equal(rig->integer, 0);
}

static void add(struct rig *rig, const char *stream, const char *event)
{
    stream_add(rig->redis, stream, "sharelink.test.v1", event);
}

static void add_good(struct rig *rig, const char *stream, int count)
{
    for (int i = 0; i < count; i++) {
        char id[ID_SIZE], event[128];
        id_new(id, "evt_");
        snprintf(event, sizeof event, "{\"specversion\":\"1.0\",\"id\":\"%s\"}", id);
        add(rig, stream, event);
    }
}

/* --- the consumer --- */

static struct next *ack(struct flow *flow)
{
    return stream_ack(flow);
}

static struct next *handle(struct flow *flow)
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

static bool has_wanted(void *arg)
{
    struct rig *rig = arg;

    return rig->entries >= rig->wanted;
}

static void wait_for_entries(struct rig *rig, int count)
{
    rig->wanted = count;
    assert_true(loop_until(rig->base, has_wanted, rig));
}

static void consume_from(struct rig **rig, int claim_after_ms, int64_t deadline_ms)
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

static void consume(struct rig **rig)
{
    consume_from(rig, 60000, 10000);
}

static void open_rig(struct rig *rig)
{
    const struct redis_options options = {
        .name = "test", .url = server_url(), .connect_limit_ms = 3000, .command_limit_ms = 3000
    };

    *rig = (struct rig){ .base = event_base_new() };
    rig->redis = redis_new(rig->base, &options);
    DO(rig, "DEL", LINKS, VIEWS);
}

static void close_rig(struct rig *rig)
{
    stream_consumer_free(rig->consumer);
    DO(rig, "DEL", LINKS, VIEWS);
    redis_free(rig->redis);
    assert_int_equal(flow_count(), 0);
    event_base_free(rig->base);
}

/* --- tests --- */

static void what_was_added_before_and_after_arrives(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    add_good(&rig, LINKS, 25);
    add_good(&rig, VIEWS, 3);
    consume(&self);
    wait_for_entries(&rig, 28);
    assert_int_equal(rig.links, 25);
    assert_int_equal(rig.malformed, 0);
    assert_true(rig.batches >= 3);

    add_good(&rig, VIEWS, 1);
    wait_for_entries(&rig, 29);
    assert_true(id_is(rig.last_event, "evt_"));
    assert_pending(&rig, LINKS, 0);
    assert_pending(&rig, VIEWS, 0);
    assert_int_equal(rig.entries, 29);
    close_rig(&rig);
}

static void what_is_malformed_says_so_and_goes(void **state)
{
    static const char *const events[] = {
        "",
        "{",
        "null",
        "[]",
        "\"evt_\"",
        "{}",
        "{\"id\":1}",
        "{\"id\":null}",
        "{\"id\":\"evt_short\"}",
        "{\"id\":\"lnk_01HZZZZZZZZZZZZZZZZZZZZZZZ\"}",
        "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\",\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\"}",
        "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\"} x",
        "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\",\"x\":\"\xff\"}",
        "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\",\"x\":\"secret\\u0000\"}",
        "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]}",
    };
    enum { COUNT = sizeof events / sizeof *events };
    struct rig rig, *self = &rig;
    char *big = mem_alloc(70001);
    int before;
    (void)state;

    open_rig(&rig);
    consume(&self);
    for (int i = 0; i < COUNT; i++) {
        before = rig.malformed;
        add(&rig, LINKS, events[i]);
        wait_for_entries(&rig, i + 1);
        assert_int_equal(rig.malformed, before + 1);
        assert_string_not_equal(rig.last_fault, "");
        assert_null(strstr(rig.last_fault, "secret"));
    }
    memset(big, ' ', 70000);
    memcpy(big, "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\"}", 39);
    add(&rig, LINKS, big);
    DO(&rig, "XADD", LINKS, "*", "other", "field");
    DO(&rig, "XADD", LINKS, "*", "ce", "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\"}");
    wait_for_entries(&rig, COUNT + 3);
    assert_int_equal(rig.malformed, COUNT + 2);
    assert_string_equal(rig.last_event, "evt_01HZZZZZZZZZZZZZZZZZZZZZZZ");
    assert_pending(&rig, LINKS, 0);
    free(big);
    close_rig(&rig);
}

static void a_batch_to_be_tried_again_comes_again(void **state)
{
    struct rig rig, *self = &rig;
    char entry[64];
    (void)state;

    open_rig(&rig);
    rig.behaviour = RETRY;
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    snprintf(entry, sizeof entry, "%s", rig.last_entry);
    wait_for_entries(&rig, 3);
    assert_string_equal(rig.last_entry, entry);
    assert_pending(&rig, LINKS, 1);
    rig.behaviour = ACKNOWLEDGE;
    add_good(&rig, VIEWS, 1);
    int seen = rig.entries;
    wait_for_entries(&rig, seen + 2);
    assert_pending(&rig, LINKS, 0);
    assert_pending(&rig, VIEWS, 0);
    close_rig(&rig);
}

static void a_batch_that_takes_too_long_comes_again(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    rig.behaviour = WAIT;
    consume_from(&self, 60000, 50);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    struct flow_wait *late = rig.wait;
    rig.behaviour = ACKNOWLEDGE;
    wait_for_entries(&rig, 2);
    flow_wait_end(late, NULL);
    assert_pending(&rig, LINKS, 0);
    close_rig(&rig);
}

static void one_batch_at_a_time(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    rig.behaviour = WAIT;
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    add_good(&rig, LINKS, 5);
    add_good(&rig, VIEWS, 5);
    assert_pending(&rig, LINKS, 1);
    assert_int_equal(rig.entries, 1);
    rig.behaviour = ACKNOWLEDGE;
    flow_wait_end(rig.wait, NULL);
    wait_for_entries(&rig, 11);
    assert_int_equal(rig.batches, 2);
    close_rig(&rig);
}

static void kill_everybody_else(struct rig *rig)
{
    DO(rig, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    assert_true(rig->integer >= 1);
}

static void a_loss_between_reading_and_acknowledging_delivers_again(void **state)
{
    struct rig rig, *self = &rig;
    char entry[64];
    (void)state;

    open_rig(&rig);
    rig.behaviour = WAIT;
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    snprintf(entry, sizeof entry, "%s", rig.last_entry);
    kill_everybody_else(&rig);
    for (int i = 0; i < 3; i++) {
        event_base_loop(rig.base, EVLOOP_NONBLOCK);
    }
    rig.behaviour = ACKNOWLEDGE;
    flow_wait_end(rig.wait, NULL);
    wait_for_entries(&rig, 2);
    assert_string_equal(rig.last_entry, entry);
    assert_pending(&rig, LINKS, 0);

    /* And while it waits for something new. */
    kill_everybody_else(&rig);
    add_good(&rig, VIEWS, 1);
    wait_for_entries(&rig, 3);
    close_rig(&rig);
}

/* Those trimmed before the consumer came, which XAUTOCLAIM finds, and those trimmed later, which come as NIL. */
static void pending_entries_that_were_trimmed_are_let_go(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    add_good(&rig, LINKS, 4);
    DO(&rig, "XGROUP", "CREATE", LINKS, GROUP, "0");
    DO(&rig, "XREADGROUP", "GROUP", GROUP, "here-1", "COUNT", "3", "STREAMS", LINKS, ">");
    DO(&rig, "XTRIM", LINKS, "MAXLEN", "2");
    assert_pending(&rig, LINKS, 3);
    rig.behaviour = RETRY;
    consume(&self);
    wait_for_entries(&rig, 2);
    DO(&rig, "XTRIM", LINKS, "MAXLEN", "0");
    rig.behaviour = ACKNOWLEDGE;
    /* What is new comes after all that is pending. */
    int seen = rig.entries;
    add_good(&rig, VIEWS, 1);
    wait_for_entries(&rig, seen + 1);
    assert_int_equal(rig.links, seen);
    assert_int_equal(rig.malformed, 0);
    assert_pending(&rig, LINKS, 0);
    close_rig(&rig);
}

static void what_others_left_is_taken_over(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    add_good(&rig, LINKS, 40);
    DO(&rig, "XGROUP", "CREATE", LINKS, GROUP, "0");
    DO(&rig, "XREADGROUP", "GROUP", GROUP, "gone-1", "COUNT", "35", "STREAMS", LINKS, ">");
    assert_pending(&rig, LINKS, 35);
    consume_from(&self, 0, 10000);
    wait_for_entries(&rig, 40);
    assert_pending(&rig, LINKS, 0);
    assert_int_equal(rig.entries, 40);
    close_rig(&rig);
}

static void what_others_have_in_hand_stays_theirs(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    add_good(&rig, LINKS, 4);
    DO(&rig, "XGROUP", "CREATE", LINKS, GROUP, "0");
    DO(&rig, "XREADGROUP", "GROUP", GROUP, "alive-1", "COUNT", "3", "STREAMS", LINKS, ">");
    consume(&self);
    wait_for_entries(&rig, 1);
    assert_pending(&rig, LINKS, 3);
    assert_int_equal(rig.entries, 1);
    close_rig(&rig);
}

static void groups_that_vanish_are_made_again(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    /* Under the blocked read: UNBLOCKED, and NOGROUP. */
    DO(&rig, "DEL", LINKS, VIEWS);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 2);
    DO(&rig, "XGROUP", "DESTROY", VIEWS, GROUP);
    add_good(&rig, VIEWS, 2);
    wait_for_entries(&rig, 4);
    assert_pending(&rig, LINKS, 0);
    assert_pending(&rig, VIEWS, 0);
    close_rig(&rig);
}

static void a_key_of_another_type_does_not_end_it(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    DO(&rig, "SET", LINKS, "no stream");
    consume(&self);
    add_good(&rig, VIEWS, 1);
    add_good(&rig, LINKS, 1);
    DO(&rig, "PING");
    assert_int_equal(rig.entries, 0);
    DO(&rig, "DEL", LINKS);
    wait_for_entries(&rig, 1);
    close_rig(&rig);
}

static void a_paused_consumer_takes_up_nothing(void **state)
{
    struct rig rig, *self = &rig;
    (void)state;

    open_rig(&rig);
    rig.behaviour = WAIT;
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    stream_consumer_pause(rig.consumer);
    add_good(&rig, LINKS, 1);
    flow_wait_end(rig.wait, NULL);
    /* The batch in hand is acknowledged, the new entry not even given out. */
    assert_pending(&rig, LINKS, 0);
    assert_int_equal(rig.entries, 1);
    close_rig(&rig);

    /* The same for one that waits in a blocked read. */
    open_rig(&rig);
    consume(&self);
    add_good(&rig, LINKS, 1);
    wait_for_entries(&rig, 1);
    assert_pending(&rig, LINKS, 0);
    stream_consumer_pause(rig.consumer);
    wait_until_nobody_is_blocked(&rig);
    add_good(&rig, LINKS, 1);
    assert_pending(&rig, LINKS, 0);
    assert_int_equal(rig.entries, 1);
    close_rig(&rig);
}

static void without_a_server_nothing_hangs(void **state)
{
    struct event_base *base = event_base_new();
    const char *const streams[] = { LINKS, NULL };
    const struct stream_consumer_options options = {
        .url = "redis://127.0.0.1:1", .group = GROUP, .name = "x", .streams = streams, .count = 1, .handle = handle
    };
    const struct redis_options connection = {
        .name = "test", .url = "redis://127.0.0.1:1", .connect_limit_ms = 100, .command_limit_ms = 100
    };
    (void)state;

    for (int turns = 0; turns < 6; turns++) {
        struct stream_consumer *consumer = stream_consumer_new(base, &options);
        struct redis *redis = redis_new(base, &connection);
        stream_add(redis, LINKS, "type", "{}");
        for (int i = 0; i < turns; i++) {
            event_base_loop(base, EVLOOP_NONBLOCK);
        }
        stream_add(redis, LINKS, "type", "{}");
        if (turns % 2) {
            stream_consumer_pause(consumer);
        }
        stream_consumer_free(consumer);
        redis_free(redis);
    }
    event_base_dispatch(base);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_server_nothing_hangs),
        cmocka_unit_test(what_was_added_before_and_after_arrives),
        cmocka_unit_test(what_is_malformed_says_so_and_goes),
        cmocka_unit_test(a_batch_to_be_tried_again_comes_again),
        cmocka_unit_test(a_batch_that_takes_too_long_comes_again),
        cmocka_unit_test(one_batch_at_a_time),
        cmocka_unit_test(a_loss_between_reading_and_acknowledging_delivers_again),
        cmocka_unit_test(pending_entries_that_were_trimmed_are_let_go),
        cmocka_unit_test(what_others_left_is_taken_over),
        cmocka_unit_test(what_others_have_in_hand_stays_theirs),
        cmocka_unit_test(groups_that_vanish_are_made_again),
        cmocka_unit_test(a_key_of_another_type_does_not_end_it),
        cmocka_unit_test(a_paused_consumer_takes_up_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
