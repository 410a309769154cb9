/* test_stream.c - adding events and consuming them in batches, on a real Redis: what is malformed, late, tried again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/rigs/stream_rig.h"

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
        cmocka_unit_test(without_a_server_nothing_hangs),          cmocka_unit_test(what_was_added_before_and_after_arrives),
        cmocka_unit_test(what_is_malformed_says_so_and_goes),      cmocka_unit_test(a_batch_to_be_tried_again_comes_again),
        cmocka_unit_test(a_batch_that_takes_too_long_comes_again), cmocka_unit_test(one_batch_at_a_time),
        cmocka_unit_test(a_paused_consumer_takes_up_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
