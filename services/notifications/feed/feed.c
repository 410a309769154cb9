/* feed.c - see the header.
 *
 * One reader per process follows the log's end for all listeners (tail.c), woken by the streams (stream_watch.c). It tells ALL
 * that is committed, in the order of commits. So a listener that has got an event has got everything that was over when that
 * event was written (events.log.horizon): there it can go on (listener.c), in any process.
 *
 * When the log cannot be read for long, all listeners are cut off: they are told so when they come again.
 */
#include "services/notifications/feed/feed.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/daemon/session.h"
#include "services/notifications/feed/find_dead_keys.sql.h"
#include "services/notifications/feed/listener.h"
#include "services/notifications/feed/stream_watch.h"
#include "services/notifications/feed/tail.h"

#define KEYS_EVERY_US (2 * (int64_t)1000000)

enum { TICK_MS = 500 };

struct feed {
    struct daemon *daemon;
    const struct notifications_settings *settings;
    struct metric *refused;
    struct tail *tail;
    struct stream_watch *watch;
    struct listeners listeners;
    struct event *tick;
    int64_t heartbeat_us, keys_checked_us;
    bool checking;
};

static void on_added(void *arg);
static void tell(void *arg, const json_t *event);
static void on_lost(void *arg);
static void on_tick(evutil_socket_t fd, short what, void *arg);
static void check_keys(struct feed *feed);
static void end_dead(void *arg, const struct pg_answer *answer);

struct feed *feed_new(struct daemon *daemon, const struct notifications_settings *settings)
{
    const struct timeval interval = { 0, TICK_MS * 1000 };
    struct feed *feed = mem_alloc(sizeof *feed);

    feed->daemon = daemon;
    feed->settings = settings;
    feed->refused = metrics_only(metrics_counter("sharelink_feed_refused_total",
                                                 "Streams refused because their key or account has as many as it may.", ""));
    feed->heartbeat_us = settings->feed_heartbeat_seconds * 1000000;
    feed->listeners.daemon = daemon;
    feed->listeners.gauge = metrics_only(metrics_gauge("sharelink_feed_listeners", "Clients of GET /v1/events/stream.", ""));
    LIST_INIT(&feed->listeners.list);
    feed->watch = stream_watch_new(daemon, on_added, feed);
    feed->tail = tail_new(daemon, &(struct tail_options){ .tell = tell, .on_lost = on_lost, .arg = feed });
    feed->tick = event_new(daemon->base, -1, EV_PERSIST, on_tick, feed);
    evtimer_add(feed->tick, &interval);
    return feed;
}

bool feed_is_ready(const struct feed *feed)
{
    return tail_is_ready(feed->tail);
}

bool feed_is_behind(const struct feed *feed)
{
    return tail_is_behind(feed->tail);
}

struct next *feed_catch_up(struct feed *feed, struct flow *flow, flow_step *then)
{
    return tail_catch_up(feed->tail, flow, then);
}

const char *feed_crowd(const struct feed *feed, const struct caller *caller)
{
    int64_t of_key = 0, of_account = 0; /* of its kind: recruiters who look at the console take no key's place */

    for (const struct listener *at = LIST_FIRST(&feed->listeners.list); at; at = listener_next(at)) {
        bool is_session = str_starts_with(listener_key_id(at), SESSION_ID_PREFIX);
        if (str_equal(listener_account_id(at), caller->account_id) && is_session == (caller->session != NULL)) {
            of_account++;
            of_key += str_equal(listener_key_id(at), caller->key_id);
        }
    }
    if (caller->session && of_key >= feed->settings->feed_streams_per_session) {
        metrics_add(feed->refused, 1);
        return "This session has as many event streams open as it may have; end one first.";
    }
    if (!caller->session && of_key >= feed->settings->feed_streams_per_key) {
        metrics_add(feed->refused, 1);
        return "This API key has as many event streams open as it may have; end one first.";
    }
    if (of_account >= feed->settings->feed_streams_per_account) {
        metrics_add(feed->refused, 1);
        return caller->session ? "The sessions of this account have as many event streams open as they may have; end one first."
                               : "The API keys of this account have as many event streams open as they may have; end one first.";
    }
    return NULL;
}

