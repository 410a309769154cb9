/* connection.c - one pipelined libpq connection as a state machine; what it is asked and answers is in requests.c.
 *
 *     waiting → resolving → connecting → ready → (lost) → waiting → …
 *
 * A connection that breaks, falls silent or is left inside a transaction is thrown away with all that it owes; libpq's own
 * resets would block.
 */

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/loop/timer.h"
#include "common/pg/session.h"
#include "common/pg/target.h"

#define CONNECT_LIMIT_MS 5000
#define STUCK_US         30000

static void handle_alarm(evutil_socket_t fd, short what, void *arg);
static void start(struct pg_connection *connection);
static void take_link(void *arg, PGconn *link, const char *fault);
static void watch_polling(struct pg_connection *connection, short what);
static void poll_link(evutil_socket_t fd, short what, void *arg);
static void become_ready(struct pg_connection *connection);
static void work(evutil_socket_t fd, short what, void *arg);
static void check_answer_limit(struct pg_connection *connection);
static void close_link(struct pg_connection *connection);
static void move(struct pg_connection *connection, enum pg_connection_state to, const char *reason);

/* The limits are the role's, which `sharelink migrate` sets for one database: one that was copied or restored may have none, and
 * then a locked row would hold up the whole connection, and to compile the plan of a big statement takes seconds. What the role
 * or the URL sets stays. */
static const struct pg_statement set_limits = {
    .name = "set_limits",
    .sql = "select set_config(name, value, false) "
           "from (values ('lock_timeout', '0', '150ms'), ('statement_timeout', '0', '5s'), ('jit', 'on', 'off')) as l (name, "
           "unset, value) "
           "where current_setting(name) = unset",
};

static void ignore(void *arg, const struct pg_answer *answer)
{
    (void)arg;
    (void)answer;
}

const struct pg_answer pg_answer_unavailable = { .outcome = PG_UNAVAILABLE };

struct pg_connection *pg_connection_new(struct event_base *base, const struct pg_pool_options *options,
                                        const struct pg_metrics *metrics)
{
    struct pg_connection *connection = mem_alloc(sizeof *connection);

    connection->base = base;
    connection->options = options;
    connection->metrics = metrics;
    connection->queue = mem_alloc(sizeof *connection->queue * (size_t)options->queue_limit);
    connection->alarm = evtimer_new(base, handle_alarm, connection);
    connection->check = evtimer_new(base, work, connection);
    if (!connection->alarm || !connection->check) {
        abort();
    }
    pg_connection_set_alarm(connection, 0);
    return connection;
}

/* What the alarm means depends on the state. */
static void handle_alarm(evutil_socket_t fd, short what, void *arg)
{
    struct pg_connection *connection = arg;
    (void)fd;
    (void)what;

    switch (connection->state) {
    case STATE_WAITING:
        start(connection);
        break;
    case STATE_RESOLVING:
        pg_connection_lose(connection, "the name could not be resolved in time");
        break;
    case STATE_CONNECTING:
        pg_connection_lose(connection, "no connection in time");
        break;
    case STATE_READY:
        check_answer_limit(connection);
        break;
    case STATE_BROKEN:
        break;
    }
}

static void start(struct pg_connection *connection)
{
    connection->started_us = clock_mono_us();
    move(connection, STATE_RESOLVING, NULL);
    pg_connection_set_alarm(connection, CONNECT_LIMIT_MS);
    connection->target = pg_target_open(connection->base, connection->options, connection->address_choice, take_link, connection);
}

