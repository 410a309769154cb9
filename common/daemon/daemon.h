/* daemon.h - what every Sharelink daemon does the same way, in this order:
 * settings → log → event base → pools → routes → signals → loop → drain.
 *
 * main.c of a service fills a struct daemon_spec and calls daemon_main.
 */
#ifndef SHARELINK_DAEMON_H
#define SHARELINK_DAEMON_H

#include <stdbool.h>

#include "common/base/config.h"
#include "common/daemon/common_settings.h"
#include "common/daemon/openapi.h"
#include "common/data/crypto.h"
#include "common/pg/pg.h"
#include "common/redis/redis.h"
#include "common/http/router.h"

struct event_base;
struct guard;

struct daemon {
    const struct daemon_spec *spec;
    const struct daemon_settings *settings;
    struct arena *arena; /* for what lives as long as the process */
    struct event_base *base;
    struct keyring *keyring;
    struct pg_pool *pg;
    struct redis *redis;
    struct selfcheck *selfcheck;
    struct http_server *http;
    struct http_server *health; /* NULL without one: see health.h */
    void *app;                  /* the service's own parts, made by start */
    struct guard *guard;        /* likewise, of a service whose routes have scopes: see guard.h; else NULL */
};

struct daemon_spec {
    const char *name;  /* "links" */
    const char *about; /* one line for --help */
    size_t settings_size;
    const struct config_setting *settings; /* the service's own table; its struct begins with struct daemon_settings */
    /* What no setting tells alone: appends a line for each fault, and returns their number. May be NULL. */
    int (*check_settings)(const void *settings, struct buf *faults);
    const struct route *routes;                  /* health, readiness, metrics and the OpenAPI documents are added to them */
    struct openapi_text openapi, openapi_v1;     /* its own, and that of /v1 for the daemon that serves it */
    flow_step *guard;                            /* see router.h */
    const struct http_fixed_field *reply_fields; /* of every reply, see http.h; NULL for those of an API */
    void (*fault_words)(struct flow *flow, const struct http_fault *fault,
                        struct http_fault_words *words);                             /* see http.h. Or NULL */
    struct next *(*fault_reader)(struct flow *flow, const struct http_fault *fault); /* likewise */
    struct http_large_request large;                                                 /* likewise */
    /* Of requests that passed the guard, before an Idempotency-Key is taken: goes on to then at once, or when it is the flow's
     * turn. May be NULL. */
    struct next *(*take_turn)(struct flow *flow, flow_step *then);
    const struct config_setting *guard_settings; /* its table, of fields of struct daemon_settings; may be NULL */
    void (*start)(struct daemon *daemon);        /* after the pools; sets daemon->app. May be NULL */
    bool (*is_connected)(struct daemon *daemon); /* with connections to PostgreSQL of its own; may be NULL */
    /* Takes up no new work of its own; then is asked again and again whether all is done. Either may be NULL. */
    void (*drain)(struct daemon *daemon);
    bool (*is_quiet)(struct daemon *daemon);
    void (*stop)(struct daemon *daemon); /* before the pools go; may be NULL */
};

/* Returns the exit status: 0 after a drain, 78 (EX_CONFIG) with all faults of the settings listed, 71 when it cannot
 * listen. */
int daemon_main(const struct daemon_spec *spec, int argc, char **argv);

#endif
