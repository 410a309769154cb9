/* connection.c - one pipelined libpq connection as a state machine.
 *
 *     waiting → resolving → connecting → ready → (lost) → waiting → …
 *
 * One request is one sync and so one transaction of its own. Results come in the order of the requests, which wait in a
 * ring: a request is answered at its sync, for only then is it known whether it was committed. A connection that
 * breaks, falls silent or is left inside a transaction is thrown away with all that it owes; libpq's own resets would
 * block.
 */
#include "common/pg/connection.h"

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/loop/resolve.h"
#include "common/base/str.h"

#define CONNECT_LIMIT_MS 5000
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS  5000
#define HOSTS_MAX        16
/* libpq gives NULL between requests, and NULLs without end once a connection is dead. */
#define NULLS_MAX 16
/* A turn of the loop reads no more than this from one connection, so that the others have theirs. */
#define RESULTS_PER_TURN 512
/* Between two lines that say that PostgreSQL is short of something. */
#define SHORTAGE_EVERY_US ((int64_t)60 * 1000 * 1000)

enum state { STATE_WAITING, STATE_RESOLVING, STATE_CONNECTING, STATE_READY, STATE_BROKEN };

/* A statement that this connection knows. A new generation is a new name: an old plan may be in the way of the first.
 */
struct prepared {
    const struct pg_statement *statement;
    unsigned generation;
    bool is_sent; /* the PREPARE of this generation was sent, and has not failed */
};

struct request {
    int prepared; /* index; -1 when unnamed */
    unsigned generation;
    bool awaits_prepare; /* its PREPARE went before it, and its answer is still to come */
    bool has_prepare;
    pg_done *done;
    void *arg;
    int64_t sent_us;
};

/* Outlives the connection when that goes while a name is being looked up. */
struct lookup {
    struct pg_connection *connection;
};

struct host {
    char *name, *address, *port; /* as in the URL; "" where it has none */
    bool is_dead;                /* its name could not be resolved */
};

struct pg_connection {
    struct event_base *base;
    const struct pg_pool_options *options;
    const struct pg_metrics *metrics;
    enum state state;
    unsigned attempts; /* since it last answered a request */
    unsigned address_choice;

    struct event *alarm; /* waiting: try again; until ready: give up; ready: the oldest answer is due */
    struct event *check; /* handles what happened where no callback may be called */

    PQconninfoOption *settings;
    struct host hosts[HOSTS_MAX];
    int host_count, host_resolving;
    struct lookup *lookup;
    int64_t started_us;

    PGconn *link;
    bool cannot_send;
    struct event *polling; /* while connecting; a new one each time, for libpq may change the descriptor */
    struct event *readable, *writable;

    struct prepared *prepared;
    int prepared_count, prepared_size;
    struct request *queue; /* a ring of queue_limit */
    int first, count;
    unsigned epoch; /* counts its sessions */
    PGresult *kept; /* of the oldest request, until its sync */
};

static void ring(evutil_socket_t fd, short what, void *arg);
static void start(struct pg_connection *connection);
static bool read_url(struct pg_connection *connection);
static void split_hosts(struct pg_connection *connection);
static void resolve_next(struct pg_connection *connection);
static void take_address(void *arg, const char *address, const char *error);
static void open_link(struct pg_connection *connection);
static void watch_polling(struct pg_connection *connection, short what);
static void poll_link(evutil_socket_t fd, short what, void *arg);
static void become_ready(struct pg_connection *connection);
static void note_turn(const struct pg_connection *connection, const struct request *request);
static int find_prepared(struct pg_connection *connection, const struct pg_statement *statement);
static bool send_request(struct pg_connection *connection, struct request *request,
                         const struct pg_statement *statement, const struct pg_params *params);
