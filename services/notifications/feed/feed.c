/* feed.c - see the header.
 *
 * One reader per process follows the log's end for all listeners: woken by the streams, or twice a second without them and
 * while nobody listens. Each round tells ALL that is committed in its snapshot and was not in the last round's, in the order of
 * commits. So a long transaction somewhere delays nobody, and a listener that has got an event has got everything that was over
 * when that event was written (events.log.horizon): there it can go on, in any process.
 *
 * A listener that goes on reads its account's log in the same manner, page by page as its client takes them, and then what the
 * tail has brought meanwhile; when that was too much to keep, another round. An event may come twice then, never not at all.
 * Who does not read is cut off. When the log cannot be read for long, all are: they are told so when they come again.
 */
#include "services/notifications/feed/feed.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/data/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/redis/stream.h"

#define KEYS_EVERY_US (2 * (int64_t)1000000)
#define FAILING_MOST_US (10 * (int64_t)1000000)
#define TAKES_WITHIN_US (2 * (int64_t)1000000)  /* a live listener, what is beyond BACKLOG_MOST */
#define STUCK_MOST_US (30 * (int64_t)1000000)   /* one that catches up */

/* A page is bounded by its statement, so what is put out for a listener in one turn is, too. */
enum { FIRST_TICK_MS = 20, TICK_MS = 500, BACKLOG_MOST = 256 * 1024, BACKLOG_FULL = 32 * 1024, BACKLOG_LIMIT = 4 * 1024 * 1024, BLOCK_MS = 5000 };

enum listener_state { CATCHING_UP, LIVE };

/* How far a round has come: it tells what is in `upto` and was not in `told`. */
struct round {
    char *told, *upto;    /* snapshots; NULL: none yet, now */
    char *xid, *event_id; /* the last that was told of it */
};

struct listener {
    struct feed *feed;
    struct listener *before, *after;
    struct http_stream *stream; /* NULL when the client has gone while we waited for PostgreSQL */
    enum listener_state state;
    bool asking, cut;
    int64_t sent_us, took_us; /* when its client was seen to take all, or when it catches up, anything */
    size_t least_backlog;     /* since took_us */
    char *account_id, *key_id, *type, *share_link_id;
    /* While it catches up: */
    char *after_id;
    struct round round;
    struct buf waiting; /* what the tail has brought meanwhile */
    bool missed;        /* that was too much: another round brings it */
};

struct feed {
    struct daemon *daemon;
    struct listener *listeners;
    int count;
    struct round round; /* told: NULL until the log's end is known */
    struct flow_wait **joining; /* the first listeners to be, until it has caught up */
    size_t joining_count;
    bool behind; /* woken, and not read: nobody listened */
    struct redis *wake;
    char last_ids[2][40];
    struct event *tick;
    int64_t heartbeat_us, keys_checked_us, failing_since_us;
    bool reading, again, paused, checking;
    struct metric *gauge;
};

static void on_tick(evutil_socket_t fd, short what, void *arg);
static void read_tail(struct feed *feed);
static void ask_tail(struct feed *feed);
static void take_tail(void *arg, const struct pg_answer *answer);
static void tell(struct feed *feed, const json_t *event);
static void note_failure(struct feed *feed);
static void round_advance(struct round *round, const json_t *events, const char *snapshot);
static void round_end(struct round *round);
static void round_clear(struct round *round);
static void wait_for_streams(void *arg);
static void on_streams(void *arg, const struct redis_value *reply, const char *errstr);
static void let_join(struct feed *feed);
static void catch_up(struct listener *listener);
static void ask_history(struct listener *listener);
static void take_history(void *arg, const struct pg_answer *answer);
static void go_live(struct listener *listener);
static void send_event(struct listener *listener, const json_t *event);
static void put_out(struct listener *listener, const json_t *event);
static void print_event(struct buf *to, const json_t *event);
static void send_bytes(struct listener *listener, const char *bytes, size_t length);
static void cut_if_slow(struct listener *listener, int64_t now_us);
static bool is_slow(struct listener *listener, int64_t now_us);
static void cut(struct listener *listener);
static void on_drained(void *arg);
static void on_closed(void *arg);
static void let_go(struct listener *listener);
static void check_keys(struct feed *feed);
static void end_dead(void *arg, const struct pg_answer *answer);

