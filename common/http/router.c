/* router.c - finds a request's handler in the service's table of routes, see router.h.
 *
 * The table is cut into segments once, and ordered so that a literal segment comes before a {name} in its place: the
 * first route that matches is the right one.
 */
#include "common/http/router.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/str.h"

#define SEGMENTS_MAX 12

struct segment {
    const char *text; /* of a parameter: its name */
    size_t length;
    bool is_parameter;
};

struct compiled {
    const struct route *route;
    struct segment segments[SEGMENTS_MAX];
    size_t count;
    bool takes_patch; /* its address does, whatever the method of this route */
};

struct parameter {
    const struct segment *segment;
    const char *value;
};

/* What stays of a search until its flow ends. */
struct match {
    const struct route *route;
    flow_step *preflight; /* when the method has no route */
    size_t count;
    struct parameter parameters[SEGMENTS_MAX];
};

static void compile(struct compiled *to, const struct route *route);
static void find_patched(void);
static size_t split(const char *path, struct segment *segments);
static int order(const void *a, const void *b);
static bool is_sound(const struct deprecation *list);
static bool is_day(const char *text);
static bool begins(const char *day, int64_t *wall_ms);
static bool is_a_year_later(const char *since, const char *sunset);
static const struct compiled *find(struct flow *flow, struct match *match, unsigned *allowed);
static bool fits(struct flow *flow, const struct compiled *compiled, const struct segment *segments, struct match *match);
static const char *parameter_value(struct arena *arena, const struct segment *segment);
static bool serves(const struct route *route, enum http_method method);
static void tell_deprecation(struct flow *flow, const struct deprecation *list);
static const char *earlier(const char *day, const char *other);
static void set_deprecation(struct flow *flow, const char *since, const char *sunset);
static struct next *reply_not_allowed(struct flow *flow, unsigned allowed);
static struct next *reply_encoded(struct flow *flow);

static struct {
    struct compiled *routes;
    size_t count;
    flow_step *guard;
} router;

void router_setup(const struct router_options *options)
{
    size_t count = 0;

    while (options->routes[count].pattern) {
        count++;
    }
    free(router.routes);
    router.routes = mem_alloc((count + 1) * sizeof *router.routes);
    router.count = count;
    router.guard = options->guard;
    for (size_t i = 0; i < count; i++) {
        const struct route *route = &options->routes[i];
        if (route->scope && !options->guard) {
            /* Served without a guard it would be open to all. */
            log_error("router.guard_missing", LOG_TEXT("route", route->pattern));
            abort();
        }
        if (route->deprecated && !is_sound(route->deprecated)) {
            log_error("router.deprecation_unsound", LOG_TEXT("route", route->pattern));
            abort();
        }
        compile(&router.routes[i], route);
    }
    find_patched();
    qsort(router.routes, count, sizeof *router.routes, order);
}

static void find_patched(void)
{
    for (size_t i = 0; i < router.count; i++) {
        for (size_t other = 0; other < router.count; other++) {
            const struct route *route = router.routes[other].route;
            router.routes[i].takes_patch |=
                route->method == HTTP_PATCH && str_equal(route->pattern, router.routes[i].route->pattern);
        }
    }
}

static void compile(struct compiled *to, const struct route *route)
{
    to->route = route;
    to->count = split(route->pattern, to->segments);
    if (to->count == 0) {
        log_error("router.pattern_unusable", LOG_TEXT("route", route->pattern));
        abort();
    }
    for (size_t i = 0; i < to->count; i++) {
        struct segment *segment = &to->segments[i];
        if (segment->length > 2 && segment->text[0] == '{' && segment->text[segment->length - 1] == '}') {
            segment->is_parameter = true;
            segment->text++;
            segment->length -= 2;
        }
    }
}

