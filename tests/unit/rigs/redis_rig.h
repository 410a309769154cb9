/* redis_rig.h - a connection under test, and its commands with what they came to. */
#ifndef SHARELINK_TESTS_REDIS_RIG_H
#define SHARELINK_TESTS_REDIS_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/redis/redis.h"
#include "tests/unit/rigs/loop.h"

struct rig {
    struct event_base *base;
    struct redis *redis;
    int due, ready, lost;
};

struct noted {
    struct rig *rig;
    int calls;
    enum redis_kind kind;
    char text[128];
    char error[128];
    int64_t integer;
    size_t length;
};

static const char *server_url(void)
{
    const char *url = getenv("TEST_REDIS_URL");

    if (!url) {
        skip();
    }
    return url;
}

static inline void count_ready(void *arg)
{
    ((struct rig *)arg)->ready++;
}

static inline void count_lost(void *arg)
{
    ((struct rig *)arg)->lost++;
}

static inline bool is_nothing_due(void *arg)
{
    return ((struct rig *)arg)->due == 0;
}

static inline bool is_ready(void *arg)
{
    return redis_is_ready(((struct rig *)arg)->redis);
}

static inline bool is_lost(void *arg)
{
    return ((struct rig *)arg)->lost > 0;
}

static inline void open_rig_with(struct rig *rig, const char *url, int limit_ms)
{
    const struct redis_options options = { .name = "test",
                                           .url = url,
                                           .connect_limit_ms = limit_ms,
                                           .command_limit_ms = limit_ms,
                                           .on_ready = count_ready,
                                           .on_lost = count_lost,
                                           .arg = rig };

    if (!rig->base) {
        rig->base = event_base_new();
    }
    rig->redis = redis_new(rig->base, &options);
}

/* Soon out of patience: for tests of what does not answer. */
static inline void open_rig(struct rig *rig, const char *url)
{
    open_rig_with(rig, url, 150);
}

static inline void open_ready_rig(struct rig *rig)
{
    *rig = (struct rig){ 0 };
    open_rig(rig, server_url());
    assert_true(loop_until(rig->base, is_ready, rig));
}

/* For tests of what is answered, however slow the machine is. */
static inline void open_patient_rig(struct rig *rig)
{
    *rig = (struct rig){ 0 };
    open_rig_with(rig, server_url(), 60000);
    assert_true(loop_until(rig->base, is_ready, rig));
}

static inline void close_rig(struct rig *rig)
{
    redis_free(rig->redis);
    /* Look-ups cannot be called off: until the last one has come back. */
    event_base_dispatch(rig->base);
    event_base_free(rig->base);
}

static inline void note(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct noted *noted = arg;

    /* One or the other. */
    assert_true(!errstr || !reply);
    noted->calls++;
    noted->rig->due--;
    noted->kind = redis_kind(reply);
    noted->integer = redis_integer(reply);
    noted->length = redis_kind(reply) == REDIS_ARRAY ? redis_count(reply) : redis_bytes(reply).length;
    snprintf(noted->text, sizeof noted->text, "%s", redis_text(reply));
    snprintf(noted->error, sizeof noted->error, "%s", errstr ? errstr : "");
}

static inline struct noted *due(struct rig *rig, struct noted *noted)
{
    *noted = (struct noted){ .rig = rig };
    rig->due++;
    return noted;
}

#define ASK(rig, noted, ...)                                                                                                     \
    do {                                                                                                                         \
        redis_call((rig)->redis, 0, note, due((rig), (noted)), __VA_ARGS__, NULL);                                               \
        assert_int_equal((noted)->calls, 0);                                                                                     \
        assert_true(loop_until((rig)->base, is_nothing_due, (rig)));                                                             \
        assert_int_equal((noted)->calls, 1);                                                                                     \
    } while (0)

#endif
