/* feed_origins.c - see feed_origins.h. */
#include "services/notifications/feed/feed_origins.h"

#include <ctype.h>
#include <string.h>

#include "common/base/config.h"
#include "common/daemon/guard.h"
#include "services/notifications/handlers.h"
#include "services/notifications/notifications.h"

/* How long a browser goes by a preflight's answer: what the operator takes off the list is refused after it at the latest. */
#define PREFLIGHT_SECONDS "600"

static const char *check_origin(struct arena *arena, const char *origin);
static bool is_of_this_machine(const char *host);
static bool tell_page(struct flow *flow);
static bool is_listed(const char *list, const char *origin);
static const char *next_origin(const char *at, size_t *length);

const char *feed_origins_check(const char *list)
{
    struct arena *arena = arena_new();
    const char *wrong = NULL;
    size_t length;

    for (const char *at = next_origin(list, &length); length && !wrong; at = next_origin(at + length, &length)) {
        wrong = check_origin(arena, arena_strndup(arena, at, length));
    }
    arena_free(arena);
    return wrong;
}

static const char *check_origin(struct arena *arena, const char *origin)
{
    static const char wrong[] =
        "is no list of origins such as https://app.example.com, divided by commas: https (http for this machine "
        "alone), host and port, nothing after them";
    const char *host = strstr(origin, "://");
    bool is_plain = str_starts_with(origin, "http://");

    if (config_check_http_url(origin)) {
        return wrong;
    }
    for (const char *at = origin; *at; at++) {
        if (isupper((unsigned char)*at)) {
            return "has an origin with capital letters; a browser sends small ones";
        }
    }
    if (str_ends_with(origin, is_plain ? ":80" : ":443")) {
        return "has an origin with its scheme's usual port; a browser leaves that out";
    }
    return is_plain && !is_of_this_machine(arena_strdup(arena, host + strlen("://"))) ? wrong : NULL;
}

static bool is_of_this_machine(const char *host)
{
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    bool is_v4 = str_starts_with(host, "127.") && strspn(host, "0123456789.") >= length;

    return is_v4 || (length == strlen("[::1]") && strncmp(host, "[::1]", length) == 0) ||
           (length == strlen("localhost") && strncmp(host, "localhost", length) == 0);
}

struct next *feed_origins_guard(struct flow *flow)
{
    if (router_route(flow)->handle == stream_events) {
        tell_page(flow);
    }
    return guard_check(flow);
}

struct next *preflight_stream(struct flow *flow)
{
    if (!tell_page(flow)) {
        return NULL;
    }
    http_set_header(flow, "Access-Control-Allow-Methods", "GET");
    http_set_header(flow, "Access-Control-Allow-Headers", "Authorization, Last-Event-ID, X-Request-Id, traceparent");
    http_set_header(flow, "Access-Control-Max-Age", PREFLIGHT_SECONDS);
    return http_reply_empty(flow, 204);
}

/* False when the request comes from no listed origin's page. */
static bool tell_page(struct flow *flow)
{
    const char *list = notifications_of(flow)->settings->feed_allow_origins, *origin = http_header(flow, "Origin");

    if (!list) {
        return false;
    }
    http_set_header(flow, "Vary", "Origin");
    if (!origin || !is_listed(list, origin)) {
        return false;
    }
    http_set_header(flow, "Access-Control-Allow-Origin", origin);
    http_set_header(flow, "Access-Control-Expose-Headers",
                    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Deprecation, Sunset");
    return true;
}

static bool is_listed(const char *list, const char *origin)
{
    size_t length;

    for (const char *at = next_origin(list, &length); length; at = next_origin(at + length, &length)) {
        if (length == strlen(origin) && memcmp(at, origin, length) == 0) {
            return true;
        }
    }
    return false;
}

/* *length is 0 at the end. */
static const char *next_origin(const char *at, size_t *length)
{
    at += strspn(at, ", ");
    *length = strcspn(at, ", ");
    return at;
}