struct next *feed_listen(struct feed *feed, struct flow *flow, const struct feed_wish *wish)
{
    return listener_start(&feed->listeners, flow, wish);
}

static void on_added(void *arg)
{
    struct feed *feed = arg;

    tail_note_added(feed->tail, feed->listeners.count > 0);
}

static void tell(void *arg, const json_t *event)
{
    struct feed *feed = arg;

    for (struct listener *listener = LIST_FIRST(&feed->listeners.list); listener; listener = listener_next(listener)) {
        listener_tell(listener, event);
    }
}

static void on_lost(void *arg)
{
    struct feed *feed = arg;

    log_warn("feed.cannot_be_read", LOG_INT("listeners", feed->listeners.count));
    for (struct listener *listener = LIST_FIRST(&feed->listeners.list); listener; listener = listener_next(listener)) {
        listener_cut(listener);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct feed *feed = arg;
    struct listener *next;
    int64_t now_us = clock_mono_us();
    (void)fd;
    (void)what;

    for (struct listener *listener = LIST_FIRST(&feed->listeners.list); listener; listener = next) {
        next = listener_next(listener);
        listener_tick(listener, now_us, feed->heartbeat_us);
    }
    if (now_us - feed->keys_checked_us >= KEYS_EVERY_US) {
        feed->keys_checked_us = now_us;
        check_keys(feed);
    }
}

/* --- keys that are revoked --- */

static void check_keys(struct feed *feed)
{
    struct pg_params params;
    const char *before = "";
    size_t count = 0;

    if (feed->checking || feed->listeners.count == 0) {
        return;
    }
    struct arena *arena = arena_new();
    const char **ids = arena_calloc(arena, (size_t)feed->listeners.count, sizeof *ids);
    for (const struct listener *listener = LIST_FIRST(&feed->listeners.list); listener; listener = listener_next(listener)) {
        if (!str_equal(listener_key_id(listener), before)) { /* most have the key of their neighbour */
            ids[count++] = before = listener_key_id(listener);
        }
    }
    find_dead_keys_params(&params, arena, &(struct find_dead_keys_in){ .key_ids = { ids, count } });
    feed->checking = true;
    pg_send(feed->daemon->pg, &find_dead_keys_statement, &params, end_dead, feed);
    arena_free(arena);
}

static void end_dead(void *arg, const struct pg_answer *answer)
{
    struct feed *feed = arg;
    const char *error;

    feed->checking = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        return;
    }
    struct arena *arena = arena_new();
    struct find_dead_keys_out out = find_dead_keys_read(answer, 0);
    const json_t *dead = json_parse(arena, out.dead, strlen(out.dead), &error);
    for (size_t i = 0; i < json_array_size(dead); i++) {
        for (struct listener *listener = LIST_FIRST(&feed->listeners.list); listener; listener = listener_next(listener)) {
            if (str_equal(listener_key_id(listener), json_string_value(json_array_get(dead, i)))) {
                listener_cut(listener);
            }
        }
    }
    arena_free(arena);
}

/* --- the end --- */

void feed_pause(struct feed *feed)
{
    struct listener *next;

    evtimer_del(feed->tick);
    stream_watch_pause(feed->watch);
    tail_pause(feed->tail);
    for (struct listener *listener = LIST_FIRST(&feed->listeners.list); listener; listener = next) {
        next = listener_next(listener);
        listener_end(listener);
    }
}

bool feed_is_quiet(const struct feed *feed)
{
    return feed->listeners.count == 0 && tail_is_quiet(feed->tail) && !feed->checking;
}

void feed_free(struct feed *feed)
{
    stream_watch_free(feed->watch);
    tail_free(feed->tail);
    event_free(feed->tick);
    free(feed);
}