/* The number of segments, 0 when there are too many. "/" has one, which is empty. */
static size_t split(const char *path, struct segment *segments)
{
    size_t count = 0;

    while (*path == '/') {
        if (count == SEGMENTS_MAX) {
            return 0;
        }
        path++;
        segments[count++] = (struct segment){ .text = path, .length = strcspn(path, "/") };
        path += segments[count - 1].length;
    }
    return count;
}

static int order(const void *a, const void *b)
{
    const struct compiled *one = a, *other = b;

    if (one->count != other->count) {
        return one->count < other->count ? -1 : 1;
    }
    for (size_t i = 0; i < one->count; i++) {
        if (one->segments[i].is_parameter != other->segments[i].is_parameter) {
            return one->segments[i].is_parameter ? 1 : -1;
        }
    }
    /* Of equals, the order of the table. */
    return one->route < other->route ? -1 : one->route > other->route;
}

struct next *router_handle(struct flow *flow)
{
    struct match *match = arena_alloc(flow->arena, sizeof *match);
    unsigned allowed = 0;
    const struct compiled *found = find(flow, match, &allowed);

    if (!found) {
        struct next *preflight = match->preflight && http_method(flow) == HTTP_OPTIONS ? match->preflight(flow) : NULL;
        return preflight ? preflight
               : allowed ? reply_not_allowed(flow, allowed)
                         : http_reply_problem(flow, 404, "not_found", "There is nothing at this address.");
    }
    match->route = found->route;
    http_keep_match(flow, match);
    http_remember_route(flow, found->route->pattern);
    if (found->takes_patch) {
        http_set_header(flow, "Accept-Patch", HTTP_PATCH_TYPES);
    }
    if (http_is_encoded(flow)) {
        return reply_encoded(flow);
    }
    tell_deprecation(flow, found->route->deprecated);
    return found->route->scope ? router.guard(flow) : router_proceed(flow);
}

struct next *router_proceed(struct flow *flow)
{
    return router_route(flow)->handle(flow);
}

/* NULL when no route of this path serves the method; allowed then has a bit for each method that one does serve. */
static const struct compiled *find(struct flow *flow, struct match *match, unsigned *allowed)
{
    struct segment segments[SEGMENTS_MAX];
    size_t count = split(http_path(flow), segments);
    enum http_method method = http_method(flow);

    for (size_t i = 0; i < router.count && router.routes[i].count <= count; i++) {
        const struct compiled *compiled = &router.routes[i];
        if (compiled->count != count || !fits(flow, compiled, segments, match)) {
            continue;
        }
        if (serves(compiled->route, method)) {
            return compiled;
        }
        *allowed |= 1u << compiled->route->method;
        match->preflight = match->preflight ? match->preflight : compiled->route->preflight;
    }
    return NULL;
}

static bool fits(struct flow *flow, const struct compiled *compiled, const struct segment *segments, struct match *match)
{
    for (size_t i = 0; i < compiled->count; i++) {
        const struct segment *wanted = &compiled->segments[i];
        if (wanted->is_parameter
                ? segments[i].length == 0
                : segments[i].length != wanted->length || memcmp(segments[i].text, wanted->text, wanted->length) != 0) {
            return false;
        }
    }
    match->count = 0;
    for (size_t i = 0; i < compiled->count; i++) {
        if (compiled->segments[i].is_parameter) {
            const char *value = parameter_value(flow->arena, &segments[i]);
            if (!value) {
                return false;
            }
            match->parameters[match->count++] = (struct parameter){ &compiled->segments[i], value };
        }
    }
    return true;
}

/* Decoded; NULL when no segment of ours can be meant: a broken escape, a slash, a control character. */
static const char *parameter_value(struct arena *arena, const struct segment *segment)
{
    char *value = arena_strndup(arena, segment->text, segment->length);

    if (memchr(value, '%', segment->length) && !str_url_decode(value, false)) {
        return NULL;
    }
    return strchr(value, '/') || str_has_control(value, false) ? NULL : value;
}

static bool serves(const struct route *route, enum http_method method)
{
    return route->method == method || (route->method == HTTP_GET && method == HTTP_HEAD);
}

