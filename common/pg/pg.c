/* pg.c - the pool: which connection takes a request, its parameters, and reading its answer.
 *
 * What a connection does with a request is in connection.c. A request that no connection takes is answered
 * PG_UNAVAILABLE from the loop's next turn: nothing queues here, so that a caller can say 503 while it still matters.
 */
#include "common/pg/pg.h"

#include <event2/event.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/pg/connection.h"
#include "common/pg/transaction.h"
#include "common/base/str.h"

struct refusal {
    pg_done *done;
    void *arg;
};

struct pg_pool {
    struct event_base *base;
    struct pg_pool_options options;
    struct pg_metrics metrics;
    struct pg_connection **connections;
    struct event *refuse_soon;
    struct refusal *refusals;
    size_t refusal_count, refusal_size;
};

static struct pg_connection *choose(const struct pg_pool *pool);
static void refuse_all(evutil_socket_t fd, short what, void *arg);
static void end_wait(void *arg, const struct pg_answer *answer);

const char *pg_check_url(const char *url)
{
    const char *fault = config_check_postgres_url(url);
    char *error = NULL;

    if (fault) {
        return fault;
    }
    PQconninfoOption *read = PQconninfoParse(url, &error);
    PQfreemem(error); /* it may quote the password */
    PQconninfoFree(read);
    return read ? NULL : "is no URL that libpq can read; in the password, write what is no letter or digit as %XX";
}

struct pg_pool *pg_pool_new(struct event_base *base, const struct pg_pool_options *options)
{
    struct pg_pool *pool = mem_alloc(sizeof *pool);

    pool->base = base;
    pool->options = *options;
    pg_metrics_make(&pool->metrics, options->name);
    pool->refuse_soon = evtimer_new(base, refuse_all, pool);
    if (!pool->refuse_soon) {
        abort();
    }
    pool->connections = mem_alloc(sizeof *pool->connections * (size_t)options->connections);
    for (int i = 0; i < options->connections; i++) {
        pool->connections[i] = pg_connection_new(base, &pool->options, &pool->metrics);
    }
    return pool;
}

struct event_base *pg_pool_base(const struct pg_pool *pool)
{
    return pool->base;
}

void pg_pool_free(struct pg_pool *pool)
{
    if (!pool) {
        return;
    }
    for (int i = 0; i < pool->options.connections; i++) {
        pg_connection_free(pool->connections[i]);
        pool->connections[i] = NULL;
    }
    /* Those who were failed just now may have asked again. */
    while (pool->refusal_count) {
        refuse_all(-1, 0, pool);
    }
    event_free(pool->refuse_soon);
    free(pool->refusals);
    free(pool->connections);
    free(pool);
}

bool pg_pool_is_ready(const struct pg_pool *pool)
{
    for (int i = 0; i < pool->options.connections; i++) {
        if (pg_connection_is_ready(pool->connections[i])) {
            return true;
        }
    }
    return false;
}

void pg_send(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params, pg_done *done,
             void *arg)
{
    struct pg_connection *connection = choose(pool);

    if (!connection) {
        metrics_add(pool->metrics.queries[PG_UNAVAILABLE], 1);
        pg_pool_refuse(pool, done, arg);
        return;
    }
    pg_connection_send(connection, statement, params, done, arg);
}

/* The shortest queue; NULL when none is ready or all are full. */
static struct pg_connection *choose(const struct pg_pool *pool)
{
    struct pg_connection *best = NULL;
    int least = pool->options.queue_limit;

    for (int i = 0; i < pool->options.connections && least > 0; i++) {
        struct pg_connection *each = pool->connections[i];
        if (each && pg_connection_is_ready(each) && pg_connection_in_flight(each) < least) {
            best = each;
            least = pg_connection_in_flight(each);
        }
    }
    return best;
}

