/* test_metrics.c - the text form of counters, gauges and histograms. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "common/base/metrics.h"

static void assert_written(const char *expected)
{
    struct buf text = { 0 };

    metrics_write(&text);
    if (!strstr(text.data, expected)) {
        fail_msg("no %s in:\n%s", expected, text.data);
    }
    buf_clear(&text);
}

static void test_counters_and_labels(void **state)
{
    struct metric_family *family = metrics_counter("requests_total", "Requests\nanswered.", "route,status");
    struct metric *ok = metrics_series(family, (const char *const[]){ "/a", "200" });
    (void)state;

    metrics_add(ok, 1);
    metrics_add(metrics_series(family, (const char *const[]){ "/a", "200" }), 2);
    metrics_add(metrics_series(family, (const char *const[]){ "/b\"\\\n", "500" }), 12345678901);
    assert_ptr_equal(metrics_series(family, (const char *const[]){ "/a", "200" }), ok);
    assert_ptr_not_equal(metrics_series(family, (const char *const[]){ "/a", "201" }), ok);
    assert_ptr_equal(metrics_counter("requests_total", "Requests\nanswered.", "route,status"), family);
    assert_written("# HELP requests_total Requests\\nanswered.\n# TYPE requests_total counter\n"
                   "requests_total{route=\"/a\",status=\"200\"} 3\n"
                   "requests_total{route=\"/b\\\"\\\\\\n\",status=\"500\"} 12345678901\n"
                   "requests_total{route=\"/a\",status=\"201\"} 0\n");
}

static void refresh(void *arg)
{
    metrics_set(metrics_only(metrics_gauge("ready", "", "")), *(double *)arg);
}

static void test_gauges_are_refreshed(void **state)
{
    static double value; /* the registration outlives this test */
    (void)state;

    metrics_on_collect(refresh, &value);
    value = 0.25;
    assert_written("# TYPE ready gauge\nready 0.25\n");
    value = -3;
    assert_written("\nready -3\n");
    value = INFINITY;
    assert_written("\nready +Inf\n");
    value = NAN;
    assert_written("\nready NaN\n");
    value = 1;
}

static void test_histograms_add_up(void **state)
{
    struct metric *plain = metrics_only(metrics_histogram("wait_seconds", "Waits.", ""));
    struct metric *labelled = metrics_series(metrics_histogram("step_seconds", "Steps.", "step"), (const char *const[]){ "x" });
    (void)state;

    metrics_observe(plain, 0.0005); /* a limit belongs to its bucket */
    metrics_observe(plain, 0.003);
    metrics_observe(plain, 99);
    assert_written("# TYPE wait_seconds histogram\nwait_seconds_bucket{le=\"0.0005\"} 1\nwait_seconds_bucket{le=\"0.001\"} 1\n");
    assert_written("wait_seconds_bucket{le=\"0.005\"} 2\n");
    assert_written("wait_seconds_bucket{le=\"10\"} 2\nwait_seconds_bucket{le=\"+Inf\"} 3\nwait_seconds_sum "
                   "99.0035\nwait_seconds_count 3\n");
    metrics_observe(labelled, 1);
    assert_written("step_seconds_bucket{step=\"x\",le=\"0.5\"} 0\nstep_seconds_bucket{step=\"x\",le=\"1\"} 1\n");
    assert_written("step_seconds_sum{step=\"x\"} 1\nstep_seconds_count{step=\"x\"} 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_and_labels),
        cmocka_unit_test(test_gauges_are_refreshed),
        cmocka_unit_test(test_histograms_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
