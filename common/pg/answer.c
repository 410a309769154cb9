/* answer.c - reading what PostgreSQL has answered; see pg.h. */
#include <libpq-fe.h>
#include <stdlib.h>

#include "common/base/str.h"
#include "common/pg/connection.h"
#include "common/pg/failure.h"

const struct pg_answer *pg_answer_of(const struct flow *flow)
{
    return flow->answer ? flow->answer : &pg_answer_unavailable;
}

/* False unless the cell exists; then *row is its row in the result. */
static bool find_cell(const struct pg_answer *answer, int *row, int column)
{
    if (answer->outcome != PG_OK || *row < 0 || *row >= answer->row_count || column < 0 || column >= PQnfields(answer->result)) {
        return false;
    }
    *row = answer->rows ? answer->rows[*row] : *row;
    return true;
}

enum pg_outcome pg_answer_outcome(const struct pg_answer *answer)
{
    return answer->outcome;
}

static const char *error_field(const struct pg_answer *answer, int field)
{
    const char *text = answer->result ? PQresultErrorField(answer->result, field) : NULL;

    return text ? text : "";
}

const char *pg_answer_sqlstate(const struct pg_answer *answer)
{
    return answer->sqlstate ? answer->sqlstate : error_field(answer, PG_DIAG_SQLSTATE);
}

bool pg_answer_is_refused(const struct pg_answer *answer)
{
    const char *sqlstate = pg_answer_sqlstate(answer);

    return answer->outcome == PG_UNAVAILABLE && sqlstate[0] && pg_failure_kind(sqlstate) == PG_FAILURE_REFUSAL;
}

const char *pg_answer_error(const struct pg_answer *answer)
{
    return error_field(answer, PG_DIAG_MESSAGE_PRIMARY);
}

int pg_answer_rows(const struct pg_answer *answer)
{
    return answer->outcome == PG_OK ? answer->row_count : 0;
}

const char *pg_answer_get(const struct pg_answer *answer, int row, int column)
{
    /* libpq gives "" for NULL too. */
    return find_cell(answer, &row, column) ? PQgetvalue(answer->result, row, column) : "";
}

enum pg_outcome pg_outcome(const struct flow *flow)
{
    return pg_answer_outcome(pg_answer_of(flow));
}

const char *pg_sqlstate(const struct flow *flow)
{
    return pg_answer_sqlstate(pg_answer_of(flow));
}

bool pg_is_refused(const struct flow *flow)
{
    return pg_answer_is_refused(pg_answer_of(flow));
}

const char *pg_constraint(const struct flow *flow)
{
    return error_field(pg_answer_of(flow), PG_DIAG_CONSTRAINT_NAME);
}

int pg_rows(const struct flow *flow)
{
    return pg_answer_rows(pg_answer_of(flow));
}

bool pg_found(const struct flow *flow)
{
    return pg_outcome(flow) == PG_OK && pg_rows(flow) > 0;
}

bool pg_answer_is_null(const struct pg_answer *answer, int row, int column)
{
    return !find_cell(answer, &row, column) || PQgetisnull(answer->result, row, column);
}
