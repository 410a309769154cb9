/* requests.c - what a connection is asked, and answers, in order.
 *
 * One request is one sync and so one transaction of its own. Results come in the order of the requests, which wait in a
 * ring: a request is answered at its sync, for only then is it known whether it was committed.
 */
#include <event2/event.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/pg/declared.h"
#include "common/pg/session.h"
#include "common/pg/verdict.h"

/* libpq gives NULL between requests, and NULLs without end once a connection is dead. */
#define NULLS_MAX 16
/* A turn of the loop reads no more than this from one connection, so that the others have theirs. */
#define RESULTS_PER_TURN 512

/* In the order in which they run. */
static void note_turn(struct pg_connection *connection, const struct request *request);
static bool send_request(struct pg_connection *connection, struct request *request, const struct pg_params *params);
static bool send_limits(PGconn *link, struct request *request, const struct pg_limits *limits);
static void take_result(struct pg_connection *connection, PGresult *result);
static void take_prepare_result(struct pg_connection *connection, struct request *request, PGresult *result);
static bool answer_oldest(struct pg_connection *connection);
static struct pg_verdict judge(struct pg_connection *connection, const struct request *request, const PGresult *result);
static void finish(struct pg_connection *connection, const struct request *request, const struct pg_answer *answer);

void pg_connection_send(struct pg_connection *connection, const struct pg_statement *statement, const struct pg_params *params,
                        pg_done *done, void *arg)
{
    struct request *request = &connection->queue[(connection->first + connection->count) % connection->options->queue_limit];

    *request = (struct request){ .statement = statement, .prepared = -1, .done = done, .arg = arg, .sent_us = clock_mono_us() };
    connection->count++;
    metrics_add(connection->metrics->in_flight, 1);
    if (connection->count == 1) {
        note_turn(connection, request);
    }
    if (!evtimer_pending(connection->alarm, NULL)) {
        pg_connection_set_alarm(connection, connection->options->answer_limit_ms);
    }
    /* No callback may be called from here: a connection that cannot send fails its requests from the loop. */
    if (!send_request(connection, request, params)) {
        connection->cannot_send = true;
        pg_connection_check_soon(connection);
        return;
    }
    pg_connection_flush(connection);
}

/* All before it is answered. */
static void note_turn(struct pg_connection *connection, const struct request *request)
{
    connection->turned_us = clock_mono_us();
    if (!connection->options->transactions) {
        metrics_observe(connection->metrics->wait, (double)(connection->turned_us - request->sent_us) / 1e6);
    }
}

/* Its limits when it has some, PREPARE when this connection does not have the statement yet, the query and the sync: one
 * transaction. */
