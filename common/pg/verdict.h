/* verdict.h - whose fault it is that a statement failed, and what that means for the connection; for requests.c alone.
 *
 * Decided here for every statement of every service, by the SQLSTATE alone:
 *
 *   PG_REJECTED     classes 22 and 23: what the item's own data can cause. Only this may condemn an item, and only when it
 *                   was alone in its statement.
 *   PG_RETRY        40001 40P01 55P03 57014 25P03, or a plan that is out of date: rolled back, and passes.
 *   PG_UNAVAILABLE  all else: a grant that is gone (42501), a function that is made anew (42883), a trigger that raises (P0001),
 *                   a broken page (XX001), a full disk (53100), … The operator's to mend; the item is kept and tried again.
 */
#ifndef SHARELINK_PG_VERDICT_H
#define SHARELINK_PG_VERDICT_H

#include "common/pg/pg.h"

struct pg_result; /* libpq's */

struct pg_verdict {
    enum pg_outcome outcome;
    bool is_failure;   /* PG_UNAVAILABLE, and not because PostgreSQL goes away: it is there, and cannot do what it is asked */
    bool forgets_plan; /* the plan or its name is in the way: prepare it anew, under another name */
    bool ends_session; /* nothing more may be sent in this one */
};

/* is_prepared: it ran by its name; was_prepared_now: by a name that was made just before. */
struct pg_verdict pg_verdict_of(const struct pg_statement *statement, const struct pg_result *result, bool is_prepared,
                                bool was_prepared_now, bool may_be_in_transaction);

#endif
