/* verdict.h - what the end of a statement means for who asked and for the connection; for requests.c alone. */
#ifndef SHARELINK_PG_VERDICT_H
#define SHARELINK_PG_VERDICT_H

#include "common/pg/pg.h"

struct pg_result; /* libpq's */

struct pg_verdict {
    enum pg_outcome outcome;
    bool forgets_plan; /* the plan or its name is in the way: prepare it anew, under another name */
    bool ends_session; /* nothing more may be sent in this one */
};

/* is_prepared: it ran by its name; was_prepared_now: by a name that was made just before. */
struct pg_verdict pg_verdict_of(const struct pg_result *result, bool is_prepared, bool was_prepared_now,
                                bool may_be_in_transaction);

#endif