void pg_pool_refuse(struct pg_pool *pool, pg_done *done, void *arg)
{
    const struct timeval now = { 0, 0 };

    if (pool->refusal_count == pool->refusal_size) {
        pool->refusal_size = pool->refusal_size ? pool->refusal_size * 2 : 16;
        pool->refusals = mem_resize(pool->refusals, sizeof *pool->refusals * pool->refusal_size);
    }
    pool->refusals[pool->refusal_count++] = (struct refusal){ done, arg };
    if (pool->refusal_count == 1 && evtimer_add(pool->refuse_soon, &now) < 0) {
        abort();
    }
}

/* Those who are refused anew meanwhile wait for another turn. */
static void refuse_all(evutil_socket_t fd, short what, void *arg)
{
    struct pg_pool *pool = arg;
    struct refusal *refusals = pool->refusals;
    size_t count = pool->refusal_count;
    (void)fd;
    (void)what;

    pool->refusals = NULL;
    pool->refusal_count = pool->refusal_size = 0;
    for (size_t i = 0; i < count; i++) {
        refusals[i].done(refusals[i].arg, &pg_answer_unavailable);
    }
    free(refusals);
}

struct next *pg_query(struct flow *flow, struct pg_pool *pool, const struct pg_statement *statement,
                      const struct pg_params *params, flow_step *then)
{
    if (flow->transaction) {
        return pg_transaction_query(flow, statement, params, then);
    }
    pg_send(pool, statement, params, end_wait, flow_wait_begin(flow, then));
    return flow_waiting();
}

static void end_wait(void *arg, const struct pg_answer *answer)
{
    flow_wait_end(arg, answer);
}

/* --- parameters --- */

void pg_params_init(struct pg_params *params, struct arena *arena)
{
    params->arena = arena;
    params->count = 0;
}

/* A statement with more parameters, or with one of 2 GB, is a mistake in the program. */
static void add_param(struct pg_params *params, const char *value, size_t length, int format)
{
    if (params->count == PG_PARAMS_MAX || length > INT_MAX) {
        log_error("pg.params_exceeded", LOG_INT("count", params->count));
        abort();
    }
    params->values[params->count] = value;
    params->lengths[params->count] = (int)length;
    params->formats[params->count++] = format;
}

void pg_text(struct pg_params *params, const char *value)
{
    /* libpq looks at the length of binary values alone. */
    add_param(params, value, 0, 0);
}

void pg_int(struct pg_params *params, int64_t value)
{
    add_param(params, arena_printf(params->arena, "%lld", (long long)value), 0, 0);
}

void pg_bool(struct pg_params *params, bool value)
{
    add_param(params, value ? "t" : "f", 0, 0);
}

void pg_null(struct pg_params *params)
{
    add_param(params, NULL, 0, 0);
}

void pg_bytes(struct pg_params *params, const void *bytes, size_t length)
{
    add_param(params, bytes, length, 1);
}

/* Every value is quoted, so that empty, "null", braces and commas need no thought; only \ and " are escaped. */
static char *write_quoted(char *to, const char *value)
{
    *to++ = '"';
    for (; *value; value++) {
        if (*value == '"' || *value == '\\') {
            *to++ = '\\';
        }
        *to++ = *value;
    }
    *to++ = '"';
    return to;
}

const char *pg_bytea_text(struct arena *arena, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";

    if (!bytes) {
        return NULL;
    }
    char *text = arena_alloc(arena, sizeof "\\x" + 2 * length), *to = stpcpy(text, "\\x");
    for (size_t i = 0; i < length; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    return text;
}

void pg_text_array(struct pg_params *params, const char *const *values, size_t count)
{
    size_t size = sizeof "{}";

    for (size_t i = 0; i < count; i++) {
        size += values[i] ? strlen(values[i]) * 2 + sizeof "\"\"," : sizeof "NULL,";
    }
    char *array = arena_alloc(params->arena, size);
    char *to = array;
    *to++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            *to++ = ',';
        }
        to = values[i] ? write_quoted(to, values[i]) : stpcpy(to, "NULL");
    }
    strcpy(to, "}");
    add_param(params, array, 0, 0);
}

