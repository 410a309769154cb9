/* metrics.h - counters, gauges and histograms in Prometheus' text format (version 0.0.4).
 *
 * Only the event loop's thread touches them. A family is made at start-up and lives as long as the process; a series is
 * found by its label values, which are few and known (a route, a code), never an id.
 */
#ifndef SHARELINK_METRICS_H
#define SHARELINK_METRICS_H

#include <stdint.h>

#include "common/base/str.h"

struct metric_family; /* one name, with help and label names */
struct metric;        /* one series of it */

/* name and help are borrowed for ever. labels: names divided by commas, "" for none. A counter's name ends in _total,
 * a histogram of time in _seconds. Making the same name again gives the same family. */
struct metric_family *metrics_counter(const char *name, const char *help, const char *labels);
struct metric_family *metrics_gauge(const char *name, const char *help, const char *labels);
/* Buckets from 0.5 ms to 10 s. */
struct metric_family *metrics_histogram(const char *name, const char *help, const char *labels);

/* The series with these label values (as many as there are names, in their order), made at the first call. Keep the
 * pointer where a path is hot. */
struct metric *metrics_series(struct metric_family *family, const char *const *values);
/* The series of a family without labels. */
struct metric *metrics_only(struct metric_family *family);

void metrics_add(struct metric *metric, double amount);
void metrics_set(struct metric *metric, double value);
void metrics_observe(struct metric *metric, double value);

/* Registers a function that refreshes gauges just before they are written. */
void metrics_on_collect(void (*refresh)(void *arg), void *arg);
void metrics_write(struct buf *to);

#endif
