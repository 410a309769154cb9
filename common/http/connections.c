/* connections.c - the registry of an HTTP server's connections, see connections.h.
 *
 * evhttp owns its connections and tells nobody when one ends before its first request. So the registry holds a
 * reference to each bufferevent and looks four times a second: one whose callbacks are gone was freed by evhttp, one
 * beyond its deadline is shut down (evhttp then sees the end of the stream and frees it).
 */
#include "common/http/connections_internal.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/loop/timer.h"

#define SWEEP_INTERVAL_MS 250

static const char *const state_names[] = { "idle", "reading", "pending", "refused", "writing", "streaming" };

static void show_count(const struct http_connections *connections);
static void input_changed(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg);
static void output_changed(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg);
static bool is_writing(enum connection_state state);
static void sweep(evutil_socket_t fd, short what, void *arg);
static void look_after(struct http_connection *connection, int64_t now_us);
static bool gets_more_time(struct http_connection *connection, int64_t now_us);
static void end_overdue(struct http_connection *connection);
static void forget(struct http_connection *connection);
static struct http_connection **bucket_of(struct http_connections *connections, const struct bufferevent *bev);

struct http_connections *http_connections_new(struct event_base *base, const struct http_connections_options *options)
{
    struct http_connections *connections = mem_alloc(sizeof *connections);
    struct metric_family *ended =
        metrics_counter("sharelink_http_connections_ended_total",
                        "HTTP connections that were ended before their client did, by reason.", "reason");
    size_t buckets = 64;

    while (buckets < (size_t)options->most) {
        buckets *= 2;
    }
    connections->options = *options;
    connections->base = base;
    connections->buckets = mem_alloc(buckets * sizeof(struct http_connection *));
    connections->bucket_mask = buckets - 1;
    connections->silent = metrics_series(ended, (const char *const[]){ "silent" });
    connections->overdue = metrics_series(ended, (const char *const[]){ "overdue" });
    connections->displaced = metrics_series(ended, (const char *const[]){ "displaced" });
    connections->stalled = metrics_series(ended, (const char *const[]){ "stalled" });
    connections->crowding = metrics_series(ended, (const char *const[]){ "crowding" });
    connections->refused = metrics_only(metrics_counter(
        "sharelink_http_answers_refused_total", "Big answers that were not given: too much waits to be read already.", ""));
    connections->sweep = timer_every(base, SWEEP_INTERVAL_MS, sweep, connections);
    connections->sweep_soon = evtimer_new(base, sweep, connections);
    if (!connections->sweep_soon) {
        abort();
    }
    connections_refusal_setup(connections);
    connections_room_setup(connections);
    return connections;
}

void http_connections_free(struct http_connections *connections)
{
    connections->listener = NULL;
    while (connections->all) {
        forget(connections->all);
    }
    connections_room_free(connections);
    connections_refusal_free(connections);
    event_free(connections->sweep);
    event_free(connections->sweep_soon);
    free(connections->buckets);
    free(connections);
}

struct bufferevent *http_connections_open(struct event_base *base, void *arg)
{
    struct http_connections *connections = arg;
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (!bev) {
        return NULL;
    }
    struct http_connection *connection = mem_alloc(sizeof *connection);

    bufferevent_incref(bev);
    connection->owner = connections;
    connection->bev = bev;
    /* What evhttp's own limits let pass must not fill the memory. */
    bufferevent_setwatermark(bev, EV_READ, 0, connection_unread_max(connection));
    connection->on_input = evbuffer_add_cb(bufferevent_get_input(bev), input_changed, connection);
    connection->on_output = evbuffer_add_cb(bufferevent_get_output(bev), output_changed, connection);
    int64_t silent_us = (int64_t)connections->options.first_byte_limit_ms * 1000;
    connection->deadline_us = silent_us ? clock_mono_us() + silent_us : INT64_MAX;
    connection->number = ++connections->opened;
    connection->queue = IN_NO_QUEUE;

    connection->next = connections->all;
    connection->link = &connections->all;
    if (connections->all) {
        connections->all->link = &connection->next;
    }
    connections->all = connection;
    struct http_connection **bucket = bucket_of(connections, bev);
    connection->next_in_bucket = *bucket;
    *bucket = connection;

    connections->count++;
    show_count(connections);
    connection_queue_up(connection);
    connections_make_room(connections);
    return bev;
}

static void show_count(const struct http_connections *connections)
{
    if (connections->options.gauge) {
        metrics_set(connections->options.gauge, connections->count);
    }
}

