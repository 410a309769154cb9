/* target.h - where a connection leads: the URL's hosts, their addresses, and the settings that libpq is given. */
#ifndef SHARELINK_PG_TARGET_H
#define SHARELINK_PG_TARGET_H

#include "common/pg/connection.h"

struct pg_conn; /* libpq's */
struct pg_target;

/* Looks up the names of the pool's URL, which libpq would do by blocking, and lets libpq begin to connect. done is called
 * exactly once unless it is cancelled, maybe before this returns (which then is NULL): with libpq's connection, which is
 * done's to finish, or with NULL and the reason. address_choice says which of a name's addresses is taken, in turns. */
typedef void pg_target_done(void *arg, struct pg_conn *link, const char *fault);
struct pg_target *pg_target_open(struct event_base *base, const struct pg_pool_options *options, unsigned address_choice,
                                 pg_target_done *done, void *arg);
void pg_target_cancel(struct pg_target *target);

#endif
