/* task.h - what was asked of a pool, kept until it is answered, so that it can be sent again; for the files of this folder alone.
 *
 * A statement that failed was rolled back whole: sending it again does no harm, and what passes by itself (a deadlock, a row
 * that somebody holds, a plan that is out of date) need not be told to who asked.
 */
#ifndef SHARELINK_PG_TASK_H
#define SHARELINK_PG_TASK_H

#include <event2/event.h>
#include <stddef.h>
#include <sys/queue.h>

#include "common/pg/pg.h"

/* Sent again for a deadlock, a serialization failure or an old plan. */
#define PG_TASK_TRIES_AGAIN 3

struct pg_task {
    TAILQ_ENTRY(pg_task) next; /* while it waits */
    struct pg_pool *pool;
    const struct pg_statement *statement;
    struct pg_params params; /* a copy */
    struct pg_statement own; /* a copy of one that is unnamed */
    pg_done *done;
    void *arg;
    uint64_t key;        /* of one that waits for a lock: of its statement and first inputs, as suspects have it */
    bool is_hasty;       /* waits for no lock longer than all others do */
    int tries;           /* sent again so often */
    int64_t waits_by_us; /* when it is given up where it waits; 0: not yet known */
    struct event *pause; /* before it is sent again */
};

TAILQ_HEAD(pg_tasks, pg_task);

/* The bytes of a value, its end with them when it is text; 0 for NULL. */
size_t pg_param_size(const struct pg_params *params, int i);

/* Copies the statement's parameters; the statement itself is borrowed, but for one that is unnamed, which is copied too. */
struct pg_task *pg_task_new(const struct pg_statement *statement, const struct pg_params *params, pg_done *done, void *arg);
void pg_task_free(struct pg_task *task);
/* Answers it and frees it. */
void pg_task_finish(struct pg_task *task, const struct pg_answer *answer);

/* Whether the same again may go well: what was answered was undone, and is no fault of what was asked. */
bool pg_is_worth_another_try(const struct pg_answer *answer);
/* Whether it had to wait too long for a lock. */
bool pg_has_met_a_lock(const struct pg_answer *answer);
/* Whether it took too long. */
bool pg_has_run_out_of_time(const struct pg_answer *answer);
/* A short pause, by chance, so that two who were in each other's way are not again. */
int pg_pause_ms(int tries);

#endif
