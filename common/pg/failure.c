/* failure.c - see the header. */
#include "common/pg/failure.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"

/* Between two lines of the same kind. */
#define TELL_EVERY_US ((int64_t)60 * 1000 * 1000)

enum { UNREADABLE_MAX = 5 };

/* What was told, and when; as few as there are statements that fail, times codes. */
struct told {
    struct told *next;
    const char *statement; /* copied: a test's statement may be gone */
    char sqlstate[6];
    int64_t at_us;
    int64_t left_out; /* since then */
    int lines;        /* since then, of those that are told several times */
};

static void note_shortage(const char *sqlstate, const PGresult *result);
static struct told *find_told(const char *statement, const char *sqlstate);
static const char *quotable_message(const char *sqlstate, const PGresult *result);

void pg_failure_count(const struct pg_statement *statement, const char *sqlstate)
{
    struct metric_family *failures =
        metrics_counter("sharelink_pg_errors_total", "Errors that PostgreSQL answered with.", "statement,sqlstate");

    metrics_add(metrics_series(failures, (const char *const[]){ statement->name, sqlstate }), 1);
}

bool pg_failure_note(const struct pg_statement *statement, const char *sqlstate, const struct pg_result *result)
{
    switch (pg_failure_kind(sqlstate)) {
    case PG_FAILURE_SHUTDOWN:
        return false;
    case PG_FAILURE_SHORTAGE:
        note_shortage(sqlstate, result);
        return true;
    case PG_FAILURE_REFUSAL:
        break;
    }
    struct told *told = find_told(statement->name, sqlstate);
    int64_t now_us = clock_mono_us();
    if (told->at_us && now_us - told->at_us < TELL_EVERY_US) {
        told->left_out++;
        return true;
    }
    log_error("pg.statement_failed", LOG_TEXT("statement", statement->name), LOG_TEXT("sqlstate", sqlstate),
              LOG_TEXT("reason", quotable_message(sqlstate, result)), LOG_INT("left_out", told->left_out));
    told->at_us = now_us;
    told->left_out = 0;
    return true;
}

bool pg_failure_may_tell_unreadable(const struct pg_statement *statement, int64_t *left_out)
{
    struct told *told = find_told(statement->name, "");
    int64_t now_us = clock_mono_us();

    if (!told->at_us || now_us - told->at_us >= TELL_EVERY_US) {
        *left_out = told->left_out;
        told->at_us = now_us;
        told->left_out = 0;
        told->lines = 1;
        return true;
    }
    *left_out = 0;
    told->left_out += told->lines >= UNREADABLE_MAX;
    return told->lines++ < UNREADABLE_MAX;
}

enum pg_failure_kind pg_failure_kind(const char *sqlstate)
{
    if (str_starts_with(sqlstate, "57P") || str_starts_with(sqlstate, "08") || str_equal(sqlstate, "25006")) {
        return PG_FAILURE_SHUTDOWN;
    }
    if (str_starts_with(sqlstate, "53") || str_equal(sqlstate, "58000") || str_equal(sqlstate, "58030")) {
        return PG_FAILURE_SHORTAGE;
    }
    return PG_FAILURE_REFUSAL;
}

/* Every statement that writes fails in this way: one line of the process for all of them. */
static void note_shortage(const char *sqlstate, const PGresult *result)
{
    static int64_t noted_us;
    int64_t now_us = clock_mono_us();

    if (!noted_us || now_us - noted_us >= TELL_EVERY_US) {
        noted_us = now_us;
        log_error("pg.out_of_resources", LOG_TEXT("sqlstate", sqlstate),
                  LOG_TEXT("reason", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
    }
}

static struct told *find_told(const char *statement, const char *sqlstate)
{
    static struct told *all;
    struct told *told = all;

    while (told && !(str_equal(told->statement, statement) && str_equal(told->sqlstate, sqlstate))) {
        told = told->next;
    }
    if (!told) {
        told = mem_alloc(sizeof *told);
        told->statement = mem_strdup(statement);
        snprintf(told->sqlstate, sizeof told->sqlstate, "%s", sqlstate);
        told->next = all;
        all = told;
    }
    return told;
}

/* What PostgreSQL says of names, rights, files and its own state tells of nobody's data; what a function raises may. */
static const char *quotable_message(const char *sqlstate, const PGresult *result)
{
    static const char *const classes[] = { "0A", "25", "28", "3D", "3F", "42", "53", "54", "55", "58", "F0", "XX" };
    const char *source = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

    if (source && str_equal(source, "exec_stmt_raise")) {
        return "raised by a function of the database; its own log has the words";
    }
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (str_starts_with(sqlstate, classes[i])) {
            return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        }
    }
    return "its own log has the words";
}
