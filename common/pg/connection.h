/* connection.h - one connection of a pool; for the files of this folder alone. The world uses pg.h. */
#ifndef SHARELINK_PG_CONNECTION_H
#define SHARELINK_PG_CONNECTION_H

#include "common/pg/pg.h"

struct metric;
struct pg_result; /* libpq's */
struct pg_connection;

/* Lives on the stack of whoever delivers it. */
struct pg_answer {
    enum pg_outcome outcome;
    const struct pg_result *result; /* NULL when PostgreSQL answered nothing */
    const int *rows;                /* the rows of result that this answer shows; NULL means all of them */
    int row_count;
    const char *sqlstate; /* where result is not kept: of the statement that made the outcome; NULL for "" */
};

/* What is answered when nothing was sent. */
extern const struct pg_answer pg_answer_unavailable;

/* The series of one pool. */
struct pg_metrics {
    struct metric *ready, *in_flight, *duration;
    struct metric *wait; /* until PostgreSQL can begin; a pool of transactions observes it itself, once for each of them */
    struct metric *queries[PG_REJECTED + 1]; /* by outcome */
    struct metric *waiting;                  /* in a lane, for a connection */
    struct metric *failed;                   /* of those that are unavailable: what PostgreSQL answered with an error */
};
void pg_metrics_make(struct pg_metrics *metrics, const char *name);
/* Of what is sent again and not told. */
void pg_metrics_note_another_try(const struct pg_answer *answer);

/* options and metrics are borrowed as long as the connection lives. It begins to connect from the loop. */
struct pg_connection *pg_connection_new(struct event_base *base, const struct pg_pool_options *options,
                                        const struct pg_metrics *metrics);
/* Fails what is in flight first. */
void pg_connection_free(struct pg_connection *connection);
bool pg_connection_is_ready(const struct pg_connection *connection);
/* Another number for each session: what was begun in one is not there in the next. */
unsigned pg_connection_epoch(const struct pg_connection *connection);
/* Requests that are owed an answer; a ready connection takes more of them up to queue_limit. */
int pg_connection_in_flight(const struct pg_connection *connection);
/* Whether its oldest request waits for longer than a statement of ours takes: for a lock, maybe. */
bool pg_connection_is_stuck(const struct pg_connection *connection);
/* Only when it is ready and below queue_limit. */
void pg_connection_send(struct pg_connection *connection, const struct pg_statement *statement, const struct pg_params *params,
                        pg_done *done, void *arg);

/* As pg_send, but a lock is waited for no longer than the role's lock_timeout (for what is better sent in parts then), or from
 * the start in the lane for that (for what is known to meet one). */
void pg_pool_send_hasty(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params, pg_done *done,
                        void *arg);
void pg_pool_send_waiting(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params,
                          pg_done *done, void *arg);
/* Gives this answer, which is static, from the loop's next turn. */
void pg_pool_refuse(struct pg_pool *pool, const struct pg_answer *answer, pg_done *done, void *arg);

#endif
