/* pg_rig.h - a pool on a real PostgreSQL, and answers noted, for the tests of common/pg. */
#ifndef SHARELINK_TEST_PG_RIG_H
#define SHARELINK_TEST_PG_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/pg/declared.h"
#include "common/base/str.h"
#include "tests/unit/rigs/loop.h"

#define SQL(id, text) static const struct pg_statement id = { .name = #id, .sql = text }

SQL(select_one, "select 1::bigint");
SQL(get_pid, "select pg_backend_pid()");
SQL(sleep_long, "select pg_sleep(20)");
SQL(divide, "select 1 / $1::int");

/* --- a pool, and one answer noted --- */

struct rig {
    struct event_base *base;
    struct pg_pool *pool;
    struct arena *arena;
    int due;
};

struct noted {
    struct rig *rig;
    int calls;
    enum pg_outcome outcome;
    char sqlstate[8];
    char value[64];
    int rows;
};

static const char *server_url(void)
{
    const char *url = getenv("TEST_POSTGRES_URL");

    if (!url) {
        skip();
    }
    return url;
}

static inline bool is_pool_ready(void *arg)
{
    return pg_pool_is_ready(arg);
}

static inline bool is_nothing_due(void *arg)
{
    return ((struct rig *)arg)->due == 0;
}

static inline struct pg_pool_options usual_options(const char *url)
{
    return (struct pg_pool_options){ .name = "test", .url = url, .connections = 1, .queue_limit = 300, .answer_limit_ms = 10000 };
}

static inline struct rig rig_new(const struct pg_pool_options *options)
{
    struct rig rig = { .base = event_base_new(), .arena = arena_new() };

    rig.pool = pg_pool_new(rig.base, options);
    return rig;
}

static inline struct rig ready_rig(void)
{
    struct pg_pool_options options = usual_options(server_url());
    struct rig rig = rig_new(&options);

    assert_true(loop_until(rig.base, is_pool_ready, rig.pool));
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    pg_pool_free(rig->pool);
    /* Look-ups cannot be called off: until the last one has come back. */
    event_base_dispatch(rig->base);
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
    snprintf(noted->sqlstate, sizeof noted->sqlstate, "%s", pg_answer_sqlstate(answer));
    snprintf(noted->value, sizeof noted->value, "%s", pg_answer_get(answer, 0, 0));
}

static inline void send_with(struct rig *rig, const struct pg_statement *statement, const struct pg_params *params,
                             struct noted *noted)
{
    *noted = (struct noted){ .rig = rig };
    rig->due++;
    pg_send(rig->pool, statement, params, note, noted);
    /* Never from inside pg_send. */
    assert_int_equal(noted->calls, 0);
}

static inline void request(struct rig *rig, const struct pg_statement *statement, struct noted *noted)
{
    struct pg_params params;

    pg_params_init(&params, rig->arena);
    send_with(rig, statement, &params, noted);
}

static inline struct noted ask_with(struct rig *rig, const struct pg_statement *statement, const struct pg_params *params)
{
    struct noted noted;

    send_with(rig, statement, params, &noted);
    assert_true(loop_until(rig->base, is_nothing_due, rig));
    assert_int_equal(noted.calls, 1);
    noted.rig = NULL;
    return noted;
}

static inline struct noted ask(struct rig *rig, const struct pg_statement *statement)
{
    struct pg_params params;

    pg_params_init(&params, rig->arena);
    return ask_with(rig, statement, &params);
}

static inline void wait_until_ready(struct rig *rig)
{
    assert_true(loop_until(rig->base, is_pool_ready, rig->pool));
}

/* A listener that accepts into its backlog and never says a word. */
static inline int silent_server(char *url, size_t size, const char *scheme)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(url, size, "%s://someone:hidden@127.0.0.1:%d/x", scheme, ntohs(address.sin_port));
    return fd;
}

#endif
