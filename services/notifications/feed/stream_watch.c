/* stream_watch.c - see the header. */
#include "services/notifications/feed/stream_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/str.h"
#include "common/redis/stream.h"

enum { BLOCK_MS = 5000 };

struct stream_watch {
    struct redis *redis;
    char last_ids[2][40];
    void (*on_added)(void *arg);
    void *arg;
    bool paused;
};

static void wait_for_streams(void *arg);
static void on_streams(void *arg, const struct redis_value *reply, const char *errstr);

struct stream_watch *stream_watch_new(struct daemon *daemon, void (*on_added)(void *arg), void *arg)
{
    struct stream_watch *watch = mem_alloc(sizeof *watch);

    watch->on_added = on_added;
    watch->arg = arg;
    memcpy(watch->last_ids, (char[2][40]){ "$", "$" }, sizeof watch->last_ids);
    watch->redis = redis_new(daemon->base, &(struct redis_options){
                                               .name = "feed",
                                               .url = daemon->settings->redis_url,
                                               .connect_limit_ms = 3000,
                                               .command_limit_ms = 2000,
                                               .on_ready = wait_for_streams,
                                               .arg = watch,
                                           });
    return watch;
}

static void wait_for_streams(void *arg)
{
    struct stream_watch *watch = arg;

    redis_call(watch->redis, BLOCK_MS, on_streams, watch, "XREAD", "COUNT", "1000", "BLOCK", "5000", "STREAMS", STREAM_LINKS,
               STREAM_VIEWS, watch->last_ids[0], watch->last_ids[1], NULL);
}

static void on_streams(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct stream_watch *watch = arg;

    if (errstr || watch->paused) {
        return; /* on_ready comes when the connection does; meanwhile the tail is read by the clock */
    }
    for (size_t i = 0; i < redis_count(reply); i++) {
        const struct redis_value *entries = redis_at(redis_at(reply, i), 1);
        const struct redis_value *last = redis_at(redis_at(entries, redis_count(entries) - 1), 0);
        if (redis_kind(last) == REDIS_TEXT) {
            bool is_links = str_equal(redis_text(redis_at(redis_at(reply, i), 0)), STREAM_LINKS);
            snprintf(watch->last_ids[is_links ? 0 : 1], sizeof watch->last_ids[0], "%s", redis_text(last));
        }
    }
    if (redis_kind(reply) == REDIS_ARRAY) {
        watch->on_added(watch->arg);
        wait_for_streams(watch);
    } else if (redis_kind(reply) == REDIS_NIL) {
        memcpy(watch->last_ids, (char[2][40]){ "$", "$" }, sizeof watch->last_ids); /* emptied streams begin anew */
        wait_for_streams(watch);
    } else {
        log_warn("feed.streams_refused", LOG_TEXT("error", redis_text(reply)));
        redis_reconnect(watch->redis);
    }
}

void stream_watch_pause(struct stream_watch *watch)
{
    watch->paused = true;
}

void stream_watch_free(struct stream_watch *watch)
{
    redis_free(watch->redis);
    free(watch);
}
