/* metrics.c - the series of a pool; see connection.h. */
#include "common/base/metrics.h"

#include "common/pg/connection.h"

/* Those that there are at all times. */
static const char *const tried_again[] = { "40001", "40P01", "55P03" };

static void count_another_try(const char *sqlstate, int count)
{
    struct metric_family *tries = metrics_counter("sharelink_pg_tried_again_total",
                                                  "Statements that were rolled back and sent again, by SQLSTATE.", "sqlstate");

    metrics_add(metrics_series(tries, &sqlstate), count);
}

void pg_metrics_note_another_try(const struct pg_answer *answer)
{
    count_another_try(pg_answer_sqlstate(answer), 1);
}

void pg_metrics_make(struct pg_metrics *metrics, const char *name)
{
    static const char *const outcomes[] = { "ok", "unavailable", "retry", "rejected" };
    struct metric_family *queries =
        metrics_counter("sharelink_pg_queries_total", "Statements sent to PostgreSQL, by outcome.", "pool,outcome");

    for (int i = 0; i <= PG_REJECTED; i++) {
        metrics->queries[i] = metrics_series(queries, (const char *const[]){ name, outcomes[i] });
    }
    metrics->waiting =
        metrics_series(metrics_gauge("sharelink_pg_waiting", "Statements that wait for a connection of a lane.", "pool"), &name);
    for (size_t i = 0; i < sizeof tried_again / sizeof *tried_again; i++) {
        count_another_try(tried_again[i], 0);
    }
    metrics->failed = metrics_series(
        metrics_counter("sharelink_pg_failed_total", "Statements that PostgreSQL refuses for no fault of their data.", "pool"),
        &name);
    metrics->ready =
        metrics_series(metrics_gauge("sharelink_pg_connections", "Connections to PostgreSQL, by state.", "pool,state"),
                       (const char *const[]){ name, "ready" });
    metrics->in_flight =
        metrics_series(metrics_gauge("sharelink_pg_in_flight", "Statements that PostgreSQL owes an answer.", "pool"), &name);
    metrics->duration = metrics_series(
        metrics_histogram("sharelink_pg_query_duration_seconds", "From sending a statement to its answer.", "pool"), &name);
    metrics->wait =
        metrics_series(metrics_histogram("sharelink_pg_wait_seconds",
                                         "Until a connection had done all that came before a statement or transaction.", "pool"),
                       &name);
}
