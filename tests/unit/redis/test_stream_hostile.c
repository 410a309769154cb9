/* test_stream_hostile.c - a server whose replies have a value of another kind in one place: for each place and each kind. Built
 * with MODE=asan it finds what is read beyond a value.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/redis/consumer_internal.h"
#include "common/redis/value.h"
#include "tests/unit/rigs/loop.h"
#include "tests/unit/rigs/redis_script.h"

#define EVENT      "{\"id\":\"evt_01HZZZZZZZZZZZZZZZZZZZZZZZ\"}"
#define WIRE_MAX   4096
#define LONG_ARRAY 600

static const char read_reply[] =
    "*1\r\n*2\r\n$7\r\nt:links\r\n*2\r\n*2\r\n$3\r\n1-0\r\n*4\r\n$4\r\ntype\r\n$1\r\nx\r\n$2\r\nce\r\n"
    "$39\r\n" EVENT "\r\n*2\r\n$3\r\n2-0\r\n*-1\r\n";
static const char claim_reply[] = "*3\r\n$3\r\n0-0\r\n*1\r\n$3\r\n1-0\r\n*0\r\n";
static const char info_reply[] = "*1\r\n*12\r\n$4\r\nname\r\n$7\r\nt-group\r\n$9\r\nconsumers\r\n:1\r\n$7\r\npending\r\n:1\r\n"
                                 "$17\r\nlast-delivered-id\r\n$3\r\n1-0\r\n$12\r\nentries-read\r\n:1\r\n$3\r\nlag\r\n:0\r\n";

struct rig {
    struct script server;
    struct stream_consumer *consumer;
    int batches;
};

static struct next *handle(struct flow *flow)
{
    struct rig *rig = *(struct rig *const *)flow->app;
    const struct stream_batch *batch = stream_batch(flow);

    for (size_t i = 0; i < batch->count; i++) {
        assert_true(!batch->entries[i].event_id != !batch->entries[i].fault);
        assert_true(strlen(batch->entries[i].entry_id) < 16);
    }
    rig->batches++;
    return stream_ack(flow);
}

/* Copies one value from wire to to, and puts hostile in the place of value number *place. Returns where the value ends. */
static const char *copy_value(const char *wire, char **to, int *place, const char *hostile)
{
    const char *end = strstr(wire, "\r\n") + 2;
    long number = atol(wire + 1);
    bool replaced = (*place)-- == 0;
    char *start = *to;

    if (*wire == '$' && number >= 0) {
        end += number + 2;
    }
    memcpy(*to, wire, (size_t)(end - wire));
    *to += end - wire;
    for (long i = 0; *wire == '*' && i < number; i++) {
        end = copy_value(end, to, place, hostile);
    }
    if (replaced) {
        *to = start + sprintf(start, "%s", hostile);
        *place = -1;
    }
    return end;
}

/* False when the reply has no such place. */
static bool replace(const char *wire, int place, const char *hostile, char *to)
{
    copy_value(wire, &to, &place, hostile);
    *to = '\0';
    return place < 0;
}

static bool has_read_or_paused(void *arg)
{
    const struct rig *rig = arg;
    const char *first = strstr(rig->server.heard, "XREADGROUP");

    return rig->consumer->state == STATE_PAUSING || (first && strstr(first + 1, "XREADGROUP"));
}

/* The answers to the questions for gauges come before those to what was sent behind them. */
static int consume(const char *read, const char *claimed, const char *info)
{
    static const char *const streams[] = { "t:links", NULL };
    const struct script_line lines[] = {
        { "PING", "+PONG\r\n" }, { "XGROUP", "+OK\r\n" }, { "XAUTOCLAIM", claimed }, { "XINFO", info }, { "XREADGROUP", read },
        { "XACK", ":1\r\n" },    { NULL, NULL },
    };
    struct event_base *base = event_base_new();
    struct rig rig = { .batches = 0 }, *self = &rig;

    script_start(&rig.server, base, lines);
    const struct stream_consumer_options options = {
        .url = rig.server.url,
        .group = "t-group",
        .name = "here-1",
        .streams = streams,
        .count = 10,
        .claim_after_ms = 60000,
        .handle = handle,
        .app = &self,
        .deadline_ms = 10000,
    };
    rig.consumer = stream_consumer_new(base, &options);
    assert_true(loop_until(base, has_read_or_paused, &rig));
    stream_consumer_free(rig.consumer);
    script_stop(&rig.server);
    event_base_dispatch(base);
    event_base_free(base);
    return rig.batches;
}

static void any_kind_in_any_place_is_harmless(void **state)
{
    static char long_array[LONG_ARRAY * 4 + 16], wire[WIRE_MAX + sizeof long_array];
    const char *const hostile[] = { "$-1\r\n",  "*-1\r\n",         "$0\r\n\r\n",        ":7\r\n",  "+\r\n", "*0\r\n",
                                    "-ERR\r\n", "$5\r\nhello\r\n", "*1\r\n$1\r\nx\r\n", long_array };
    int length = sprintf(long_array, "*%d\r\n", LONG_ARRAY), cases = 0;
    (void)state;

    for (int i = 0; i < LONG_ARRAY; i++) {
        length += sprintf(long_array + length, ":1\r\n");
    }
    assert_int_equal(consume(read_reply, claim_reply, info_reply), 1);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        for (int place = 0; replace(read_reply, place, hostile[i], wire); place++, cases++) {
            consume(wire, claim_reply, info_reply);
        }
        for (int place = 0; replace(claim_reply, place, hostile[i], wire); place++, cases++) {
            consume(read_reply, wire, info_reply);
        }
        for (int place = 0; replace(info_reply, place, hostile[i], wire); place++, cases++) {
            consume(read_reply, claim_reply, wire);
        }
    }
    assert_true(cases > 300);
}

/* An entry without an id cannot be acknowledged: its batch is not handled at all. */
static void an_entry_whose_id_is_no_text_is_not_handled(void **state)
{
    static const char wire[] = "*1\r\n*2\r\n$7\r\nt:links\r\n*1\r\n*2\r\n*2\r\n:1\r\n:2\r\n*2\r\n$2\r\nce\r\n$2\r\n{}\r\n";
    (void)state;

    assert_int_equal(consume(wire, claim_reply, info_reply), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_kind_in_any_place_is_harmless),
        cmocka_unit_test(an_entry_whose_id_is_no_text_is_not_handled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
