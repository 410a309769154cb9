/* batch_rig.h - a batch on a real PostgreSQL, and what its items learn, for the tests of common/pg/batch.c. */
#ifndef SHARELINK_TEST_BATCH_RIG_H
#define SHARELINK_TEST_BATCH_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/pg/batch.h"
#include "tests/unit/rigs/loop.h"

struct rig {
    struct event_base *base;
    struct pg_pool *pool;
    struct pg_batch *batch;
    struct arena *arena; /* statements live as long as the pool */
    int due;
};

struct noted {
    struct rig *rig;
    int calls;
    enum pg_outcome outcome;
    int rows;
    int together; /* items in its statement */
    char first[32], last[32];
};

static inline bool is_pool_ready(void *arg)
{
    return pg_pool_is_ready(arg);
}

static inline bool is_nothing_due(void *arg)
{
    return ((struct rig *)arg)->due == 0;
}

static inline struct rig rig_on(const char *url, const struct pg_statement *statement, int most, int waiting_limit,
                                int lock_wait_ms)
{
    struct rig rig = { .base = event_base_new(), .arena = arena_new() };
    const struct pg_pool_options options = {
        .name = "batch", .url = url, .connections = 1, .queue_limit = 100, .answer_limit_ms = 10000, .lock_wait_ms = lock_wait_ms
    };
    const struct pg_batch_options batch = { .statement = statement, .columns = 2, .most = most, .waiting_limit = waiting_limit };

    rig.pool = pg_pool_new(rig.base, &options);
    rig.batch = pg_batch_new(rig.pool, &batch);
    return rig;
}

static inline struct rig rig_with(const char *url, const struct pg_statement *statement, int most, int waiting_limit)
{
    return rig_on(url, statement, most, waiting_limit, 0);
}

static inline struct rig ready_rig(const struct pg_statement *statement, int most)
{
    const char *url = getenv("TEST_POSTGRES_URL");

    if (!url) {
        skip();
    }
    struct rig rig = rig_with(url, statement, most, 1000);
    assert_true(loop_until(rig.base, is_pool_ready, rig.pool));
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    assert_int_equal(pg_batch_size(rig->batch), 0);
    pg_batch_free(rig->batch);
    pg_pool_free(rig->pool);
    arena_free(rig->arena);
    event_base_free(rig->base);
}

static inline void note(void *arg, const struct pg_answer *answer)
{
    struct noted *noted = arg;

    noted->calls++;
    noted->rig->due--;
    noted->outcome = pg_answer_outcome(answer);
    noted->rows = pg_answer_rows(answer);
    noted->together = atoi(pg_answer_get(answer, 0, 1));
    snprintf(noted->first, sizeof noted->first, "%s", pg_answer_get(answer, 0, 2));
    snprintf(noted->last, sizeof noted->last, "%s", pg_answer_get(answer, noted->rows - 1, 2));
}

static inline void push(struct rig *rig, const char *a, const char *b, struct noted *noted)
{
    const char *const values[] = { a, b };

    *noted = (struct noted){ .rig = rig };
    rig->due++;
    pg_batch_push(rig->batch, values, note, noted);
    assert_int_equal(noted->calls, 0);
}

static inline void do_sql(struct rig *rig, const char *name, const char *sql)
{
    struct pg_statement *statement = arena_alloc(rig->arena, sizeof *statement);
    struct noted noted = { .rig = rig };
    struct pg_params params;

    *statement = (struct pg_statement){ .name = name, .sql = sql };
    pg_params_init(&params, rig->arena);
    rig->due++;
    pg_send(rig->pool, statement, &params, note, &noted);
    assert_true(loop_until(rig->base, is_nothing_due, rig));
    assert_int_equal(noted.outcome, PG_OK);
}

#endif
