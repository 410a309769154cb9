/* task.c - see the header. */
#include "common/pg/task.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/str.h"
#include "common/pg/connection.h"

/* One piece of memory: the task, then the values. */
struct pg_task *pg_task_new(const struct pg_statement *statement, const struct pg_params *params, pg_done *done, void *arg)
{
    size_t size = sizeof(struct pg_task);

    size += statement->unnamed ? strlen(statement->name) + 1 + strlen(statement->sql) + 1 : 0;
    for (int i = 0; i < params->count; i++) {
        size += pg_param_size(params, i);
    }
    struct pg_task *task = malloc(size);
    if (!task) {
        mem_fail();
    }
    char *to = (char *)(task + 1);
    *task = (struct pg_task){ .statement = statement, .params = *params, .done = done, .arg = arg };
    task->params.arena = NULL;
    for (int i = 0; i < params->count; i++) {
        size_t length = pg_param_size(params, i);
        if (params->values[i]) {
            task->params.values[i] = memcpy(to, params->values[i], length);
            to += length;
        }
    }
    if (statement->unnamed) {
        task->own = *statement;
        task->own.name = strcpy(to, statement->name);
        task->own.sql = strcpy(to + strlen(to) + 1, statement->sql);
        task->statement = &task->own;
    }
    return task;
}

/* libpq looks at the length of binary values alone; a binary value may be empty, but is not NULL. */
size_t pg_param_size(const struct pg_params *params, int i)
{
    const char *value = params->values[i];

    return !value ? 0 : params->formats[i] ? (size_t)params->lengths[i] : strlen(value) + 1;
}

void pg_task_free(struct pg_task *task)
{
    if (task->pause) {
        event_free(task->pause);
    }
    free(task);
}

void pg_task_finish(struct pg_task *task, const struct pg_answer *answer)
{
    pg_done *done = task->done;
    void *arg = task->arg;

    pg_task_free(task);
    done(arg, answer);
}

bool pg_is_worth_another_try(const struct pg_answer *answer)
{
    const char *sqlstate = pg_answer_sqlstate(answer);

    /* An old plan, too, is PG_RETRY and neither a lock nor a time-out. */
    return answer->outcome == PG_RETRY && sqlstate[0] && !str_equal(sqlstate, "55P03") && !str_equal(sqlstate, "57014") &&
           !str_equal(sqlstate, "25P03");
}

bool pg_has_met_a_lock(const struct pg_answer *answer)
{
    return answer->outcome == PG_RETRY && str_equal(pg_answer_sqlstate(answer), "55P03");
}

bool pg_has_run_out_of_time(const struct pg_answer *answer)
{
    return answer->outcome == PG_RETRY && str_equal(pg_answer_sqlstate(answer), "57014");
}

int pg_pause_ms(int tries)
{
    return backoff_ms((unsigned)tries, 10, 80);
}
