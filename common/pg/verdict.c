/* verdict.c - see the header. The codes are those of PostgreSQL's manual, appendix A. */
#include "common/pg/verdict.h"

#include <libpq-fe.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/str.h"

/* Between two lines that say that PostgreSQL is short of something. */
#define SHORTAGE_EVERY_US ((int64_t)60 * 1000 * 1000)

static bool is_one_of(const char *sqlstate, const char *list)
{
    return sqlstate[0] && strstr(list, sqlstate);
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

struct pg_verdict pg_verdict_of(const struct pg_result *result, bool is_prepared, bool was_prepared_now,
                                bool may_be_in_transaction)
{
    const char *field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *sqlstate = field ? field : "";
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        return (struct pg_verdict){ .outcome = PG_OK };
    }
    /* 0A000 is "cached plan must not change result type" when the plan was made earlier, and else what it says. */
    if (is_prepared && (is_one_of(sqlstate, "26000 42P05") || (is_one_of(sqlstate, "0A000") && !was_prepared_now))) {
        return (struct pg_verdict){ .outcome = PG_RETRY, .forgets_plan = true };
    }
    if (is_one_of(sqlstate, "40001 40P01 55P03 57014 25P03")) {
        return (struct pg_verdict){ .outcome = PG_RETRY };
    }
    if (is_one_of(sqlstate, "57P01 57P02 57P03 57P04 57P05 53300") || str_starts_with(sqlstate, "08")) {
        return (struct pg_verdict){ .outcome = PG_UNAVAILABLE };
    }
    if (is_one_of(sqlstate, "53000 53100 53200 53400 58000 58030")) {
        note_shortage(sqlstate, result);
        return (struct pg_verdict){ .outcome = PG_UNAVAILABLE };
    }
    /* The server became a standby, or somebody left a failed transaction open. */
    if (is_one_of(sqlstate, "25006 25P02")) {
        return (struct pg_verdict){ .outcome = PG_UNAVAILABLE,
                                    .ends_session = !may_be_in_transaction || is_one_of(sqlstate, "25006") };
    }
    return (struct pg_verdict){ .outcome = PG_REJECTED };
}
