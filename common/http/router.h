/* router.h - from a method and a path to its handler, by a const table: the newcomer's map of a service. */
#ifndef SHARELINK_ROUTER_H
#define SHARELINK_ROUTER_H

#include "common/loop/flow.h"
#include "common/http/http.h"

/* What will go, told a year beforehand: a route, or a parameter of its query. Every answer to a call that uses it has the headers
 * Deprecation (RFC 9745) and Sunset (RFC 8594). docs/api.md has the policy; the contract says `deprecated: true` in the same
 * places (tests/blackbox/test_deprecation.py).
 *
 *     static const struct deprecation old_search[] = {
 *         { .parameter = "q", .since = "2027-03-01", .sunset = "2028-03-01" },
 *         { .since = NULL },
 *     };
 *     { HTTP_GET, "/v1/things", list_things, .scope = "things.read", .deprecated = old_search },
 */
struct deprecation {
    const char *parameter; /* NULL: the route itself */
    const char *since;     /* a day in UTC */
    const char *sunset;    /* from this day on it may be gone; a year after since at the earliest, or the table is not served */
};

/* What a session of the console must be capable of for a route (common/daemon/session.h); those of a session are its `may`. */
enum session_right { SESSION_READ = 1, SESSION_SHARE = 2, SESSION_MANAGE = 4, SESSION_TEMPLATES = 8 };
#define SESSION_ANY (SESSION_SHARE | SESSION_MANAGE | SESSION_TEMPLATES) /* whoever may do more than read */

struct route {
    enum http_method method; /* HTTP_GET serves HEAD too */
    const char *pattern;     /* "/v1/share-links/{id}"; a {segment} matches one non-empty segment, decoded */
    flow_step *handle;
    const char *scope;                    /* of the API key, NULL when the route needs none: see guard */
    unsigned sessions;                    /* one of these rights of a session will do; 0: the route is for keys alone */
    const struct deprecation *deprecated; /* NULL: nothing of it */
    /* Answers the OPTIONS that a browser asks before a call from another site's page; NULL for a 405, as without one. */
    flow_step *preflight;
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