void pg_bytes_array(struct pg_params *params, const uint8_t *const *values, size_t length, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char *array = arena_alloc(params->arena, count * (length * 2 + sizeof "\"\\\\x\",") + sizeof "{}");
    char *to = array;

    *to++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            *to++ = ',';
        }
        if (!values[i]) {
            to = stpcpy(to, "NULL");
            continue;
        }
        to = stpcpy(to, "\"\\\\x");
        for (size_t j = 0; j < length; j++) {
            *to++ = digits[values[i][j] >> 4];
            *to++ = digits[values[i][j] & 15];
        }
        *to++ = '"';
    }
    strcpy(to, "}");
    add_param(params, array, 0, 0);
}

/* --- answers --- */

static const struct pg_answer *answer_of(const struct flow *flow)
{
    return flow->answer ? flow->answer : &pg_answer_unavailable;
}

/* False unless the cell exists; then *row is its row in the result. */
static bool find_cell(const struct pg_answer *answer, int *row, int column)
{
    if (answer->outcome != PG_OK || *row < 0 || *row >= answer->row_count || column < 0 ||
        column >= PQnfields(answer->result)) {
        return false;
    }
    *row = answer->rows ? answer->rows[*row] : *row;
    return true;
}

enum pg_outcome pg_answer_outcome(const struct pg_answer *answer)
{
    return answer->outcome;
}

static const char *error_field(const struct pg_answer *answer, int field)
{
    const char *text = answer->result ? PQresultErrorField(answer->result, field) : NULL;

    return text ? text : "";
}

const char *pg_answer_sqlstate(const struct pg_answer *answer)
{
    return error_field(answer, PG_DIAG_SQLSTATE);
}

const char *pg_answer_error(const struct pg_answer *answer)
{
    return error_field(answer, PG_DIAG_MESSAGE_PRIMARY);
}

int pg_answer_rows(const struct pg_answer *answer)
{
    return answer->outcome == PG_OK ? answer->row_count : 0;
}

const char *pg_answer_get(const struct pg_answer *answer, int row, int column)
{
    /* libpq gives "" for NULL too. */
    return find_cell(answer, &row, column) ? PQgetvalue(answer->result, row, column) : "";
}

enum pg_outcome pg_outcome(const struct flow *flow)
{
    return pg_answer_outcome(answer_of(flow));
}

const char *pg_sqlstate(const struct flow *flow)
{
    return pg_answer_sqlstate(answer_of(flow));
}

const char *pg_constraint(const struct flow *flow)
{
    return error_field(answer_of(flow), PG_DIAG_CONSTRAINT_NAME);
}

int pg_rows(const struct flow *flow)
{
    return pg_answer_rows(answer_of(flow));
}

bool pg_is_null(const struct flow *flow, int row, int column)
{
    const struct pg_answer *answer = answer_of(flow);

    return !find_cell(answer, &row, column) || PQgetisnull(answer->result, row, column);
}

const char *pg_get(const struct flow *flow, int row, int column)
{
    return pg_answer_get(answer_of(flow), row, column);
}

size_t pg_get_length(const struct flow *flow, int row, int column)
{
    const struct pg_answer *answer = answer_of(flow);

    return find_cell(answer, &row, column) ? (size_t)PQgetlength(answer->result, row, column) : 0;
}

int64_t pg_get_int(const struct flow *flow, int row, int column)
{
    return strtoll(pg_get(flow, row, column), NULL, 10);
}

bool pg_get_bool(const struct flow *flow, int row, int column)
{
    return pg_get(flow, row, column)[0] == 't';
}

static int nibble(char digit)
{
    return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

uint8_t *pg_get_bytes(const struct flow *flow, int row, int column, struct arena *arena, size_t *length)
{
    const char *hex = pg_get(flow, row, column);
    size_t count = pg_get_length(flow, row, column);

    /* "\x" and two digits per byte; bytea_output is PostgreSQL's default. */
    *length = count > 2 && str_starts_with(hex, "\\x") ? (count - 2) / 2 : 0;
    uint8_t *bytes = arena_alloc(arena, *length + 1);
    for (size_t i = 0; i < *length; i++) {
        bytes[i] = (uint8_t)(nibble(hex[2 + 2 * i]) << 4 | nibble(hex[3 + 2 * i]));
    }
    return bytes;
}
