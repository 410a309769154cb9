/* metrics.c - the series of a pool; see connection.h. */
#include "common/base/metrics.h"

#include "common/pg/connection.h"

void pg_metrics_make(struct pg_metrics *metrics, const char *name)
{
    static const char *const outcomes[] = { "ok", "unavailable", "retry", "rejected" };
    struct metric_family *queries =
        metrics_counter("sharelink_pg_queries_total", "Statements sent to PostgreSQL, by outcome.", "pool,outcome");

    for (int i = 0; i <= PG_REJECTED; i++) {
        metrics->queries[i] = metrics_series(queries, (const char *const[]){ name, outcomes[i] });
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
