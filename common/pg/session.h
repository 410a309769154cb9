/* session.h - the insides of a connection, as connection.c and requests.c share them. */
#ifndef SHARELINK_PG_SESSION_H
#define SHARELINK_PG_SESSION_H

#include <libpq-fe.h>

#include "common/pg/connection.h"
#include "common/pg/prepared.h"

struct event;

/* The one that moves them is move() in connection.c. */
enum pg_connection_state { STATE_WAITING, STATE_RESOLVING, STATE_CONNECTING, STATE_READY, STATE_BROKEN };

struct request {
    const struct pg_statement *statement;
    int prepared; /* index; -1 when unnamed */
    unsigned generation;
    bool awaits_limits;  /* they went before it, and their answer is still to come */
    bool awaits_prepare; /* its PREPARE went before it, and its answer is still to come */
    bool has_prepare;
    pg_done *done;
    void *arg;
    int64_t sent_us;
};

struct pg_connection {
    struct event_base *base;
    const struct pg_pool_options *options;
    const struct pg_metrics *metrics;
    enum pg_connection_state state;
    unsigned attempts; /* since it last answered a request */
    unsigned address_choice;

    struct event *alarm; /* waiting: try again; until ready: give up; ready: the oldest answer is due */
    struct event *check; /* handles what happened where no callback may be called */

    struct pg_target *target; /* while its names are looked up */
    int64_t started_us;

    PGconn *link;
    bool cannot_send;
    struct event *polling; /* while connecting; a new one each time, for libpq may change the descriptor */
    struct event *readable, *writable;

    struct pg_prepared_list prepared;
    struct request *queue; /* a ring of queue_limit */
    int first, count;
    int64_t turned_us; /* when the oldest became that */
    unsigned epoch;    /* counts its sessions */
    PGresult *kept;    /* of the oldest request, until its sync */
};

/* connection.c's. The reason is for the log, and may be libpq's text of several lines. */
void pg_connection_lose(struct pg_connection *connection, const char *reason);
void pg_connection_set_alarm(struct pg_connection *connection, int64_t after_ms);
void pg_connection_check_soon(struct pg_connection *connection);
void pg_connection_flush(struct pg_connection *connection);

/* requests.c's. Reads what has come, and answers those whose sync it is; the connection may be lost by then. */
void pg_requests_read(struct pg_connection *connection);
/* Answers all with PG_UNAVAILABLE. */
void pg_requests_fail(struct pg_connection *connection);
void pg_requests_drop_kept(struct pg_connection *connection);

#endif
