/* consumer_metrics.c - what is told of a consumer: entries acknowledged, and Redis' own figures of the group's lag. */
#include "common/redis/consumer_internal.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/metrics.h"

#define GAUGES_EVERY_MS 10000

static void take_gauges(void *arg, const struct redis_value *reply, const char *errstr);

void stream_consumer_make_metrics(struct stream_consumer *consumer)
{
    const char *group = consumer->options.group;
    struct metric_family *entries =
        metrics_counter("sharelink_stream_entries_total", "Entries acknowledged by a group.", "group,outcome");
    struct metric_family *lag =
        metrics_gauge("sharelink_stream_lag", "Entries that a group has not been given yet.", "stream,group");
    struct metric_family *pending =
        metrics_gauge("sharelink_stream_pending", "Entries given to a group and not acknowledged.", "stream,group");

    consumer->handled = metrics_series(entries, (const char *const[]){ group, "handled" });
    consumer->malformed = metrics_series(entries, (const char *const[]){ group, "malformed" });
    for (size_t i = 0; i < consumer->source_count; i++) {
        const char *const labels[] = { consumer->sources[i].name, group };
        consumer->sources[i].lag = metrics_series(lag, labels);
        consumer->sources[i].pending = metrics_series(pending, labels);
    }
}

/* Nobody waits for the answers: the read goes out right behind. */
void stream_consumer_ask_gauges(struct stream_consumer *consumer)
{
    int64_t now_us = clock_mono_us();

    if (now_us < consumer->gauges_due_us) {
        return;
    }
    consumer->gauges_due_us = now_us + (int64_t)GAUGES_EVERY_MS * 1000;
    for (size_t i = 0; i < consumer->source_count; i++) {
        redis_call(consumer->redis, 0, take_gauges, &consumer->sources[i], "XINFO", "GROUPS", consumer->sources[i].name, NULL);
    }
}

static void take_gauges(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct stream_source *source = arg;

    if (errstr || redis_kind(reply) != REDIS_ARRAY) {
        return;
    }
    for (size_t i = 0; i < redis_count(reply); i++) {
        const struct redis_value *group = redis_at(reply, i);
        if (!strcmp(redis_text(redis_field(group, "name")), source->consumer->options.group)) {
            /* The lag is NIL when Redis cannot tell, after deletions in the middle. */
            metrics_set(source->lag, (double)redis_integer(redis_field(group, "lag")));
            metrics_set(source->pending, (double)redis_integer(redis_field(group, "pending")));
        }
    }
}