/* Marks the first byte of a request. */
static void input_changed(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_connection *connection = arg;

    if (info->n_added == 0) {
        return;
    }
    if (connection->state == IDLE) {
        connection_move(connection, READING);
    }
    if (connection->state == READING) {
        connection_look_at(connection, input, info->n_added);
        connection_has_sent(connection, info->n_added);
    }
}

/* Output while no request is ours is evhttp's own. */
static void output_changed(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_connection *connection = arg;
    (void)output;

    connection->written += info->n_deleted;
    if (info->n_deleted > 0 && (connection->held || connection->shared)) {
        connection->took_us = clock_mono_us();
    }
    bool is_reworded = connection->linger_until_us != 0;
    if (info->n_added > 0 && info->orig_size == 0 && !is_reworded &&
        (connection->state == IDLE || connection->state == READING)) {
        connection_noticed_output(connection);
    }
}

int http_connection_got_request(struct http_connection *connection)
{
    connection->requests++;
    connection_move(connection, PENDING);
    connection_look_anew(connection);
    return connection->requests;
}

void http_connection_got_reply(struct http_connection *connection)
{
    connection_move(connection, WRITING);
    /* evhttp reads on while it writes, and takes the end of what a half-closing client sends for the end of all, so
     * that its reply is lost. It turns reading on again for the next request. */
    bufferevent_disable(connection->bev, EV_READ);
}

