/* listener.c - see the header. */
#include "services/notifications/feed/listener.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/daemon/api_key.h"
#include "common/http/http.h"
#include "common/pg/pg.h"
#include "services/notifications/feed/feed.h"
#include "services/notifications/feed/read_history.sql.h"
#include "services/notifications/feed/round.h"

#define TAKES_WITHIN_US (2 * (int64_t)1000000)  /* a live listener, what is beyond BACKLOG_MAX */
#define STUCK_MOST_US   (30 * (int64_t)1000000) /* one that catches up */

/* A page is bounded by its statement, so what is put out for a listener in one turn is, too. */
enum { BACKLOG_MAX = 256 * 1024, BACKLOG_FULL = 32 * 1024, BACKLOG_LIMIT = 4 * 1024 * 1024 };

enum listener_state { CATCHING_UP, LIVE };

struct listener {
    struct listeners *listeners;
    LIST_ENTRY(listener) others;
    struct http_stream *stream; /* NULL when the client has gone while we waited for PostgreSQL */
    enum listener_state state;
    bool asking, cut;
    int64_t sent_us, took_us; /* when its client was seen to take all, or when it catches up, anything */
    size_t least_backlog;     /* since took_us */
    char *account_id, *key_id, *types, *share_link_id, *owner_email;
    /* While it catches up: */
    char *after_id;
    struct round round;
    struct buf waiting; /* what the tail has brought meanwhile */
    bool missed;        /* that was too much: another round brings it */
};

static void catch_up(struct listener *listener);
static void ask_history(struct listener *listener);
static void take_history(void *arg, const struct pg_answer *answer);
static void go_live(struct listener *listener);
static bool wants(const struct listener *listener, const json_t *event);
static bool is_among(const char *types, const char *type);
static void put_out(struct listener *listener, const json_t *event);
static void print_event(struct buf *to, const json_t *event);
static void send_bytes(struct listener *listener, const char *bytes, size_t length);
static void cut_if_slow(struct listener *listener, int64_t now_us);
static bool is_slow(struct listener *listener, int64_t now_us);
static void on_drained(void *arg);
static void on_closed(void *arg);
static void let_go(struct listener *listener);

struct listener *listener_next(const struct listener *listener)
{
    return LIST_NEXT(listener, others);
}

const char *listener_key_id(const struct listener *listener)
{
    return listener->key_id;
}

const char *listener_account_id(const struct listener *listener)
{
    return listener->account_id;
}

struct next *listener_start(struct listeners *listeners, struct flow *flow, const struct feed_wish *wish)
{
    static const char hello[] = "retry: 2000\n\n";
    struct listener *listener = mem_alloc(sizeof *listener);
    const struct caller *caller = caller_of(flow);

    *listener = (struct listener){
        .listeners = listeners,
        .state = wish->after_id ? CATCHING_UP : LIVE,
        .took_us = clock_mono_us(),
        .account_id = mem_strdup(caller->account_id),
        .key_id = mem_strdup(caller->key_id),
        .types = mem_strdup(wish->types),
        .share_link_id = mem_strdup(wish->share_link_id),
        .owner_email = mem_strdup(wish->owner_email),
        .after_id = mem_strdup(wish->after_id),
        .round = { .xid = mem_strdup(wish->xid) },
    };
    LIST_INSERT_HEAD(&listeners->list, listener, others);
    metrics_set(listeners->gauge, ++listeners->count);
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

void listener_tick(struct listener *listener, int64_t now_us, int64_t heartbeat_us)
{
    if (listener->stream && now_us - listener->sent_us >= heartbeat_us) {
        send_bytes(listener, ":\n\n", 3);
    }
    if (listener->state != LIVE && listener->stream) {
        cut_if_slow(listener, now_us);
        catch_up(listener);
    }
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
    struct read_history_in in = {
        .account_id = listener->account_id,
        /* A later round begins where a snapshot does: at its xmin. */
        .xid = round->xid ? round->xid : arena_printf(arena, "%.*s", (int)strcspn(round->told, ":"), round->told),
        .event_id = round->event_id ? round->event_id : "",
        .after_id = listener->after_id,
        .told = round->told,
        .upto = round->upto,
    };
    read_history_params(&params, arena, &in);
    listener->asking = true;
    pg_send(listener->listeners->daemon->pg, &read_history_statement, &params, take_history, listener);
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
    struct read_history_out out = read_history_read(answer, 0);
    const json_t *events = json_parse(arena, out.events, strlen(out.events), &error);
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        if (wants(listener, event)) {
            put_out(listener, event);
        }
    }
    round_advance(&listener->round, events, out.snapshot);
    arena_free(arena);
    listener->took_us = clock_mono_us();
    listener->least_backlog = http_stream_backlog(listener->stream);
    if (out.has_more) {
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

static bool wants(const struct listener *listener, const json_t *event)
{
    return str_equal(listener->account_id, json_string_value(json_array_get(event, 2))) &&
           (!listener->types || is_among(listener->types, json_string_value(json_array_get(event, 1)))) &&
           (!listener->share_link_id || str_equal(listener->share_link_id, json_string_value(json_array_get(event, 3)))) &&
           (!listener->owner_email || str_equal(listener->owner_email, json_string_value(json_array_get(event, 6))));
}

static bool is_among(const char *types, const char *type)
{
    size_t length = strlen(type);

    for (const char *at = types; *at; at += strcspn(at, " ") + 1) {
        if (strncmp(at, type, length) == 0 && at[length] == ' ') {
            return true;
        }
    }
    return false;
}

void listener_tell(struct listener *listener, const json_t *event)
{
    if (!wants(listener, event)) {
        return;
    }
    if (listener->state == LIVE) {
        put_out(listener, event);
    } else if (!listener->missed) {
        print_event(&listener->waiting, event);
        if (listener->waiting.length > BACKLOG_MAX) {
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
        listener_cut(listener);
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
    return backlog > BACKLOG_LIMIT || (backlog > BACKLOG_MAX && now_us - listener->took_us > TAKES_WITHIN_US);
}

void listener_cut(struct listener *listener)
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

void listener_end(struct listener *listener)
{
    if (listener->stream) {
        http_stream_end(listener->stream);
        on_closed(listener);
    }
}

static void let_go(struct listener *listener)
{
    struct listeners *listeners = listener->listeners;

    LIST_REMOVE(listener, others);
    metrics_set(listeners->gauge, --listeners->count);
    buf_clear(&listener->waiting);
    free(listener->account_id);
    free(listener->key_id);
    free(listener->types);
    free(listener->share_link_id);
    free(listener->owner_email);
    free(listener->after_id);
    round_clear(&listener->round);
    free(listener);
}