static bool send_request(struct pg_connection *connection, struct request *request, const struct pg_params *params)
{
    const struct pg_statement *statement = request->statement;
    PGconn *link = connection->link;
    char name[PG_PREPARED_NAME_SIZE];

    if (!send_limits(link, request, &params->limits)) {
        return false;
    }
    if (connection->options->unnamed || statement->unnamed) {
        return PQsendQueryParams(link, statement->sql, params->count, NULL, params->values, params->lengths, params->formats,
                                 0) &&
               PQpipelineSync(link);
    }
    request->prepared = pg_prepared_find(&connection->prepared, statement);
    struct pg_prepared *prepared = &connection->prepared.list[request->prepared];
    request->generation = prepared->generation;
    pg_prepared_name(prepared, name);
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

/* A limit of time counts for what comes behind the statement that sets it, and both end with the transaction. */
static bool send_limits(PGconn *link, struct request *request, const struct pg_limits *limits)
{
    static const char sql[] = "select case when $1 <> '0' then set_config('statement_timeout', $1, true) end, "
                              "case when $2 <> '0' then set_config('lock_timeout', $2, true) end";
    char statement_ms[16], lock_ms[16];
    const char *values[] = { statement_ms, lock_ms };

    if (!limits->statement_ms && !limits->lock_ms) {
        return true;
    }
    snprintf(statement_ms, sizeof statement_ms, "%d", limits->statement_ms);
    snprintf(lock_ms, sizeof lock_ms, "%d", limits->lock_ms);
    request->awaits_limits = true;
    return PQsendQueryParams(link, sql, 2, NULL, values, NULL, NULL, 0);
}

void pg_requests_read(struct pg_connection *connection)
{
    int results = 0, nulls = 0;

    /* With nothing in flight this looks only for what the server says unasked. */
    while (!PQisBusy(connection->link) && connection->count > 0) {
        if (++results > RESULTS_PER_TURN) {
            pg_connection_check_soon(connection);
            return;
        }
        PGresult *result = PQgetResult(connection->link);
        if (!result) {
            if (++nulls > NULLS_MAX || PQstatus(connection->link) == CONNECTION_BAD) {
                pg_connection_lose(connection, PQerrorMessage(connection->link));
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
            pg_connection_lose(connection, "its session cannot be used any more");
        }
        break;
    case PGRES_PIPELINE_ABORTED:
        /* Comes after an error, which is what is kept. */
        PQclear(result);
        break;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        request->awaits_limits = false;
        /* An error at the commit comes after the rows, and replaces them. */
        if (request->awaits_prepare) {
            take_prepare_result(connection, request, result);
        }
        keep(connection, result);
        break;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        if (request->awaits_limits) {
            request->awaits_limits = false;
            PQclear(result);
        } else if (request->awaits_prepare) {
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
        pg_connection_lose(connection, "an answer of a kind that no request asks for");
        break;
    }
}

static void take_prepare_result(struct pg_connection *connection, struct request *request, PGresult *result)
{
    struct pg_prepared *prepared = &connection->prepared.list[request->prepared];

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
    struct pg_verdict verdict = judge(connection, &request, result);
    struct pg_answer answer = { .outcome = verdict.outcome, .result = result, .row_count = PQntuples(result) };
    /* A transaction left open would swallow what comes next. With more in flight libpq says "active" whatever it is. */
    PGTransactionStatusType transaction = PQtransactionStatus(connection->link);
    bool may_stay = connection->options->transactions && (transaction == PQTRANS_INTRANS || transaction == PQTRANS_INERROR);
    bool is_left_open = transaction != PQTRANS_IDLE && !may_stay && (transaction != PQTRANS_ACTIVE || !connection->count);
    finish(connection, &request, &answer);
    PQclear(result);
    return !verdict.ends_session && !is_left_open;
}

static bool is_declared(struct pg_connection *connection, const struct request *request, const PGresult *result)
{
    struct pg_prepared *prepared = request->prepared >= 0 ? &connection->prepared.list[request->prepared] : NULL;
    bool is_current = prepared && prepared->generation == request->generation;
    bool is_right = pg_answer_is_declared(request->statement, result, is_current && prepared->is_checked);

    if (is_current) {
        prepared->is_checked = is_right;
    }
    return is_right;
}

static struct pg_verdict judge(struct pg_connection *connection, const struct request *request, const PGresult *result)
{
    struct pg_verdict verdict = pg_verdict_of(request->statement, result, request->prepared >= 0, request->has_prepare,
                                              connection->options->transactions);

    if (verdict.forgets_plan) {
        pg_prepared_renew(&connection->prepared.list[request->prepared], request->generation);
    }
    /* What it did is committed; but nobody could read what it says. */
    if (verdict.outcome == PG_OK && !is_declared(connection, request, result)) {
        verdict.outcome = PG_UNAVAILABLE;
        verdict.is_failure = true;
    }
    metrics_add(connection->metrics->failed, verdict.is_failure ? 1 : 0);
    return verdict;
}

static void finish(struct pg_connection *connection, const struct request *request, const struct pg_answer *answer)
{
    const struct pg_metrics *metrics = connection->metrics;

    metrics_add(metrics->in_flight, -1);
    metrics_add(metrics->queries[answer->outcome], 1);
    metrics_observe(metrics->duration, (double)(clock_mono_us() - request->sent_us) / 1e6);
    request->done(request->arg, answer);
}

void pg_requests_fail(struct pg_connection *connection)
{
    while (connection->count > 0) {
        struct request request = connection->queue[connection->first];
        connection->first = (connection->first + 1) % connection->options->queue_limit;
        connection->count--;
        finish(connection, &request, &pg_answer_unavailable);
    }
}

void pg_requests_drop_kept(struct pg_connection *connection)
{
    keep(connection, NULL);
}
