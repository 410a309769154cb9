/* failure.h - the errors that PostgreSQL answers with, counted and told to the operator; for the files of this folder alone. */
#ifndef SHARELINK_PG_FAILURE_H
#define SHARELINK_PG_FAILURE_H

#include "common/pg/pg.h"

struct pg_result; /* libpq's */

/* Every error, by statement and SQLSTATE. */
void pg_failure_count(const struct pg_statement *statement, const char *sqlstate);
/* A line in the log, one a minute for each statement and SQLSTATE, for what is nobody's data's fault. False, and no line,
 * when PostgreSQL only ends the connection, which is told where that is lost. */
bool pg_failure_note(const struct pg_statement *statement, const char *sqlstate, const struct pg_result *result);
/* Whether to log that an answer of it is not as declared: a few times a minute; and how many were not logged before. */
bool pg_failure_may_tell_unreadable(const struct pg_statement *statement, int64_t *left_out);
/* Of what is PG_UNAVAILABLE. */
enum pg_failure_kind {
    PG_FAILURE_SHUTDOWN, /* it goes away, or became a standby */
    PG_FAILURE_SHORTAGE, /* out of disk, memory or connections */
    PG_FAILURE_REFUSAL,  /* it is there, and cannot do what it is asked: a grant, a function, a page is broken */
};
enum pg_failure_kind pg_failure_kind(const char *sqlstate);

#endif
