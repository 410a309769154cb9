/* feed.c - see the header.
 *
 * One reader per process follows the log's end for all listeners: woken by the streams, or twice a second without them and
 * while nobody listens. It reads ALL that is committed beyond the point below which the log is complete, in the order of
 * commits, and remembers what of it was told already. So a long transaction somewhere delays nobody, and a listener that has
 * got an event has got everything that was over when that event was written (events.log.horizon): there it can go on, in any
 * process.
 *
 * A listener that goes on reads its account's log up to where that is complete, page by page, then what is committed beyond,
 * then what the tail has brought meanwhile. An event may come twice then, never not at all. Who does not read is cut off.
 */
#include "services/notifications/feed.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/stream.h"

#define KEYS_EVERY_US (2 * (int64_t)1000000)

enum { FIRST_TICK_MS = 20, TICK_MS = 500, BACKLOG_MOST = 256 * 1024, BACKLOG_FULL = 32 * 1024, PAGE = 200, LAST_PAGE = 1000, TAIL = 500, BLOCK_MS = 5000 };

enum listener_state { CATCHING_UP, CATCHING_LAST, LIVE };

struct listener {
    struct feed *feed;
    struct listener *before, *after;
    struct http_stream *stream; /* NULL when the client has gone while we waited for PostgreSQL */
    enum listener_state state;
    bool asking;
    int64_t sent_us;
    char *account_id, *key_id, *type, *share_link_id;
    /* While it catches up: */
    char *after_id, *xid, *event_id, *complete_below;
    struct buf waiting; /* what the tail has brought meanwhile */
};

struct seen {
    char *id;
    uint64_t xid;
};

struct feed {
    struct daemon *daemon;
    struct listener *listeners;
    int count;
    uint64_t complete_below; /* 0: not known yet */
    struct seen *seen;       /* told already, though not below that */
    size_t seen_count, seen_room;
    struct flow_wait **joining; /* the first listeners to be, until it has caught up */
    size_t joining_count;
    bool behind; /* woken, and not read: nobody listened */
    struct redis *wake;
    char last_ids[2][40];
    struct event *tick;
    int64_t heartbeat_us, keys_checked_us;
    bool reading, again, paused, checking;
    struct metric *gauge;
};

static void on_tick(evutil_socket_t fd, short what, void *arg);
static void read_tail(struct feed *feed);
static void take_tail(void *arg, const struct pg_answer *answer);
static void remember(struct feed *feed, const char *id, uint64_t xid);
static void forget_complete(struct feed *feed, uint64_t below);
static void tell(struct feed *feed, const json_t *event);
static void wait_for_streams(void *arg);
static void on_streams(void *arg, const struct redis_value *reply, const char *errstr);
static void let_join(struct feed *feed);
static void catch_up(struct listener *listener);
static void take_history(void *arg, const struct pg_answer *answer);
static void go_live(struct listener *listener);
static void send_event(struct listener *listener, const json_t *event);
static void send_bytes(struct listener *listener, const char *bytes, size_t length);
static void on_closed(void *arg);
static void let_go(struct listener *listener);
static void check_keys(struct feed *feed);
static void end_dead(void *arg, const struct pg_answer *answer);

static const struct pg_statement read_tail_statement = { "read_tail",
#include "services/notifications/read_tail.sql.inc"
};
static const struct pg_statement read_history = { "read_history",
#include "services/notifications/read_history.sql.inc"
};
static const struct pg_statement find_dead_keys = { "find_dead_keys",
#include "services/notifications/find_dead_keys.sql.inc"
};

struct feed *feed_new(struct daemon *daemon, const struct notifications_settings *settings)
{
    const struct timeval interval = { 0, FIRST_TICK_MS * 1000 }; /* until PostgreSQL has told where the log ends */
    struct feed *feed = mem_alloc(sizeof *feed);

