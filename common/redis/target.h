/* target.h - whom a connection to Redis goes to: the URL taken apart, and its host's addresses, one after another. */
#ifndef SHARELINK_REDIS_TARGET_H
#define SHARELINK_REDIS_TARGET_H

#include <stdbool.h>

#include "common/loop/resolve.h"

struct event_base;

struct redis_target {
    char *user, *password; /* NULL without one */
    char *host;            /* NULL for a socket */
    char *socket_path;
    int port;
    int database;
    unsigned address_choice;       /* raised by one after each connect that failed */
    struct resolve_lookup *lookup; /* of the host, while it is on its way */
    resolve_done *found;
    void *arg;
};

/* target is zeroed. False when the URL cannot be read; it is forgotten all the same. */
bool redis_target_read(struct redis_target *target, const char *url);
/* Looks up the host's address, one at a time; found comes from the loop, unless the look-up was called off. */
void redis_target_look_up(struct redis_target *target, struct event_base *base, resolve_done *found, void *arg);
void redis_target_call_off(struct redis_target *target);
void redis_target_forget(struct redis_target *target); /* calls the look-up off */

#endif
