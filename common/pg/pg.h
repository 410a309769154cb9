/* pg.h - PostgreSQL for the event loop: a pool of pipelined libpq connections.
 *
 * One request is one prepared statement and one sync, hence one transaction: it happens whole or not at all. Requests are
 * pipelined on the connection with the shortest queue. Each connection is a state machine (connection.c) that reconnects with
 * backoff and jitter; while none is up, queries fail at once with PG_UNAVAILABLE. What meets a deadlock is sent again, what meets
 * a locked row waits for it beside the pipeline (pool.c).
 */
#ifndef SHARELINK_PG_H
#define SHARELINK_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/loop/flow.h"

struct event_base;
struct pg_pool;

struct pg_pool_options {
    const char *name; /* for logs and metrics; borrowed */
    const char *url;  /* postgresql://…; borrowed */
    int connections;
    int queue_limit;     /* requests in flight per connection; beyond it PG_UNAVAILABLE (shed) */
    int answer_limit_ms; /* a connection that owes its oldest answer for longer is given up */
    int lock_wait_ms;    /* who meets a locked row waits so long, in a lane of his own; 0: he is told at once */
    int heavy_connections, heavy_waiting_limit; /* the lane for heavy statements; 0: there is none */
    bool has_limits;                            /* a session gives its statements limits of time where the role has none */
    bool transactions;                          /* for transaction.c: a request may leave its connection inside one */
    bool unnamed;                               /* no named prepared statements, for PgBouncer 1.18 in transaction mode */
};

/* For a setting: what is wrong with the URL, as libpq reads it, or NULL. Quotes nothing of it. */
const char *pg_check_url(const char *url);

struct pg_pool *pg_pool_new(struct event_base *base, const struct pg_pool_options *options);
/* Fails what is in flight and closes. */
void pg_pool_free(struct pg_pool *pool);
struct event_base *pg_pool_base(const struct pg_pool *pool);
/* True while at least one connection is up. */
bool pg_pool_is_ready(const struct pg_pool *pool);

/* The lane for heavy statements: pass it in the place of pool, `get_content_query(flow, pg_heavy(flow->daemon->pg), &in, then)`.
 * A statement that is always heavy says `-- lane heavy` in its head, and goes there by itself. It has a few connections, on which
 * one statement is at work at a time, and a queue: in the lane a statement takes its own time and nobody else's. When the queue
 * is full, or the turn does not come in some seconds, the outcome is PG_RETRY without a SQLSTATE, which problem_reply_pg makes a
 * 503 database_busy. Who may fill the lane is its user's to limit: count what a session has in it. Within a flow's transaction
 * (transaction.h) there are no lanes. */
struct pg_pool *pg_heavy(struct pg_pool *pool);
enum pg_lane { PG_LANE_USUAL, PG_LANE_HEAVY };

/* A statement's SQL is a file of its own beside its user. The build makes services/links/create_link.sql.h of
 * services/links/create_link.sql: what goes in and what comes out, by name and type, and the functions that send and read it.
 * See common/pg/statements/README.md. The name is unique in the process. */
struct pg_column {
    const char *name, *type; /* as declared: "text", "bigint", … */
    bool may_be_null;
    const char *const *values; /* that text may have, ended by NULL; NULL: any */
};
struct pg_statement {
    const char *name;
    const char *sql;
    const struct pg_column *columns; /* which its answer must have; NULL: unknown */
    int column_count;
    bool must_answer; /* each time, and for each item of a batch, a row */
    enum pg_lane lane;
    bool unnamed; /* planned each time and copied as its parameters are: one of very many that are seldom sent */
};

/* How long a statement may run, and wait for each lock; 0: as the role may. */
struct pg_limits {
    int statement_ms, lock_ms;
};

/* Parameters in their order; the functions made with a statement put them in. Values are copied into the arena where they need a
 * form of their own, else borrowed until pg_query returns. */
#define PG_PARAMS_MAX 40
struct pg_params {
    struct arena *arena;
    int count;
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX];
    int formats[PG_PARAMS_MAX]; /* 0 text, 1 binary */
    const char *missing;        /* name of an input that must not be NULL and is; such a statement is refused, PG_REJECTED */
    struct pg_limits limits;    /* of this run of the statement; none unless set */
};
void pg_params_init(struct pg_params *params, struct arena *arena);
void pg_text(struct pg_params *params, const char *value); /* NULL is SQL NULL; also for json, timestamps, enums */
void pg_int(struct pg_params *params, int64_t value);
void pg_bool(struct pg_params *params, bool value);
void pg_null(struct pg_params *params);
void pg_bytes(struct pg_params *params, const void *bytes, size_t length);
/* A text[] of count values, each of which may be NULL. */
void pg_text_array(struct pg_params *params, const char *const *values, size_t count);

/* Whose fault it is; verdict.h has the codes. */
enum pg_outcome {
    PG_OK,
    PG_UNAVAILABLE, /* not now, and nobody's data's fault. Without a SQLSTATE: not sent, as the queue is full or PostgreSQL away;
                       or the connection broke, or the answer is not as declared: what was sent may have happened. With one:
                       PostgreSQL refused it and rolled it back, for a reason that an operator mends. Keep the item, try later */
    PG_RETRY,       /* rolled back for a reason that passes: a lock or the time was not to be had; or a deadlock or a
                       serialization failure, which were tried again before they are told. Without a SQLSTATE: a lane is full */
    PG_REJECTED,    /* an input is missing, or the item's own data broke a rule (classes 22 and 23): see pg_sqlstate. Of a
                       statement with several items this says of none which one it was */
};

/* Waits for the statement's answer. then reads it with the functions below; it is valid until that step returns. */
struct next *pg_query(struct flow *flow, struct pg_pool *pool, const struct pg_statement *statement,
                      const struct pg_params *params, flow_step *then) FLOW_NEXT;

/* Has act run when what the flow has done is committed: now, or later when it has a transaction (transaction.h), or never
 * when that is rolled back. arg must live as long as the flow. For what tells others of a change. */
void pg_after_commit(struct flow *flow, void (*act)(struct flow *flow, void *arg), void *arg);

/* The answer that the flow's last wait ended with. Columns are read by the functions made with the statement. */
struct pg_answer;
const struct pg_answer *pg_answer_of(const struct flow *flow);
enum pg_outcome pg_outcome(const struct flow *flow);
const char *pg_sqlstate(const struct flow *flow);   /* five characters, "" when fine */
bool pg_is_refused(const struct flow *flow);        /* PG_UNAVAILABLE although PostgreSQL is up and has room */
const char *pg_constraint(const struct flow *flow); /* name of the constraint that a rejected statement broke, or "" */
int pg_rows(const struct flow *flow);
bool pg_found(const struct flow *flow); /* PG_OK, and a row */

/* The same without a flow, for pools' own work and batches: done is called exactly once, from the loop, never before
 * pg_send returns. */
typedef void pg_done(void *arg, const struct pg_answer *answer);
void pg_send(struct pg_pool *pool, const struct pg_statement *statement, const struct pg_params *params, pg_done *done,
             void *arg);
enum pg_outcome pg_answer_outcome(const struct pg_answer *answer);
const char *pg_answer_sqlstate(const struct pg_answer *answer);
bool pg_answer_is_refused(const struct pg_answer *answer);
const char *pg_answer_error(const struct pg_answer *answer); /* the server's message, for logs of operators only */
int pg_answer_rows(const struct pg_answer *answer);
const char *pg_answer_get(const struct pg_answer *answer, int row, int column);
bool pg_answer_is_null(const struct pg_answer *answer, int row, int column);

#endif