    feed->daemon = daemon;
    feed->heartbeat_us = settings->feed_heartbeat_seconds * 1000000;
    feed->gauge = metrics_only(metrics_gauge("sharelink_feed_listeners", "Clients of GET /v1/events/stream.", ""));
    memcpy(feed->last_ids, (char[2][40]){ "$", "$" }, sizeof feed->last_ids);
    feed->wake = redis_new(daemon->base, &(struct redis_options){
                                             .name = "feed",
                                             .url = daemon->settings->redis_url,
                                             .connect_limit_ms = 3000,
                                             .command_limit_ms = 2000,
                                             .on_ready = wait_for_streams,
                                             .arg = feed,
                                         });
    feed->tick = event_new(daemon->base, -1, EV_PERSIST, on_tick, feed);
    evtimer_add(feed->tick, &interval);
    return feed;
}

bool feed_is_ready(const struct feed *feed)
{
    return feed->complete_below != 0 && !feed->paused;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct feed *feed = arg;
    struct listener *next;
    int64_t now_us = clock_mono_us();
    (void)fd;
    (void)what;

    read_tail(feed);
    for (struct listener *listener = feed->listeners; listener; listener = next) {
        next = listener->after;
        if (listener->stream && now_us - listener->sent_us >= feed->heartbeat_us) {
            send_bytes(listener, ":\n\n", 3);
        }
        if (listener->state != LIVE && !listener->asking && http_stream_backlog(listener->stream) < BACKLOG_FULL) {
            catch_up(listener);
        }
    }
    if (now_us - feed->keys_checked_us >= KEYS_EVERY_US) {
        feed->keys_checked_us = now_us;
        check_keys(feed);
    }
}

/* --- the tail --- */

static void read_tail(struct feed *feed)
{
    struct pg_params params;

    feed->again = feed->reading;
    if (feed->reading || feed->paused) {
        return;
    }
    struct arena *arena = arena_new();
    const char **ids = arena_calloc(arena, feed->seen_count, sizeof *ids);
    for (size_t i = 0; i < feed->seen_count; i++) {
        ids[i] = feed->seen[i].id;
    }
    pg_params_init(&params, arena);
    /* Before the first answer: from where nothing is yet. */
    pg_text(&params, arena_printf(arena, "%llu", (unsigned long long)(feed->complete_below ? feed->complete_below : INT64_MAX)));
    pg_text(&params, "");
    pg_text_array(&params, ids, feed->seen_count);
    feed->reading = true;
    pg_send(feed->daemon->pg, &read_tail_statement, &params, take_tail, feed);
    arena_free(arena);
}

static void take_tail(void *arg, const struct pg_answer *answer)
{
    struct feed *feed = arg;
    const char *error;

    feed->reading = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        let_join(feed);
        return; /* the next tick tries again, from the same place */
    }
    struct arena *arena = arena_new();
    const char *text = pg_answer_get(answer, 0, 0);
    const json_t *events = json_parse(arena, text, strlen(text), &error);
    size_t count = json_array_size(events);
    for (size_t i = 0; i < count; i++) {
        const json_t *event = json_array_get(events, i);
        tell(feed, event);
        remember(feed, json_string_value(json_array_get(event, 0)), strtoull(json_string_value(json_array_get(event, 5)), NULL, 10));
    }
    if (feed->complete_below == 0) {
        const struct timeval interval = { 0, TICK_MS * 1000 };
        evtimer_add(feed->tick, &interval);
    }
    if (count < TAIL) { /* all that was there has been told */
        forget_complete(feed, strtoull(pg_answer_get(answer, 0, 1), NULL, 10));
    }
    arena_free(arena);
    if (count == TAIL || feed->again) {
        read_tail(feed);
    } else {
        feed->behind = false;
        let_join(feed);
    }
}

static void remember(struct feed *feed, const char *id, uint64_t xid)
{
    if (feed->seen_count == feed->seen_room) {
        feed->seen_room = feed->seen_room ? 2 * feed->seen_room : 64;
        feed->seen = mem_resize(feed->seen, feed->seen_room * sizeof *feed->seen);
    }
    feed->seen[feed->seen_count++] = (struct seen){ mem_strdup(id), xid };
}