void http_connection_streams(struct http_connection *connection)
{
    const unsigned unacknowledged_ms = 60000;

    connection_move(connection, STREAMING);
    setsockopt(bufferevent_getfd(connection->bev), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
    bufferevent_set_timeouts(connection->bev, NULL, NULL); /* evhttp's own would cut a quiet stream */
}

void http_connection_wrote_reply(struct http_connection *connection)
{
    bool pipelined = evbuffer_get_length(bufferevent_get_input(connection->bev)) > 0;

    connection_has_taken(connection);
    connection_move(connection, pipelined ? READING : IDLE);
    connection_refuse_coded_soon(connection);
}

void connection_move(struct http_connection *connection, enum connection_state to)
{
    struct http_connections *connections = connection->owner;
    const struct http_connections_options *options = &connections->options;

    log_debug("http.connection_moved", LOG_INT("connection", connection->number),
              LOG_TEXT("from", state_names[connection->state]), LOG_TEXT("to", state_names[to]));
    connections->writing += is_writing(to) - is_writing(connection->state);
    connection->state = to;
    if (to != PENDING || !connection->is_large) {
        connection_has_sent_all(connection);
    }
    switch (to) {
    case IDLE: /* evhttp's own timer for inactivity does */
    case PENDING:
    case STREAMING:
        connection->deadline_us = INT64_MAX;
        break;
    case READING:
        connection->deadline_us = clock_mono_us() + (int64_t)options->read_limit_ms * 1000;
        break;
    case REFUSED:
        connection->deadline_us = connection->linger_until_us;
        break;
    case WRITING:
        connection->deadline_us = clock_mono_us() + (int64_t)options->write_limit_ms * 1000;
        connection->written = 0;
        break;
    }
    connection_queue_up(connection);
    if (connections->count >= options->most) {
        connections_make_room(connections); /* one that has spoken makes none any more */
    }
}

static bool is_writing(enum connection_state state)
{
    return state == WRITING || state == STREAMING;
}

static void sweep(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *connections = arg;
    struct http_connection *next;
    int64_t now_us = clock_mono_us();
    (void)fd;
    (void)what;

    connections_give_back(connections);
    for (struct http_connection *connection = connections->all; connection; connection = next) {
        next = connection->next;
        look_after(connection, now_us);
    }
    connections_bound_receiving(connections);
    connections_make_room(connections);
}

static void look_after(struct http_connection *connection, int64_t now_us)
{
    if (connection_was_freed_by_evhttp(connection)) {
        if (!connection_lingers(connection, now_us)) {
            forget(connection);
        }
    } else if (connection->state == REFUSED && connection->deadline_us != INT64_MAX) {
        if (!connection_lingers(connection, now_us)) {
            connection->linger_until_us = 0;
            connection_end(connection);
        }
    } else if (connection->deadline_us <= now_us && !gets_more_time(connection, now_us)) {
        end_overdue(connection);
    }
}

bool connection_was_freed_by_evhttp(const struct http_connection *connection)
{
    bufferevent_event_cb on_event;

    bufferevent_getcb(connection->bev, NULL, NULL, &on_event, NULL);
    return !on_event;
}

/* A reader that keeps up a fair rate may take as long as it needs. */
static bool gets_more_time(struct http_connection *connection, int64_t now_us)
{
    const struct http_connections_options *options = &connection->owner->options;
    size_t fair = (size_t)options->write_rate_min * (size_t)options->write_limit_ms / 1000;

    if (connection->state != WRITING || !fair || connection->written < fair) {
        return false;
    }
    connection->deadline_us = now_us + (int64_t)options->write_limit_ms * 1000;
    connection->written = 0;
    return true;
}

static void end_overdue(struct http_connection *connection)
{
    bool is_silent = connection->state == IDLE;

    metrics_add(is_silent ? connection->owner->silent : connection->owner->overdue, 1);
    if (!is_silent) { /* of which anybody may make as many as he likes */
        log_info("http.connection_overdue", LOG_INT("connection", connection->number),
                 LOG_TEXT("state", state_names[connection->state]));
    }
    connection_end(connection);
}

void connection_end(struct http_connection *connection)
{
    connection->deadline_us = INT64_MAX;
    /* At the watermark evhttp does not read and would not see the end either. */
    bufferevent_setwatermark(connection->bev, EV_READ, 0, 0);
    if (connection->state == WRITING) {
        bufferevent_enable(connection->bev, EV_WRITE);
    } else if (connection->state == REFUSED) {
        /* evhttp is to read no more of what is there still. */
        bufferevent_trigger_event(connection->bev, BEV_EVENT_READING | BEV_EVENT_EOF, BEV_TRIG_DEFER_CALLBACKS);
    }
    http_connection_shut(connection);
}

void http_connection_shut(struct http_connection *connection)
{
    shutdown(bufferevent_getfd(connection->bev), SHUT_RDWR);
}

void http_connection_closes(struct http_connection *connection)
{
    if (!connection->linger_until_us) { /* else the sweep ends it, when its time has come */
        forget(connection);
    }
}

static void forget(struct http_connection *connection)
{
    struct http_connections *connections = connection->owner;
    struct http_connection **at = bucket_of(connections, connection->bev);

    while (*at != connection) {
        at = &(*at)->next_in_bucket;
    }
    *at = connection->next_in_bucket;
    *connection->link = connection->next;
    if (connection->next) {
        connection->next->link = connection->link;
    }
    connection_leave_queue(connection);
    connection_has_taken(connection);
    connection_has_sent_all(connection);
    connections->writing -= is_writing(connection->state);
    connections->leaving -= connection->leaves;
    connections->count--;
    show_count(connections);

    evbuffer_remove_cb_entry(bufferevent_get_input(connection->bev), connection->on_input);
    evbuffer_remove_cb_entry(bufferevent_get_output(connection->bev), connection->on_output);
    bufferevent_decref(connection->bev);
    free(connection);
    connections_make_room(connections);
}

void http_connections_close_idle(struct http_connections *connections, int limit_ms)
{
    int64_t limit_us = clock_mono_us() + (int64_t)limit_ms * 1000;

    for (struct http_connection *connection = connections->all; connection; connection = connection->next) {
        if (connection_was_freed_by_evhttp(connection)) {
            continue;
        }
        if (connection->state == IDLE && connection->requests > 0 && !connection_has_unread(connection)) {
            http_connection_shut(connection);
        } else if (connection->state <= READING && connection->deadline_us > limit_us) {
            connection->deadline_us = limit_us;
        }
    }
}

bool connection_has_unread(const struct http_connection *connection)
{
    char byte;

    return recv(bufferevent_getfd(connection->bev), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

int http_connections_expecting(const struct http_connections *connections)
{
    int count = 0;

    for (const struct http_connection *connection = connections->all; connection; connection = connection->next) {
        bool is_fresh = connection->state == IDLE && connection->requests == 0;
        count += (is_fresh || connection->state == READING) && !connection_was_freed_by_evhttp(connection);
    }
    return count;
}

struct http_connection *http_connections_find(struct http_connections *connections, const struct bufferevent *bev)
{
    struct http_connection *connection = *bucket_of(connections, bev);

    while (connection && connection->bev != bev) {
        connection = connection->next_in_bucket;
    }
    return connection;
}

static struct http_connection **bucket_of(struct http_connections *connections, const struct bufferevent *bev)
{
    uint64_t mixed = (uint64_t)(uintptr_t)bev * 0x9e3779b97f4a7c15u;

    return &connections->buckets[(mixed >> 32) & connections->bucket_mask];
}

int http_connections_writing(const struct http_connections *connections)
{
    return connections->writing;
}