/* Notices go to the log; libpq would write them to stderr. */
static void log_notice(void *arg, const PGresult *result)
{
    const struct pg_connection *connection = arg;

    log_debug("pg.noticed", LOG_TEXT("pool", connection->options->name),
              LOG_TEXT("notice", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
}

static void take_link(void *arg, PGconn *link, const char *fault)
{
    struct pg_connection *connection = arg;

    connection->target = NULL;
    if (!link) {
        pg_connection_lose(connection, fault);
        return;
    }
    connection->link = link;
    PQsetNoticeReceiver(link, log_notice, connection);
    move(connection, STATE_CONNECTING, NULL);
    if (PQstatus(link) == CONNECTION_BAD) {
        pg_connection_lose(connection, PQerrorMessage(link));
        return;
    }
    watch_polling(connection, EV_WRITE);
}

static void watch_polling(struct pg_connection *connection, short what)
{
    connection->polling = event_new(connection->base, PQsocket(connection->link), what, poll_link, connection);
    if (!connection->polling || event_add(connection->polling, NULL) < 0) {
        abort();
    }
}

static void poll_link(evutil_socket_t fd, short what, void *arg)
{
    struct pg_connection *connection = arg;
    (void)fd;
    (void)what;

    event_free(connection->polling);
    connection->polling = NULL;
    switch (PQconnectPoll(connection->link)) {
    case PGRES_POLLING_READING:
        watch_polling(connection, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        watch_polling(connection, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        become_ready(connection);
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        pg_connection_lose(connection, PQerrorMessage(connection->link));
        break;
    }
}

static void become_ready(struct pg_connection *connection)
{
    int fd = PQsocket(connection->link);

    if (PQsetnonblocking(connection->link, 1) != 0 || PQenterPipelineMode(connection->link) != 1) {
        pg_connection_lose(connection, PQerrorMessage(connection->link));
        return;
    }
    connection->readable = event_new(connection->base, fd, EV_READ | EV_PERSIST, work, connection);
    connection->writable = event_new(connection->base, fd, EV_WRITE | EV_PERSIST, work, connection);
    if (!connection->readable || !connection->writable || event_add(connection->readable, NULL) < 0) {
        abort();
    }
    evtimer_del(connection->alarm);
    move(connection, STATE_READY, NULL);
    if (connection->options->has_limits) {
        pg_connection_send(connection, &set_limits, &(struct pg_params){ .count = 0 }, ignore, NULL);
    }
}

bool pg_connection_is_ready(const struct pg_connection *connection)
{
    return connection->state == STATE_READY;
}

unsigned pg_connection_epoch(const struct pg_connection *connection)
{
    return connection->epoch;
}

int pg_connection_in_flight(const struct pg_connection *connection)
{
    return connection->count;
}

bool pg_connection_is_stuck(const struct pg_connection *connection)
{
    return clock_mono_us() - connection->turned_us > STUCK_US;
}

/* PQpipelineSync has pushed already; this is for what the socket would not take. While that is so libpq may also have
 * read answers on its own, of which the socket says nothing any more: hence the look at PQisBusy. */
void pg_connection_flush(struct pg_connection *connection)
{
    int left = PQflush(connection->link);

    if (left < 0) {
        connection->cannot_send = true;
    } else if (left > 0) {
        event_add(connection->writable, NULL);
    } else if (event_pending(connection->writable, EV_WRITE, NULL)) {
        event_del(connection->writable);
    }
    if (left < 0 || !PQisBusy(connection->link)) {
        pg_connection_check_soon(connection);
    }
}

/* The socket is ready, or something is to be looked after. */
static void work(evutil_socket_t fd, short what, void *arg)
{
    struct pg_connection *connection = arg;
    (void)fd;

    if (connection->state != STATE_READY) {
        return;
    }
    if (what & EV_READ && !PQconsumeInput(connection->link)) {
        /* What came before the end, such as "terminating connection", is still to be read. */
        connection->cannot_send = true;
    }
    pg_requests_read(connection);
    if (connection->state != STATE_READY) {
        return;
    }
    if (connection->cannot_send || PQstatus(connection->link) == CONNECTION_BAD) {
        pg_connection_lose(connection, PQerrorMessage(connection->link));
        return;
    }
    if (what & EV_WRITE) {
        pg_connection_flush(connection);
    }
}

/* The alarm is not moved with each request; it looks for itself how long the oldest has waited. */
static void check_answer_limit(struct pg_connection *connection)
{
    if (!connection->count) {
        return;
    }
    int64_t age_ms = (clock_mono_us() - connection->queue[connection->first].sent_us) / 1000;
    if (age_ms >= connection->options->answer_limit_ms) {
        pg_connection_lose(connection, "no answer in time");
        return;
    }
    pg_connection_set_alarm(connection, connection->options->answer_limit_ms - age_ms);
}

/* Throws the connection away, plans the next, and fails what was in flight. */
void pg_connection_lose(struct pg_connection *connection, const char *reason)
{
    if (connection->state != STATE_READY) {
        connection->address_choice++;
    }
    move(connection, STATE_BROKEN, reason);
    connection->epoch++;
    close_link(connection);
    move(connection, STATE_WAITING, NULL);
    pg_connection_set_alarm(connection, backoff_ms(connection->attempts++, BACKOFF_FIRST_MS, BACKOFF_MOST_MS));
    pg_requests_fail(connection);
}

static void close_link(struct pg_connection *connection)
{
    struct event **events[] = { &connection->polling, &connection->readable, &connection->writable };

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (*events[i]) {
            event_free(*events[i]);
            *events[i] = NULL;
        }
    }
    event_del(connection->check);
    connection->cannot_send = false;
    pg_target_cancel(connection->target);
    connection->target = NULL;
    pg_prepared_clear(&connection->prepared);
    pg_requests_drop_kept(connection);
    PQfinish(connection->link);
    connection->link = NULL;
}

/* The one place that changes the state. reason is for a loss, and may be libpq's text of several lines. */
static void move(struct pg_connection *connection, enum pg_connection_state to, const char *reason)
{
    static const char *const names[] = { "waiting", "resolving", "connecting", "ready", "broken" };
    const char *pool = connection->options->name;
    enum pg_connection_state from = connection->state;
    char line[200];

    connection->state = to;
    if (to == STATE_READY || from == STATE_READY) {
        metrics_add(connection->metrics->ready, to == STATE_READY ? 1 : -1);
    }
    if (to == STATE_READY) {
        log_info("pg.connected", LOG_TEXT("pool", pool),
                 LOG_INT("connect_ms", (clock_mono_us() - connection->started_us) / 1000));
        return;
    }
    if (to == STATE_BROKEN) {
        snprintf(line, sizeof line, "%s", reason);
        line[strcspn(line, "\n")] = '\0';
        log_info("pg.lost", LOG_TEXT("pool", pool), LOG_TEXT("while", names[from]), LOG_TEXT("reason", line),
                 LOG_INT("in_flight", connection->count), LOG_INT("attempt", connection->attempts));
        return;
    }
    log_debug("pg.moved", LOG_TEXT("pool", pool), LOG_TEXT("from", names[from]), LOG_TEXT("to", names[to]));
}

void pg_connection_set_alarm(struct pg_connection *connection, int64_t after_ms)
{
    timer_set(connection->alarm, after_ms);
}

void pg_connection_check_soon(struct pg_connection *connection)
{
    timer_set(connection->check, 0);
}

void pg_connection_free(struct pg_connection *connection)
{
    if (connection->state != STATE_WAITING) {
        pg_connection_lose(connection, "the pool is closed");
    }
    event_free(connection->alarm);
    event_free(connection->check);
    pg_prepared_free(&connection->prepared);
    free(connection->queue);
    free(connection);
}