static void forget_complete(struct feed *feed, uint64_t below)
{
    size_t kept = 0;

    for (size_t i = 0; i < feed->seen_count; i++) {
        if (feed->seen[i].xid >= below) {
            feed->seen[kept++] = feed->seen[i];
        } else {
            free(feed->seen[i].id);
        }
    }
    feed->seen_count = kept;
    feed->complete_below = below;
}

static bool wants(const struct listener *listener, const json_t *event)
{
    return str_equal(listener->account_id, json_string_value(json_array_get(event, 2))) &&
           (!listener->type || str_equal(listener->type, json_string_value(json_array_get(event, 1)))) &&
           (!listener->share_link_id || str_equal(listener->share_link_id, json_string_value(json_array_get(event, 3))));
}

static void tell(struct feed *feed, const json_t *event)
{
    for (struct listener *listener = feed->listeners; listener; listener = listener->after) {
        if (wants(listener, event)) {
            send_event(listener, event);
        }
    }
}

/* --- what wakes the tail --- */

static void wait_for_streams(void *arg)
{
    struct feed *feed = arg;

    redis_call(feed->wake, BLOCK_MS, on_streams, feed, "XREAD", "COUNT", "1000", "BLOCK", "5000", "STREAMS", STREAM_LINKS, STREAM_VIEWS,
               feed->last_ids[0], feed->last_ids[1], NULL);
}

/* The entries are a knock at the door, and no more. */
static void on_streams(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct feed *feed = arg;

    if (errstr || feed->paused) {
        return; /* on_ready comes when the connection does; meanwhile the tick reads */
    }
    for (size_t i = 0; i < redis_length(reply) && redis_kind(reply) == REDIS_ARRAY; i++) {
        const struct redis_value *entries = redis_at(redis_at(reply, i), 1);
        const struct redis_value *last = redis_length(entries) ? redis_at(redis_at(entries, redis_length(entries) - 1), 0) : NULL;
        if (redis_kind(last) == REDIS_TEXT) {
            bool is_links = str_equal(redis_text(redis_at(redis_at(reply, i), 0)), STREAM_LINKS);
            snprintf(feed->last_ids[is_links ? 0 : 1], sizeof feed->last_ids[0], "%s", redis_text(last));
        }
    }
    if (redis_kind(reply) == REDIS_ARRAY) {
        if (feed->count > 0 || feed->reading) {
            read_tail(feed);
        } else {
            feed->behind = true;
        }
        wait_for_streams(feed);
    } else if (redis_kind(reply) == REDIS_NIL) {
        memcpy(feed->last_ids, (char[2][40]){ "$", "$" }, sizeof feed->last_ids); /* emptied streams begin anew */
        wait_for_streams(feed);
    } else {
        log_warn("feed.streams_refused", LOG_TEXT("error", redis_text(reply)));
        redis_reconnect(feed->wake);
    }
}

/* --- a listener --- */

bool feed_is_behind(const struct feed *feed)
{
    return feed->behind;
}

struct next *feed_catch_up(struct feed *feed, struct flow *flow, flow_step *then)
{
    feed->joining = mem_resize(feed->joining, (feed->joining_count + 1) * sizeof(struct flow_wait *));
    feed->joining[feed->joining_count++] = flow_wait_begin(flow, then);
    feed->behind = true; /* what is committed by now may not have knocked yet */
    read_tail(feed);
    return flow_waiting();
}

/* Their steps may join again, when it is behind again. */
static void let_join(struct feed *feed)
{
    struct flow_wait **joining = feed->joining;
    size_t count = feed->joining_count;

    feed->joining = NULL;
    feed->joining_count = 0;
    for (size_t i = 0; i < count; i++) {
        flow_wait_end(joining[i], NULL);
    }
    free(joining);
}