static struct next *reply_not_allowed(struct flow *flow, unsigned allowed)
{
    struct buf list = { 0 };

    for (enum http_method method = HTTP_GET; method < HTTP_OTHER; method++) {
        bool served = allowed & 1u << method || (method == HTTP_HEAD && allowed & 1u << HTTP_GET);
        if (served) {
            buf_add_text(&list, list.length ? ", " : "");
            buf_add_text(&list, http_method_name(method));
        }
    }
    http_set_header(flow, "Allow", list.data);
    buf_clear(&list);
    if (allowed & 1u << HTTP_PATCH) {
        http_set_header(flow, "Accept-Patch", HTTP_PATCH_TYPES);
    }
    return http_reply_problem(flow, 405, "method_not_allowed", "This address does not take this method; see Allow.");
}

static struct next *reply_encoded(struct flow *flow)
{
    http_set_header(flow, "Accept-Encoding", "identity");
    return http_reply_problem(flow, 415, "unsupported_media_type",
                              "The body has a Content-Encoding; send it as it is, which is identity.");
}

/* --- what will go --- */

static bool is_sound(const struct deprecation *list)
{
    for (; list->since; list++) {
        if (!is_day(list->since) || !list->sunset || !is_day(list->sunset) || !is_a_year_later(list->since, list->sunset)) {
            return false;
        }
    }
    return true;
}

static bool is_day(const char *text)
{
    int64_t ignored;

    return strlen(text) == strlen("2027-03-01") && begins(text, &ignored);
}

static bool begins(const char *day, int64_t *wall_ms)
{
    char moment[32];

    snprintf(moment, sizeof moment, "%sT00:00:00Z", day);
    return clock_parse_rfc3339(moment, wall_ms);
}

static bool is_a_year_later(const char *since, const char *sunset)
{
    int years = atoi(sunset) - atoi(since);

    return years > 1 || (years == 1 && strcmp(sunset + 4, since + 4) >= 0);
}

static void tell_deprecation(struct flow *flow, const struct deprecation *list)
{
    const char *since = NULL, *sunset = NULL;

    for (; list && list->since; list++) {
        if (!list->parameter || http_query(flow, list->parameter)) {
            since = earlier(since, list->since);
            sunset = earlier(sunset, list->sunset);
        }
    }
    if (since) {
        set_deprecation(flow, since, sunset);
    }
}

static const char *earlier(const char *day, const char *other)
{
    return day && strcmp(day, other) <= 0 ? day : other;
}

/* An Item of RFC 9651 that is a Date, and an HTTP-date. */
static void set_deprecation(struct flow *flow, const char *since, const char *sunset)
{
    int64_t since_ms = 0, sunset_ms = 0;
    char date[32], going[sizeof "Mon, 01 Mar 2027 00:00:00 GMT"];

    begins(since, &since_ms);
    begins(sunset, &sunset_ms);
    snprintf(date, sizeof date, "@%" PRId64, since_ms / 1000);
    strftime(going, sizeof going, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&(time_t){ sunset_ms / 1000 }, &(struct tm){ 0 }));
    http_set_header(flow, "Deprecation", date);
    http_set_header(flow, "Sunset", going);
}

/* --- for handlers --- */

const struct route *router_route(const struct flow *flow)
{
    const struct match *match = http_match(flow);

    return match ? match->route : NULL;
}

const char *router_param(const struct flow *flow, const char *name)
{
    const struct match *match = http_match(flow);
    size_t length = strlen(name);

    for (size_t i = 0; match && i < match->count; i++) {
        const struct segment *segment = match->parameters[i].segment;
        if (segment->length == length && memcmp(segment->text, name, length) == 0) {
            return match->parameters[i].value;
        }
    }
    log_error("router.parameter_unknown", LOG_TEXT("name", name), LOG_TEXT("request_id", flow->request_id));
    return "";
}