static const struct pg_statement read_tail_statement = { .name = "read_tail", .sql =
#include "services/notifications/feed/read_tail.sql.inc"
};
static const struct pg_statement read_history = { .name = "read_history", .sql =
#include "services/notifications/feed/read_history.sql.inc"
};
static const struct pg_statement find_dead_keys = { .name = "find_dead_keys", .sql =
#include "services/notifications/feed/find_dead_keys.sql.inc"
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
    return feed->round.told && !feed->paused;
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
        if (listener->state != LIVE && listener->stream) {
            cut_if_slow(listener, now_us);
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
    /* A round tells nothing that was committed since it began. */
    feed->again = feed->reading || feed->round.upto;
    if (!feed->reading) {
        ask_tail(feed);
    }
}

static void ask_tail(struct feed *feed)
{
    struct pg_params params;

    if (feed->paused) {
        return;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    pg_text(&params, feed->round.told);
    pg_text(&params, feed->round.upto);
    pg_text(&params, feed->round.xid ? feed->round.xid : "0");
    pg_text(&params, feed->round.event_id ? feed->round.event_id : "");
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
        note_failure(feed);
        let_join(feed);
        return; /* the next tick tries again, from the same place */
    }
    feed->failing_since_us = 0;
    struct arena *arena = arena_new();
    const char *text = pg_answer_get(answer, 0, 0);
    const json_t *events = json_parse(arena, text, strlen(text), &error);
    for (size_t i = 0; i < json_array_size(events); i++) {
        tell(feed, json_array_get(events, i));
    }
    if (!feed->round.told) {
        const struct timeval interval = { 0, TICK_MS * 1000 };
        evtimer_add(feed->tick, &interval);
    }
    round_advance(&feed->round, events, pg_answer_get(answer, 0, 2));
    arena_free(arena);
    if (str_equal(pg_answer_get(answer, 0, 1), "t")) {
        ask_tail(feed);
        return;
    }
    round_end(&feed->round);
    if (feed->again) {
        read_tail(feed);
    } else {
        feed->behind = false;
        let_join(feed);
    }
}

/* Silence must not pass for quiet: who comes again hears that it cannot be read, or goes on when it can. */
static void note_failure(struct feed *feed)
{
    int64_t now_us = clock_mono_us();

    feed->failing_since_us = feed->failing_since_us ? feed->failing_since_us : now_us;
    if (!feed->round.told || now_us - feed->failing_since_us < FAILING_MOST_US) {
        return;
    }
    log_warn("feed.cannot_be_read", LOG_INT("listeners", feed->count));
    for (struct listener *listener = feed->listeners; listener; listener = listener->after) {
        cut(listener);
    }
    round_clear(&feed->round);
}

static void round_advance(struct round *round, const json_t *events, const char *snapshot)
{
    const json_t *last = json_array_get(events, json_array_size(events) - 1);

    round->upto = round->upto ? round->upto : mem_strdup(snapshot);
    if (last) {
        free(round->xid);
        free(round->event_id);
        round->xid = mem_strdup(json_string_value(json_array_get(last, 5)));
        round->event_id = mem_strdup(json_string_value(json_array_get(last, 0)));
    }
}

static void round_end(struct round *round)
{
    struct round next = { .told = round->upto };

    round->upto = NULL;
    round_clear(round);
    *round = next;
}

static void round_clear(struct round *round)
{
    free(round->told);
    free(round->upto);
    free(round->xid);
    free(round->event_id);
    *round = (struct round){ 0 };
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
        .took_us = clock_mono_us(),
        .account_id = mem_strdup(caller->account_id),
        .key_id = mem_strdup(caller->key_id),
        .type = mem_strdup(wish->type),
        .share_link_id = mem_strdup(wish->share_link_id),
        .after_id = mem_strdup(wish->after_id),
        .round = { .xid = mem_strdup(wish->xid) },
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
    http_stream_on_drained(listener->stream, on_drained);
    send_bytes(listener, hello, sizeof hello - 1);
    catch_up(listener);
    return next;
}

/* One page at a time, when the client has taken the last. */
static void catch_up(struct listener *listener)
{
    if (listener->state != LIVE && !listener->asking && !listener->cut && http_stream_backlog(listener->stream) < BACKLOG_FULL) {
        ask_history(listener);
    }
}

static void ask_history(struct listener *listener)
{
    const struct round *round = &listener->round;
    struct pg_params params;

    if (!round->upto) { /* it begins: what was told before now is in it */
        buf_clear(&listener->waiting);
        listener->missed = false;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    pg_text(&params, listener->account_id);
    /* A later round begins where a snapshot does: at its xmin. */
    pg_text(&params, round->xid ? round->xid : arena_printf(arena, "%.*s", (int)strcspn(round->told, ":"), round->told));
    pg_text(&params, round->event_id ? round->event_id : "");
    pg_text(&params, listener->after_id);
    pg_text(&params, round->told);
    pg_text(&params, round->upto);
    listener->asking = true;
    pg_send(listener->feed->daemon->pg, &read_history, &params, take_history, listener);
    arena_free(arena);
}

static void take_history(void *arg, const struct pg_answer *answer)
{
    struct listener *listener = arg;
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
    const json_t *events = json_parse(arena, text, strlen(text), &error);
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        if (wants(listener, event)) {
            put_out(listener, event);
        }
    }
    round_advance(&listener->round, events, pg_answer_get(answer, 0, 2));
    arena_free(arena);
    listener->took_us = clock_mono_us();
    listener->least_backlog = http_stream_backlog(listener->stream);
    if (str_equal(pg_answer_get(answer, 0, 1), "t")) {
        catch_up(listener);
    } else if (listener->missed) {
        round_end(&listener->round);
        catch_up(listener);
    } else {
        go_live(listener);
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
    round_clear(&listener->round);
    free(listener->after_id);
    listener->after_id = NULL;
}

static void send_event(struct listener *listener, const json_t *event)
{
    if (listener->state == LIVE) {
        put_out(listener, event);
    } else if (!listener->missed) {
        print_event(&listener->waiting, event);
        if (listener->waiting.length > BACKLOG_MOST) {
            buf_clear(&listener->waiting);
            listener->missed = true;
        }
    }
}

static void put_out(struct listener *listener, const json_t *event)
{
    struct buf text = { 0 };

    print_event(&text, event);
    send_bytes(listener, text.data, text.length);
    buf_clear(&text);
}

static void print_event(struct buf *to, const json_t *event)
{
    buf_printf(to, "id: %s\nevent: %s\ndata: %s\n\n", json_string_value(json_array_get(event, 0)),
               json_string_value(json_array_get(event, 1)), json_string_value(json_array_get(event, 4)));
}

static void send_bytes(struct listener *listener, const char *bytes, size_t length)
{
    int64_t now_us = clock_mono_us();

    if (!listener->stream || listener->cut) {
        return;
    }
    if (listener->state == LIVE) {
        cut_if_slow(listener, now_us);
    }
    if (!listener->cut) {
        http_stream_send(listener->stream, bytes, length);
        listener->sent_us = now_us;
    }
}

static void cut_if_slow(struct listener *listener, int64_t now_us)
{
    if (!listener->cut && is_slow(listener, now_us)) {
        log_info("feed.slow_listener_cut", LOG_TEXT("key_id", listener->key_id));
        cut(listener);
    }
}

/* What is put out in one turn of the loop says nothing of the client: the socket could not be written meanwhile. */
static bool is_slow(struct listener *listener, int64_t now_us)
{
    size_t backlog = http_stream_backlog(listener->stream);

    if (backlog == 0 || (listener->state != LIVE && backlog < listener->least_backlog)) {
        listener->took_us = now_us;
        listener->least_backlog = backlog;
        return false;
    }
    if (listener->state != LIVE) {
        return now_us - listener->took_us > STUCK_MOST_US;
    }
    return backlog > BACKLOG_LIMIT || (backlog > BACKLOG_MOST && now_us - listener->took_us > TAKES_WITHIN_US);
}

static void cut(struct listener *listener)
{
    if (listener->stream && !listener->cut) {
        listener->cut = true;
        http_stream_abort(listener->stream);
    }
}

static void on_drained(void *arg)
{
    struct listener *listener = arg;

    listener->took_us = clock_mono_us();
    listener->least_backlog = 0;
    catch_up(listener);
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
    round_clear(&listener->round);
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
            if (str_equal(listener->key_id, json_string_value(json_array_get(dead, i)))) {
                cut(listener);
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
    round_clear(&feed->round);
    free(feed);
}