struct next *feed_listen(struct feed *feed, struct flow *flow, const struct feed_wish *wish)
{
    static const char hello[] = "retry: 2000\n\n";
    struct listener *listener = mem_alloc(sizeof *listener);
    const struct caller *caller = caller_of(flow);

    *listener = (struct listener){
        .feed = feed,
        .state = wish->after_id ? CATCHING_UP : LIVE,
        .account_id = mem_strdup(caller->account_id),
        .key_id = mem_strdup(caller->key_id),
        .type = mem_strdup(wish->type),
        .share_link_id = mem_strdup(wish->share_link_id),
        .after_id = mem_strdup(wish->after_id),
        .xid = mem_strdup(wish->xid),
        .event_id = mem_strdup(wish->after_id ? "" : NULL),
        .complete_below = mem_strdup(wish->complete_below),
        .after = feed->listeners,
    };
    if (feed->listeners) {
        feed->listeners->before = listener;
    }
    feed->listeners = listener;
    metrics_set(feed->gauge, ++feed->count);
    http_set_header(flow, "X-Accel-Buffering", "no"); /* nginx passes each event on at once */
    struct next *next = http_stream_start(flow, "text/event-stream", on_closed, listener, &listener->stream);
    if (!listener->stream) {
        let_go(listener);
        return next;
    }
    send_bytes(listener, hello, sizeof hello - 1);
    if (listener->state != LIVE) {
        catch_up(listener);
    }
    return next;
}

static void catch_up(struct listener *listener)
{
    struct feed *feed = listener->feed;
    struct pg_params params;
    bool is_last = listener->state == CATCHING_LAST;

    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    pg_text(&params, listener->account_id);
    pg_text(&params, listener->xid);
    pg_text(&params, listener->event_id);
    pg_text(&params, is_last ? NULL : listener->complete_below);
    pg_text(&params, listener->after_id);
    pg_int(&params, is_last ? LAST_PAGE : PAGE);
    listener->asking = true;
    pg_send(feed->daemon->pg, &read_history, &params, take_history, listener);
    arena_free(arena);
}

static void take_history(void *arg, const struct pg_answer *answer)
{
    struct listener *listener = arg;
    enum listener_state asked = listener->state;
    const char *error;

    listener->asking = false;
    if (!listener->stream) {
        let_go(listener);
        return;
    }
    if (pg_answer_outcome(answer) != PG_OK) {
        return; /* the next tick asks again */
    }
    struct arena *arena = arena_new();
    const char *text = pg_answer_get(answer, 0, 0);
    const json_t *events = json_parse(arena, text, strlen(text), &error), *last = NULL;
    size_t count = json_array_size(events);
    listener->state = LIVE; /* so that these are sent at once */
    for (size_t i = 0; i < count && listener->stream; i++) {
        last = json_array_get(events, i);
        if (wants(listener, last)) {
            send_event(listener, last);
        }
    }
    listener->state = asked;
    if (last) {
        free(listener->xid);
        free(listener->event_id);
        listener->xid = mem_strdup(json_string_value(json_array_get(last, 5)));
        listener->event_id = mem_strdup(json_string_value(json_array_get(last, 0)));
    }
    arena_free(arena);
    if (asked == CATCHING_UP) {
        listener->state = count < PAGE ? CATCHING_LAST : CATCHING_UP;
        if (http_stream_backlog(listener->stream) < BACKLOG_FULL) {
            catch_up(listener);
        }
    } else if (count < LAST_PAGE) {
        go_live(listener);
    } else {
        http_stream_abort(listener->stream); /* too much happens at this moment: it comes again, from here */
    }
}

static void go_live(struct listener *listener)
{
    struct buf waiting = listener->waiting;

    listener->waiting = (struct buf){ 0 };
    listener->state = LIVE;
    if (waiting.length) {
        send_bytes(listener, waiting.data, waiting.length);
    }
    buf_clear(&waiting);
    free(listener->xid);
    free(listener->event_id);
    free(listener->after_id);
    free(listener->complete_below);
    listener->xid = listener->event_id = listener->after_id = listener->complete_below = NULL;
}

