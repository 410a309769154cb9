/* selfcheck.h - what a daemon makes sure of by itself, and says in one line and in a metric: that the database has the schema
 * that this version needs, and that Redis keeps what it is given.
 */
#ifndef SHARELINK_SELFCHECK_H
#define SHARELINK_SELFCHECK_H

#include <stdbool.h>

struct event_base;
struct pg_pool;
struct redis;
struct selfcheck;

/* Asks soon, again until the schema is there, and Redis now and then. */
struct selfcheck *selfcheck_new(struct event_base *base, struct pg_pool *pg, struct redis *redis);
/* Before its pools. */
void selfcheck_free(struct selfcheck *selfcheck);
/* Whether the database has the schema that this build was made with, or a later one. Once true, it stays. */
bool selfcheck_has_schema(const struct selfcheck *selfcheck);

#endif
