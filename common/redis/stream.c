/* stream.c - adding events to Redis streams: fire and forget, counted. */
#include "common/redis/stream.h"

#include <string.h>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/redis/redis.h"

#define LENGTH_MAX  "100000"
#define STREAMS_MAX 8

/* One per stream that this process adds to. */
struct added {
    char *stream;
    struct metric *ok, *failed;
    bool is_failing;
};

static struct added added[STREAMS_MAX];

static struct added *find_added(const char *stream)
{
    int i = 0;

    while (i < STREAMS_MAX - 1 && added[i].stream && strcmp(added[i].stream, stream) != 0) {
        i++;
    }
    if (!added[i].stream) {
        const char *const ok[] = { stream, "ok" }, *const failed[] = { stream, "failed" };
        struct metric_family *family = metrics_counter(
            "sharelink_stream_added_total", "Events added to a stream; what failed is handed on by the sweep.", "stream,outcome");
        added[i].stream = mem_strdup(stream);
        added[i].ok = metrics_series(family, ok);
        added[i].failed = metrics_series(family, failed);
    }
    return &added[i];
}

/* A line when it begins to fail and when that is over; the counter has the rest. */
static void take_added(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct added *stream = arg;
    bool has_failed = errstr || redis_kind(reply) == REDIS_ERROR;

    metrics_add(has_failed ? stream->failed : stream->ok, 1);
    if (has_failed && !stream->is_failing) {
        log_warn("stream.add_failed", LOG_TEXT("stream", stream->stream),
                 LOG_TEXT("reason", errstr ? errstr : redis_text(reply)));
    } else if (!has_failed && stream->is_failing) {
        log_info("stream.add_recovered", LOG_TEXT("stream", stream->stream));
    }
    stream->is_failing = has_failed;
}

void stream_add(struct redis *redis, const char *stream, const char *type, const char *cloud_event)
{
    redis_call(redis, 0, take_added, find_added(stream), "XADD", stream, "MAXLEN", "~", LENGTH_MAX, "*", "type", type, "ce",
               cloud_event, NULL);
}
