/* route_metrics.c - see route_metrics.h.
 *
 * The series of a route are kept at hand: looking them up by label would cost more than the rest of a small request.
 */
#include "common/http/route_metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"

#define ROUTE_BUCKETS 64

struct code_series {
    enum http_method method;
    int status;
    struct metric *requests;
    struct code_series *next;
};

struct route_series {
    const char *pattern;
    struct metric *duration;
    struct code_series *codes;
    struct route_series *next;
};

struct http_route_metrics {
    struct metric_family *requests_total, *duration_seconds;
    struct route_series *routes[ROUTE_BUCKETS];
};

static struct route_series *series_of_route(struct http_route_metrics *metrics, const char *pattern);
static struct metric *series_of_code(struct http_route_metrics *metrics, struct route_series *route, enum http_method method,
                                     int status);

struct http_route_metrics *http_route_metrics_new(void)
{
    struct http_route_metrics *metrics = mem_alloc(sizeof *metrics);

    metrics->requests_total = metrics_counter("sharelink_http_requests_total", "HTTP requests answered.", "route,method,code");
    metrics->duration_seconds =
        metrics_histogram("sharelink_http_request_duration_seconds", "From a request's last byte to its answer.", "route");
    return metrics;
}

void http_route_metrics_free(struct http_route_metrics *metrics)
{
    for (size_t i = 0; i < ROUTE_BUCKETS; i++) {
        for (struct route_series *route = metrics->routes[i], *next; route; route = next) {
            next = route->next;
            for (struct code_series *code = route->codes, *after; code; code = after) {
                after = code->next;
                free(code);
            }
            free(route);
        }
    }
    free(metrics);
}

void http_route_metrics_answered(struct http_route_metrics *metrics, enum http_method method, const char *pattern, int status,
                                 int64_t started_us, const char *request_id)
{
    struct route_series *route = series_of_route(metrics, pattern);
    int64_t duration_us = clock_mono_us() - started_us;
    enum log_level level = status >= 500 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;

    metrics_add(series_of_code(metrics, route, method, status), 1);
    metrics_observe(route->duration, (double)duration_us / 1e6);
    log_write(level, "http.request_answered",
              (const struct log_field[]){
                  LOG_TEXT("method", http_method_name(method)),
                  LOG_TEXT("route", pattern ? pattern : "none"),
                  LOG_INT("status", status),
                  LOG_INT("duration_us", duration_us),
                  LOG_TEXT("request_id", request_id),
                  { .name = NULL },
              });
}

static struct route_series *series_of_route(struct http_route_metrics *metrics, const char *pattern)
{
    uint64_t mixed = (uint64_t)(uintptr_t)pattern * 0x9e3779b97f4a7c15u;
    struct route_series **bucket = &metrics->routes[(mixed >> 32) % ROUTE_BUCKETS];
    struct route_series *route = *bucket;

    while (route && route->pattern != pattern) {
        route = route->next;
    }
    if (!route) {
        const char *labels[] = { pattern ? pattern : "none" };
        route = mem_alloc(sizeof *route);
        route->pattern = pattern;
        route->duration = metrics_series(metrics->duration_seconds, labels);
        route->next = *bucket;
        *bucket = route;
    }
    return route;
}

static struct metric *series_of_code(struct http_route_metrics *metrics, struct route_series *route, enum http_method method,
                                     int status)
{
    struct code_series *code = route->codes;

    while (code && (code->method != method || code->status != status)) {
        code = code->next;
    }
    if (!code) {
        char text[12];
        snprintf(text, sizeof text, "%d", status);
        const char *labels[] = { route->pattern ? route->pattern : "none", http_method_name(method), text };
        code = mem_alloc(sizeof *code);
        code->method = method;
        code->status = status;
        code->requests = metrics_series(metrics->requests_total, labels);
        code->next = route->codes;
        route->codes = code;
    }
    return code->requests;
}
