/* route_metrics.h - what is counted and logged of each answer: requests by route, method and status, and how long they took. */
#ifndef SHARELINK_HTTP_ROUTE_METRICS_H
#define SHARELINK_HTTP_ROUTE_METRICS_H

#include <stdint.h>

#include "common/http/http.h"

struct http_route_metrics;

struct http_route_metrics *http_route_metrics_new(void);
void http_route_metrics_free(struct http_route_metrics *metrics);
/* pattern: as http_remember_route got it, NULL for none. started_us by clock_mono_us. */
void http_route_metrics_answered(struct http_route_metrics *metrics, enum http_method method, const char *pattern, int status,
                                 int64_t started_us, const char *request_id);

#endif