static void send_event(struct listener *listener, const json_t *event)
{
    struct buf text = { 0 };

    buf_printf(&text, "id: %s\nevent: %s\ndata: %s\n\n", json_string_value(json_array_get(event, 0)),
               json_string_value(json_array_get(event, 1)), json_string_value(json_array_get(event, 4)));
    if (listener->state == LIVE) {
        send_bytes(listener, text.data, text.length);
    } else if (listener->waiting.length < BACKLOG_MOST) {
        buf_add(&listener->waiting, text.data, text.length);
    } else if (listener->stream) {
        http_stream_abort(listener->stream);
    }
    buf_clear(&text);
}

static void send_bytes(struct listener *listener, const char *bytes, size_t length)
{
    if (!listener->stream) {
        return;
    }
    if (http_stream_backlog(listener->stream) > BACKLOG_MOST) {
        log_info("feed.slow_listener_cut", LOG_TEXT("key_id", listener->key_id));
        http_stream_abort(listener->stream);
        return;
    }
    http_stream_send(listener->stream, bytes, length);
    listener->sent_us = clock_mono_us();
}

static void on_closed(void *arg)
{
    struct listener *listener = arg;

    listener->stream = NULL;
    if (!listener->asking) {
        let_go(listener);
    }
}

static void let_go(struct listener *listener)
{
    struct feed *feed = listener->feed;

    if (listener->before) {
        listener->before->after = listener->after;
    } else {
        feed->listeners = listener->after;
    }
    if (listener->after) {
        listener->after->before = listener->before;
    }
    metrics_set(feed->gauge, --feed->count);
    buf_clear(&listener->waiting);
    free(listener->account_id);
    free(listener->key_id);
    free(listener->type);
    free(listener->share_link_id);
    free(listener->after_id);
    free(listener->xid);
    free(listener->event_id);
    free(listener->complete_below);
    free(listener);
}

/* --- keys that are revoked --- */

static void check_keys(struct feed *feed)
{
    struct pg_params params;
    const char *before = "";
    size_t count = 0;

    if (feed->checking || feed->count == 0) {
        return;
    }
    struct arena *arena = arena_new();
    const char **ids = arena_calloc(arena, (size_t)feed->count, sizeof *ids);
    for (const struct listener *listener = feed->listeners; listener; listener = listener->after) {
        if (!str_equal(listener->key_id, before)) { /* most have the key of their neighbour */
            ids[count++] = before = listener->key_id;
        }
    }
    pg_params_init(&params, arena);
    pg_text_array(&params, ids, count);
    feed->checking = true;
    pg_send(feed->daemon->pg, &find_dead_keys, &params, end_dead, feed);
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
    const char *text = pg_answer_get(answer, 0, 0);
    const json_t *dead = json_parse(arena, text, strlen(text), &error);
    for (size_t i = 0; i < json_array_size(dead); i++) {
        for (struct listener *listener = feed->listeners; listener; listener = listener->after) {
            if (listener->stream && str_equal(listener->key_id, json_string_value(json_array_get(dead, i)))) {
                http_stream_abort(listener->stream);
            }
        }
    }
    arena_free(arena);
}

/* --- the end --- */

void feed_pause(struct feed *feed)
{
    struct listener *next;

    feed->paused = true;
    evtimer_del(feed->tick);
    let_join(feed);
    for (struct listener *listener = feed->listeners; listener; listener = next) {
        next = listener->after;
        if (listener->stream) {
            http_stream_end(listener->stream);
            on_closed(listener);
        }
    }
}

bool feed_is_quiet(const struct feed *feed)
{
    return feed->count == 0 && !feed->reading && !feed->checking;
}

void feed_free(struct feed *feed)
{
    redis_free(feed->wake);
    event_free(feed->tick);
    forget_complete(feed, UINT64_MAX);
    free(feed->seen);
    free(feed);
}