static void flush(struct pg_connection *connection);
static void check_soon(struct pg_connection *connection);
static void work(evutil_socket_t fd, short what, void *arg);
static void read_results(struct pg_connection *connection);
static void take_result(struct pg_connection *connection, PGresult *result);
static void take_prepare_result(struct pg_connection *connection, struct request *request, PGresult *result);
static bool answer_oldest(struct pg_connection *connection);
static enum pg_outcome classify(struct pg_connection *connection, const struct request *request, const PGresult *result,
                                bool *is_lost);
static void finish(struct pg_connection *connection, const struct request *request, const struct pg_answer *answer);
static void check_answer_limit(struct pg_connection *connection);
static void lose(struct pg_connection *connection, const char *reason);
static void close_link(struct pg_connection *connection);
static void forget_target(struct pg_connection *connection);
static void move(struct pg_connection *connection, enum state to, const char *reason);
static void set_alarm(struct pg_connection *connection, int64_t after_ms);

const struct pg_answer pg_answer_unavailable = { .outcome = PG_UNAVAILABLE };

void pg_metrics_make(struct pg_metrics *metrics, const char *name)
{
    static const char *const outcomes[] = { "ok", "unavailable", "retry", "rejected" };
    struct metric_family *queries =
        metrics_counter("sharelink_pg_queries_total", "Statements sent to PostgreSQL, by outcome.", "pool,outcome");

    for (int i = 0; i <= PG_REJECTED; i++) {
        metrics->queries[i] = metrics_series(queries, (const char *const[]){ name, outcomes[i] });
    }
    metrics->ready =
        metrics_series(metrics_gauge("sharelink_pg_connections", "Connections to PostgreSQL, by state.", "pool,state"),
                       (const char *const[]){ name, "ready" });
    metrics->in_flight = metrics_series(
        metrics_gauge("sharelink_pg_in_flight", "Statements that PostgreSQL owes an answer.", "pool"), &name);
    metrics->duration = metrics_series(
        metrics_histogram("sharelink_pg_query_duration_seconds", "From sending a statement to its answer.", "pool"),
        &name);
    metrics->wait = metrics_series(
        metrics_histogram("sharelink_pg_wait_seconds", "Until a connection had done all that came before a statement or transaction.",
                          "pool"),
        &name);
}

struct pg_connection *pg_connection_new(struct event_base *base, const struct pg_pool_options *options,
                                        const struct pg_metrics *metrics)
{
    struct pg_connection *connection = mem_alloc(sizeof *connection);

    connection->base = base;
    connection->options = options;
    connection->metrics = metrics;
    connection->queue = mem_alloc(sizeof *connection->queue * (size_t)options->queue_limit);
    connection->alarm = evtimer_new(base, ring, connection);
    connection->check = evtimer_new(base, work, connection);
    if (!connection->alarm || !connection->check) {
        abort();
    }
    set_alarm(connection, 0);
    return connection;
}

