/* verdict.c - see the header. The codes are those of PostgreSQL's manual, appendix A. */
#include "common/pg/verdict.h"

#include <libpq-fe.h>
#include <string.h>

#include "common/base/str.h"
#include "common/pg/failure.h"

/* In the order in which they are asked. */
static bool is_plan_in_the_way(const char *sqlstate, bool is_prepared, bool was_prepared_now);
static bool is_rolled_back_and_passes(const char *sqlstate);
static bool is_of_the_data(const char *sqlstate);
static bool ends_session(const char *sqlstate, bool may_be_in_transaction);

static bool is_one_of(const char *sqlstate, const char *list)
{
    return sqlstate[0] && strstr(list, sqlstate);
}

struct pg_verdict pg_verdict_of(const struct pg_statement *statement, const struct pg_result *result, bool is_prepared,
                                bool was_prepared_now, bool may_be_in_transaction)
{
    const char *field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *sqlstate = field ? field : "";
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        return (struct pg_verdict){ .outcome = PG_OK };
    }
    if (is_plan_in_the_way(sqlstate, is_prepared, was_prepared_now)) {
        return (struct pg_verdict){ .outcome = PG_RETRY, .forgets_plan = true };
    }
    if (is_rolled_back_and_passes(sqlstate)) {
        pg_failure_count(statement, sqlstate);
        return (struct pg_verdict){ .outcome = PG_RETRY };
    }
    if (is_of_the_data(sqlstate)) {
        pg_failure_count(statement, sqlstate);
        return (struct pg_verdict){ .outcome = PG_REJECTED };
    }
    pg_failure_count(statement, sqlstate);
    return (struct pg_verdict){
        .outcome = PG_UNAVAILABLE,
        .is_failure = pg_failure_note(statement, sqlstate, result),
        .ends_session = ends_session(sqlstate, may_be_in_transaction),
    };
}

/* 0A000 is "cached plan must not change result type" when the plan was made earlier, and else what it says. */
static bool is_plan_in_the_way(const char *sqlstate, bool is_prepared, bool was_prepared_now)
{
    return is_prepared && (is_one_of(sqlstate, "26000 42P05") || (is_one_of(sqlstate, "0A000") && !was_prepared_now));
}

/* Serialization, deadlock, a lock not had in time, the statement's time-out, a transaction that idled. */
static bool is_rolled_back_and_passes(const char *sqlstate)
{
    return is_one_of(sqlstate, "40001 40P01 55P03 57014 25P03");
}

/* Values that do not fit, constraints that they break: sent again, the same item fails again, and others do not. */
static bool is_of_the_data(const char *sqlstate)
{
    return str_starts_with(sqlstate, "22") || str_starts_with(sqlstate, "23");
}

/* The server became a standby, or somebody left a failed transaction open. */
static bool ends_session(const char *sqlstate, bool may_be_in_transaction)
{
    return is_one_of(sqlstate, "25006") || (is_one_of(sqlstate, "25P02") && !may_be_in_transaction);
}
