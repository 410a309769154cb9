/* router.h - from a method and a path to its handler, by a const table: the newcomer's map of a service. */
#ifndef SHARELINK_ROUTER_H
#define SHARELINK_ROUTER_H

#include "common/loop/flow.h"
#include "common/http/http.h"

struct route {
    enum http_method method; /* HTTP_GET serves HEAD too */
    const char *pattern;     /* "/v1/share-links/{id}"; a {segment} matches one non-empty segment, decoded */
    flow_step *handle;
    const char *scope; /* of the API key, NULL when the route needs none: see guard */
};

/* What runs before a route's handler (authentication); NULL for none. It gets the route by router_route(). */
struct router_options {
    const struct route *routes; /* ended by a NULL pattern */
    flow_step *guard;           /* for routes with a scope; must itself go on with router_proceed */
};

/* One router per process. */
void router_setup(const struct router_options *options);
/* The server's handler: 404, 405 with Allow, 415 for an encoded body, the guard, or the route's handler. Where a PATCH is served
 * every answer says which types it takes. */
struct next *router_handle(struct flow *flow) FLOW_NEXT;
/* From the guard: goes on to the route's handler. */
struct next *router_proceed(struct flow *flow) FLOW_NEXT;
const struct route *router_route(const struct flow *flow);
/* Value of {name} in the path, in the arena; never NULL inside that route's handler. */
const char *router_param(const struct flow *flow, const char *name);

#endif