/* The alarm rang: what that means depends on the state. */
static void ring(evutil_socket_t fd, short what, void *arg)
{
    struct pg_connection *connection = arg;
    (void)fd;
    (void)what;

    switch (connection->state) {
    case STATE_WAITING:
        start(connection);
        break;
    case STATE_RESOLVING:
        lose(connection, "the name could not be resolved in time");
        break;
    case STATE_CONNECTING:
        lose(connection, "no connection in time");
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
    set_alarm(connection, CONNECT_LIMIT_MS);
    if (!read_url(connection)) {
        lose(connection, "the URL cannot be read");
        return;
    }
    split_hosts(connection);
    connection->host_resolving = -1;
    resolve_next(connection);
}

static bool read_url(struct pg_connection *connection)
{
    char *error = NULL;

    connection->settings = PQconninfoParse(connection->options->url, &error);
    /* The text may quote the URL, password and all. */
    PQfreemem(error);
    return connection->settings != NULL;
}

static const char *setting(const struct pg_connection *connection, const char *keyword)
{
    for (const PQconninfoOption *each = connection->settings; each->keyword; each++) {
        if (!strcmp(each->keyword, keyword)) {
            return each->val && *each->val ? each->val : NULL;
        }
    }
    return NULL;
}

static int list_length(const char *list)
{
    int length = list ? 1 : 0;

    for (; list && *list; list++) {
        length += *list == ',';
    }
    return length;
}

/* Element index of a list divided by commas; "" beyond its end. */
static char *list_element(const char *list, int index)
{
    while (list && index > 0) {
        list = strchr(list, ',');
        list = list ? list + 1 : NULL;
        index--;
    }
    char *element = mem_strdup(list ? list : "");
    element[strcspn(element, ",")] = '\0';
    return element;
}

static void split_hosts(struct pg_connection *connection)
{
    const char *names = setting(connection, "host");
    const char *addresses = setting(connection, "hostaddr");
    const char *ports = setting(connection, "port");
    int count = list_length(names) > list_length(addresses) ? list_length(names) : list_length(addresses);

    connection->host_count = count < 1 ? 1 : count > HOSTS_MAX ? HOSTS_MAX : count;
    for (int i = 0; i < connection->host_count; i++) {
        struct host *host = &connection->hosts[i];
        host->name = list_element(names, i);
        host->address = list_element(addresses, i);
        host->port = list_element(ports, list_length(ports) == 1 ? 0 : i);
        host->is_dead = false;
    }
}

/* Goes on to the next host that is a name without an address, or to connecting when there is none. */
static void resolve_next(struct pg_connection *connection)
{
    while (++connection->host_resolving < connection->host_count) {
        struct host *host = &connection->hosts[connection->host_resolving];
        bool is_socket = host->name[0] == '/' || host->name[0] == '@';
        if (host->name[0] && !is_socket && !host->address[0]) {
            connection->lookup = mem_alloc(sizeof *connection->lookup);
            connection->lookup->connection = connection;
            resolve_start_choice(connection->base, host->name, connection->address_choice, take_address,
                                 connection->lookup);
            return;
        }
    }
    open_link(connection);
}

static void take_address(void *arg, const char *address, const char *error)
{
    struct lookup *lookup = arg;
    struct pg_connection *connection = lookup->connection;

    free(lookup);
    if (!connection) {
        return;
    }
    connection->lookup = NULL;
    struct host *host = &connection->hosts[connection->host_resolving];
    if (address) {
        free(host->address);
        host->address = mem_strdup(address);
    } else {
        host->is_dead = true;
        log_warn("pg.host_unknown", LOG_TEXT("pool", connection->options->name), LOG_TEXT("host", host->name),
                 LOG_TEXT("reason", error));
    }
    resolve_next(connection);
}

/* The URL's settings, then ours where it has none; both arrays end in NULL. Returns how many were added. */
#define SETTINGS_MAX 80
struct keywords {
    const char *names[SETTINGS_MAX], *values[SETTINGS_MAX];
    int count;
};

static void set_keyword(struct keywords *keywords, const char *name, const char *value)
{
    if (keywords->count < SETTINGS_MAX - 1) {
        keywords->names[keywords->count] = name;
        keywords->values[keywords->count++] = value;
    }
}

static void set_fallback(const struct pg_connection *connection, struct keywords *keywords, const char *name,
                         const char *value)
{
    if (!setting(connection, name)) {
        set_keyword(keywords, name, value);
    }
}

/* Notices go to the log; libpq would write them to stderr. */
static void log_notice(void *arg, const PGresult *result)
{
    const struct pg_connection *connection = arg;

    log_debug("pg.noticed", LOG_TEXT("pool", connection->options->name),
              LOG_TEXT("notice", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
}

static void add_to_list(struct buf *list, const char *element)
{
    buf_add_text(list, element);
    buf_add_char(list, ',');
}

/* Each list of hosts, addresses and ports gets an end instead of its last comma. False when every host is dead. */
static bool join_hosts(const struct pg_connection *connection, struct buf *names, struct buf *addresses,
                       struct buf *ports)
{
    for (int i = 0; i < connection->host_count; i++) {
        const struct host *host = &connection->hosts[i];
        if (!host->is_dead) {
            add_to_list(names, host->name);
            add_to_list(addresses, host->address);
            add_to_list(ports, host->port);
        }
    }
    if (!names->length) {
        return false;
    }
    names->data[names->length - 1] = '\0';
    addresses->data[addresses->length - 1] = '\0';
    ports->data[ports->length - 1] = '\0';
    return true;
}

static void open_link(struct pg_connection *connection)
{
    struct keywords keywords = { .count = 0 };
    struct buf names = { 0 }, addresses = { 0 }, ports = { 0 }, own_name = { 0 };

    if (!join_hosts(connection, &names, &addresses, &ports)) {
        lose(connection, "no host has an address");
        return;
    }
    for (const PQconninfoOption *each = connection->settings; each->keyword; each++) {
        bool is_ours = !strcmp(each->keyword, "host") || !strcmp(each->keyword, "hostaddr") ||
                       !strcmp(each->keyword, "port") || !strcmp(each->keyword, "client_encoding");
        if (each->val && !is_ours) {
            set_keyword(&keywords, each->keyword, each->val);
        }
    }
    buf_printf(&own_name, "sharelink-%s", connection->options->name);
    set_keyword(&keywords, "host", names.data);
    set_keyword(&keywords, "hostaddr", addresses.data);
    set_keyword(&keywords, "port", ports.data);
    set_keyword(&keywords, "client_encoding", "UTF8");
    set_fallback(connection, &keywords, "application_name", own_name.data);
    set_fallback(connection, &keywords, "keepalives", "1");
    set_fallback(connection, &keywords, "keepalives_idle", "30");
    set_fallback(connection, &keywords, "keepalives_interval", "10");
    set_fallback(connection, &keywords, "keepalives_count", "3");
    set_fallback(connection, &keywords, "tcp_user_timeout", "15000");
    /* Kerberos would look for tickets in files and by blocking calls. */
    set_fallback(connection, &keywords, "gssencmode", "disable");

    connection->link = PQconnectStartParams(keywords.names, keywords.values, 0);
    buf_clear(&names);
    buf_clear(&addresses);
    buf_clear(&ports);
    buf_clear(&own_name);
    forget_target(connection);
    if (!connection->link) {
        abort();
    }
    PQsetNoticeReceiver(connection->link, log_notice, connection);
    move(connection, STATE_CONNECTING, NULL);
    if (PQstatus(connection->link) == CONNECTION_BAD) {
        lose(connection, PQerrorMessage(connection->link));
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
        lose(connection, PQerrorMessage(connection->link));
        break;
    }
}

static void become_ready(struct pg_connection *connection)
{
    int fd = PQsocket(connection->link);

    if (PQsetnonblocking(connection->link, 1) != 0 || PQenterPipelineMode(connection->link) != 1) {
        lose(connection, PQerrorMessage(connection->link));
        return;
    }
    connection->readable = event_new(connection->base, fd, EV_READ | EV_PERSIST, work, connection);
    connection->writable = event_new(connection->base, fd, EV_WRITE | EV_PERSIST, work, connection);
    if (!connection->readable || !connection->writable || event_add(connection->readable, NULL) < 0) {
        abort();
    }
    evtimer_del(connection->alarm);
    move(connection, STATE_READY, NULL);
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

void pg_connection_send(struct pg_connection *connection, const struct pg_statement *statement,
                        const struct pg_params *params, pg_done *done, void *arg)
{
    struct request *request =
        &connection->queue[(connection->first + connection->count) % connection->options->queue_limit];

    *request = (struct request){ .prepared = -1, .done = done, .arg = arg, .sent_us = clock_mono_us() };
    connection->count++;
    metrics_add(connection->metrics->in_flight, 1);
    if (connection->count == 1) {
        note_turn(connection, request);
    }
    if (!evtimer_pending(connection->alarm, NULL)) {
        set_alarm(connection, connection->options->answer_limit_ms);
    }
    /* No callback may be called from here: a connection that cannot send fails its requests from the loop. */
    if (!send_request(connection, request, statement, params)) {
        connection->cannot_send = true;
        check_soon(connection);
        return;
    }
    flush(connection);
}

/* All before it is answered. */
static void note_turn(const struct pg_connection *connection, const struct request *request)
{
    if (!connection->options->transactions) {
        metrics_observe(connection->metrics->wait, (double)(clock_mono_us() - request->sent_us) / 1e6);
    }
}

static int find_prepared(struct pg_connection *connection, const struct pg_statement *statement)
{
    for (int i = 0; i < connection->prepared_count; i++) {
        if (connection->prepared[i].statement == statement) {
            return i;
        }
    }
    if (connection->prepared_count == connection->prepared_size) {
        connection->prepared_size = connection->prepared_size ? connection->prepared_size * 2 : 32;
        connection->prepared =
            mem_resize(connection->prepared, sizeof *connection->prepared * (size_t)connection->prepared_size);
    }
    connection->prepared[connection->prepared_count] = (struct prepared){ .statement = statement };
    return connection->prepared_count++;
}

/* PREPARE, when this connection does not have the statement yet, the query and the sync: one transaction. */
static bool send_request(struct pg_connection *connection, struct request *request,
                         const struct pg_statement *statement, const struct pg_params *params)
{
    PGconn *link = connection->link;
    char name[64];

    if (connection->options->unnamed) {
        return PQsendQueryParams(link, statement->sql, params->count, NULL, params->values, params->lengths,
                                 params->formats, 0) &&
               PQpipelineSync(link);
    }
    request->prepared = find_prepared(connection, statement);
    struct prepared *prepared = &connection->prepared[request->prepared];
    request->generation = prepared->generation;
    if (prepared->generation) {
        /* Told apart by its end, which must not be what is cut off. */
        snprintf(name, sizeof name, "%.50s.%u", statement->name, prepared->generation);
    } else {
        snprintf(name, sizeof name, "%s", statement->name);
    }
    if (!prepared->is_sent) {
        if (!PQsendPrepare(link, name, statement->sql, 0, NULL)) {
            return false;
        }
        prepared->is_sent = true;
        request->has_prepare = true;
        request->awaits_prepare = true;
    }
    return PQsendQueryPrepared(link, name, params->count, params->values, params->lengths, params->formats, 0) &&
           PQpipelineSync(link);
}

/* PQpipelineSync has pushed already; this is for what the socket would not take. While that is so libpq may also have
 * read answers on its own, of which the socket says nothing any more: hence the look at PQisBusy. */
static void flush(struct pg_connection *connection)
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
        check_soon(connection);
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
    read_results(connection);
    if (connection->state != STATE_READY) {
        return;
    }
    if (connection->cannot_send || PQstatus(connection->link) == CONNECTION_BAD) {
        lose(connection, PQerrorMessage(connection->link));
        return;
    }
    if (what & EV_WRITE) {
        flush(connection);
    }
}

static void read_results(struct pg_connection *connection)
{
    int results = 0, nulls = 0;

    /* With nothing in flight this looks only for what the server says unasked. */
    while (!PQisBusy(connection->link) && connection->count > 0) {
        if (++results > RESULTS_PER_TURN) {
            check_soon(connection);
            return;
        }
        PGresult *result = PQgetResult(connection->link);
        if (!result) {
            if (++nulls > NULLS_MAX || PQstatus(connection->link) == CONNECTION_BAD) {
                lose(connection, PQerrorMessage(connection->link));
                return;
            }
            continue;
        }
        nulls = 0;
        take_result(connection, result);
        if (connection->state != STATE_READY) {
            return;
        }
    }
}

static void keep(struct pg_connection *connection, PGresult *result)
{
    PQclear(connection->kept);
    connection->kept = result;
}

static void take_result(struct pg_connection *connection, PGresult *result)
{
    struct request *request = &connection->queue[connection->first];

    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        PQclear(result);
        if (!answer_oldest(connection)) {
            lose(connection, "its session cannot be used any more");
        }
        break;
    case PGRES_PIPELINE_ABORTED:
        /* Comes after an error, which is what is kept. */
        PQclear(result);
        break;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        /* An error at the commit comes after the rows, and replaces them. */
        if (request->awaits_prepare) {
            take_prepare_result(connection, request, result);
        }
        keep(connection, result);
        break;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        if (request->awaits_prepare) {
            take_prepare_result(connection, request, result);
            PQclear(result);
        } else {
            keep(connection, result);
        }
        break;
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_COPY_BOTH:
    case PGRES_SINGLE_TUPLE:
    case PGRES_NONFATAL_ERROR:
        PQclear(result);
        lose(connection, "an answer of a kind that no request asks for");
        break;
    }
}

static void take_prepare_result(struct pg_connection *connection, struct request *request, PGresult *result)
{
    struct prepared *prepared = &connection->prepared[request->prepared];

    request->awaits_prepare = false;
    if (PQresultStatus(result) == PGRES_FATAL_ERROR && prepared->generation == request->generation) {
        prepared->is_sent = false;
    }
}

/* At its sync. False when the connection is of no more use. */
static bool answer_oldest(struct pg_connection *connection)
{
    struct request request = connection->queue[connection->first];
    PGresult *result = connection->kept;
    bool is_lost = false;

    if (!result) {
        return false;
    }
    connection->kept = NULL;
    connection->first = (connection->first + 1) % connection->options->queue_limit;
    connection->count--;
    connection->attempts = 0;
    if (connection->count > 0) {
        note_turn(connection, &connection->queue[connection->first]);
    }
    struct pg_answer answer = { .outcome = classify(connection, &request, result, &is_lost),
                                .result = result,
                                .row_count = PQntuples(result) };
    /* A transaction left open would swallow what comes next. With more in flight libpq says "active" whatever it is. */
    PGTransactionStatusType transaction = PQtransactionStatus(connection->link);
    bool may_stay = connection->options->transactions && (transaction == PQTRANS_INTRANS || transaction == PQTRANS_INERROR);
    if (transaction != PQTRANS_IDLE && !may_stay && (transaction != PQTRANS_ACTIVE || !connection->count)) {
        is_lost = true;
    }
    finish(connection, &request, &answer);
    PQclear(result);
    return !is_lost;
}

static bool is_one_of(const char *sqlstate, const char *list)
{
    return sqlstate[0] && strstr(list, sqlstate);
}

/* The plan or its name is in the way: another name, the next time. Only the first of those in flight does that. */
static void forget_plan(struct pg_connection *connection, const struct request *request)
{
    struct prepared *prepared = &connection->prepared[request->prepared];

    if (prepared->generation == request->generation) {
        prepared->generation++;
        prepared->is_sent = false;
    }
}

/* A full disk, no memory, a device that fails: no fault of the statement, which goes well when the operator has made room. */
static void note_shortage(const char *sqlstate, const PGresult *result)
{
    static int64_t noted_us; /* every statement that writes fails in this way: one line of the process for all of them */
    int64_t now_us = clock_mono_us();

    if (!noted_us || now_us - noted_us >= SHORTAGE_EVERY_US) {
        noted_us = now_us;
        log_error("pg.out_of_resources", LOG_TEXT("sqlstate", sqlstate),
                  LOG_TEXT("reason", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
    }
}

static enum pg_outcome classify(struct pg_connection *connection, const struct request *request, const PGresult *result,
                                bool *is_lost)
{
    const char *field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *sqlstate = field ? field : "";
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        return PG_OK;
    }
    /* 0A000 is "cached plan must not change result type" when the plan was made earlier, and else what it says. */
    if (request->prepared >= 0 &&
        (is_one_of(sqlstate, "26000 42P05") || (is_one_of(sqlstate, "0A000") && !request->has_prepare))) {
        forget_plan(connection, request);
        return PG_RETRY;
    }
    if (is_one_of(sqlstate, "40001 40P01 55P03 57014 25P03")) {
        return PG_RETRY;
    }
    if (is_one_of(sqlstate, "57P01 57P02 57P03 57P04 57P05 53300") || !strncmp(sqlstate, "08", 2)) {
        return PG_UNAVAILABLE;
    }
    if (is_one_of(sqlstate, "53000 53100 53200 53400 58000 58030")) {
        note_shortage(sqlstate, result);
        return PG_UNAVAILABLE;
    }
    /* The server became a standby, or somebody left a failed transaction open. */
    if (is_one_of(sqlstate, "25006 25P02")) {
        *is_lost = !connection->options->transactions || is_one_of(sqlstate, "25006");
        return PG_UNAVAILABLE;
    }
    return PG_REJECTED;
}

static void finish(struct pg_connection *connection, const struct request *request, const struct pg_answer *answer)
{
    const struct pg_metrics *metrics = connection->metrics;

    metrics_add(metrics->in_flight, -1);
    metrics_add(metrics->queries[answer->outcome], 1);
    metrics_observe(metrics->duration, (double)(clock_mono_us() - request->sent_us) / 1e6);
    request->done(request->arg, answer);
}

/* The alarm is not moved with each request; it looks for itself how long the oldest has waited. */
static void check_answer_limit(struct pg_connection *connection)
{
    if (!connection->count) {
        return;
    }
    int64_t age_ms = (clock_mono_us() - connection->queue[connection->first].sent_us) / 1000;
    if (age_ms >= connection->options->answer_limit_ms) {
        lose(connection, "no answer in time");
        return;
    }
    set_alarm(connection, connection->options->answer_limit_ms - age_ms);
}

/* Throws the connection away, plans the next, and fails what was in flight. */
static void lose(struct pg_connection *connection, const char *reason)
{
    if (connection->state != STATE_READY) {
        connection->address_choice++;
    }
    move(connection, STATE_BROKEN, reason);
    connection->epoch++;
    close_link(connection);
    move(connection, STATE_WAITING, NULL);
    set_alarm(connection, backoff_ms(connection->attempts++, BACKOFF_FIRST_MS, BACKOFF_MOST_MS));
    while (connection->count > 0) {
        struct request request = connection->queue[connection->first];
        connection->first = (connection->first + 1) % connection->options->queue_limit;
        connection->count--;
        finish(connection, &request, &pg_answer_unavailable);
    }
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
    if (connection->lookup) {
        connection->lookup->connection = NULL;
        connection->lookup = NULL;
    }
    forget_target(connection);
    connection->prepared_count = 0;
    keep(connection, NULL);
    PQfinish(connection->link);
    connection->link = NULL;
}

static void forget_target(struct pg_connection *connection)
{
    for (int i = 0; i < connection->host_count; i++) {
        free(connection->hosts[i].name);
        free(connection->hosts[i].address);
        free(connection->hosts[i].port);
    }
    connection->host_count = 0;
    PQconninfoFree(connection->settings);
    connection->settings = NULL;
}

/* The one place that changes the state. reason is for a loss, and may be libpq's text of several lines. */
static void move(struct pg_connection *connection, enum state to, const char *reason)
{
    static const char *const names[] = { "waiting", "resolving", "connecting", "ready", "broken" };
    const char *pool = connection->options->name;
    enum state from = connection->state;
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

static void set_alarm(struct pg_connection *connection, int64_t after_ms)
{
    struct timeval after = { .tv_sec = after_ms / 1000, .tv_usec = after_ms % 1000 * 1000 };

    if (evtimer_add(connection->alarm, &after) < 0) {
        abort();
    }
}

static void check_soon(struct pg_connection *connection)
{
    const struct timeval now = { 0, 0 };

    if (evtimer_add(connection->check, &now) < 0) {
        abort();
    }
}

void pg_connection_free(struct pg_connection *connection)
{
    if (connection->state != STATE_WAITING) {
        lose(connection, "the pool is closed");
    }
    event_free(connection->alarm);
    event_free(connection->check);
    free(connection->prepared);
    free(connection->queue);
    free(connection);
}
