/* health.h - is the process alive, could it do its work, what does it count: /healthz, /readyz, /metrics.
 *
 * They are served where the clients are (LISTEN), and on a listener of their own (HEALTH_LISTEN): with connections of its own
 * and limits of its own, so that no number of clients makes a daemon look dead.
 */
#ifndef SHARELINK_HEALTH_H
#define SHARELINK_HEALTH_H

#include "common/http/router.h"

struct daemon;
struct event_base;
struct http_server;
struct pg_pool;
struct redis;
struct selfcheck;

enum { HEALTH_ROUTES = 3 };
extern const struct route health_routes[HEALTH_ROUTES];

/* What is asked, and where the answers are given. */
struct health_options {
    struct event_base *base;
    const char *listen;      /* NULL for the place beside that of the clients... */
    const char *listen_main; /* ...which is this one */
    const struct http_fixed_field *reply_fields;
    struct daemon *daemon;
    const void *app;
    struct pg_pool *pg;
    struct redis *redis;
    struct selfcheck *selfcheck;
    bool (*is_connected)(struct daemon *daemon); /* to PostgreSQL, by all connections that requests need */
};

/* One per process. Starts the listener: one that was asked for and cannot be had ends the process (71); the one that is there by
 * default is done without then (NULL), with a warning. */
struct http_server *health_start(const struct health_options *options);
/* From now on it is not ready. */
void health_end_soon(void);

#endif
