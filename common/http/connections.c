/* connections.c - the registry of an HTTP server's connections, see connections.h.
 *
 * evhttp owns its connections and tells nobody when one ends before its first request. So the registry holds a
 * reference to each bufferevent and looks four times a second: one whose callbacks are gone was freed by evhttp, one
 * beyond its deadline is shut down (evhttp then sees the end of the stream and frees it).
 *
 * A connection that was refused in the middle of a request lingers for a moment: what its client still sends is thrown
 * away, because closing at once would reset the connection and the client might never read why.
 */
#include "common/http/connections.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/loop/timer.h"

#define SWEEP_INTERVAL_MS 250
#define ACCEPT_PAUSE_MS   200
#define LINGER_US         (2 * (int64_t)1000000)

enum state { IDLE, READING, PENDING, WRITING, STREAMING };

static const char *const state_names[] = { "idle", "reading", "pending", "writing", "streaming" };

struct http_connection {
    struct http_connections *owner;
    struct bufferevent *bev;
    struct evbuffer_cb_entry *on_input, *on_output;
    enum state state;
    bool speaks_for_itself;  /* evhttp has written a reply of its own */
    int64_t linger_until_us; /* 0 unless refused */
    int64_t deadline_us;     /* INT64_MAX for none */
    size_t written;          /* bytes, since the deadline was set; while writing */
    int requests;
    unsigned number; /* for the log */
    struct http_connection *next, **link;
    struct http_connection *next_in_bucket;
};

struct http_connections {
    struct http_connections *next_registry;
    struct http_connections_options options;
    struct evconnlistener *listener;
    struct event *sweep;
    struct event *resume;
    struct event *rewording;
    bool out_of_descriptors;
    int count;
    int writing;
    unsigned opened;
    struct http_connection *all;
    struct http_connection **buckets; /* by bufferevent */
    size_t bucket_mask;
};

static void show_count(const struct http_connections *connections);
static void input_changed(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg);
static void output_changed(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg);
static void reword_all(evutil_socket_t fd, short what, void *arg);
static void reword(struct http_connection *connection);
static void move(struct http_connection *connection, enum state to);
static void sweep(evutil_socket_t fd, short what, void *arg);
static bool gets_more_time(struct http_connection *connection, int64_t now_us);
static void end_overdue(struct http_connection *connection);
static void forget(struct http_connection *connection);
static bool was_freed_by_evhttp(const struct http_connection *connection);
static bool lingers(const struct http_connection *connection, int64_t now_us);
static bool has_unread(const struct http_connection *connection);
static void steer_listener(struct http_connections *connections);
static void accept_failed(struct evconnlistener *listener, void *arg);
static void resume_accepting(evutil_socket_t fd, short what, void *arg);
static struct http_connection **bucket_of(struct http_connections *connections, const struct bufferevent *bev);

/* A listener's error callback gets evhttp's argument, so its registry is looked up here. */
static struct http_connections *registries;

struct http_connections *http_connections_new(struct event_base *base, const struct http_connections_options *options)
{
    struct http_connections *connections = mem_alloc(sizeof *connections);
    size_t buckets = 64;

    while (buckets < (size_t)options->most) {
        buckets *= 2;
    }
    connections->options = *options;
    connections->buckets = mem_alloc(buckets * sizeof(struct http_connection *));
    connections->bucket_mask = buckets - 1;
    connections->sweep = timer_every(base, SWEEP_INTERVAL_MS, sweep, connections);
    connections->resume = evtimer_new(base, resume_accepting, connections);
    connections->rewording = event_new(base, -1, 0, reword_all, connections);
    if (!connections->resume || !connections->rewording) {
        abort();
    }
    event_priority_set(connections->rewording, 0);
    connections->next_registry = registries;
    registries = connections;
    return connections;
}

void http_connections_free(struct http_connections *connections)
{
    struct http_connections **at = &registries;

    while (*at != connections) {
        at = &(*at)->next_registry;
    }
    *at = connections->next_registry;
    connections->listener = NULL;
    while (connections->all) {
        forget(connections->all);
    }
    event_free(connections->sweep);
    event_free(connections->resume);
    event_free(connections->rewording);
    free(connections->buckets);
    free(connections);
}

void http_connections_guard(struct http_connections *connections, struct evconnlistener *listener)
{
    connections->listener = listener;
    if (listener) {
        evconnlistener_set_error_cb(listener, accept_failed);
    }
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
    /* Without it an endless chunk-size line, which evhttp's own limits let pass, would fill the memory. */
    bufferevent_setwatermark(bev, EV_READ, 0, connections->options.unread_max);
    connection->owner = connections;
    connection->bev = bev;
    connection->on_input = evbuffer_add_cb(bufferevent_get_input(bev), input_changed, connection);
    connection->on_output = evbuffer_add_cb(bufferevent_get_output(bev), output_changed, connection);
    connection->deadline_us = INT64_MAX;
    connection->number = ++connections->opened;

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
    steer_listener(connections);
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
    (void)input;

    if (info->n_added > 0 && connection->state == IDLE) {
        move(connection, READING);
    }
}

/* Output while no request is ours is evhttp's own. Inside the buffer's change it cannot be reworded; right after the callback
 * that made it, it can: the event is of a higher priority than the one that writes to the socket. */
static void output_changed(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_connection *connection = arg;
    (void)output;

    connection->written += info->n_deleted;
    bool is_reworded = connection->linger_until_us != 0;
    if (info->n_added > 0 && info->orig_size == 0 && !is_reworded &&
        (connection->state == IDLE || connection->state == READING)) {
        connection->speaks_for_itself = true;
        event_active(connection->owner->rewording, EV_TIMEOUT, 0);
    }
}

static void reword_all(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *connections = arg;
    (void)fd;
    (void)what;

    for (struct http_connection *connection = connections->all; connection; connection = connection->next) {
        if (connection->speaks_for_itself) {
            connection->speaks_for_itself = false;
            reword(connection);
        }
    }
}

static void reword(struct http_connection *connection)
{
    struct http_connections *connections = connection->owner;
    struct evbuffer *output = bufferevent_get_output(connection->bev);
    char start[16] = "";
    struct buf reply = { 0 };

    /* A bufferevent lets nobody but itself read or take from its output. */
    evbuffer_unfreeze(output, 1);
    evbuffer_copyout(output, start, sizeof start - 1);
    int status = strncmp(start, "HTTP/1.", 7) == 0 ? atoi(start + 9) : 0;
    if (status >= 400) { /* 100 Continue is as it should be */
        connection->linger_until_us = clock_mono_us() + LINGER_US;
        connections->options.reword(connections->options.arg, status, &reply);
        evbuffer_drain(output, evbuffer_get_length(output));
        evbuffer_add(output, reply.data, reply.length);
        buf_clear(&reply);
    }
    evbuffer_freeze(output, 1);
}

int http_connection_got_request(struct http_connection *connection)
{
    move(connection, PENDING);
    return ++connection->requests;
}

void http_connection_got_reply(struct http_connection *connection)
{
    move(connection, WRITING);
    /* evhttp reads on while it writes, and takes the end of what a half-closing client sends for the end of all, so
     * that its reply is lost. It turns reading on again for the next request. */
    bufferevent_disable(connection->bev, EV_READ);
}

void http_connection_streams(struct http_connection *connection)
{
    const unsigned unacknowledged_ms = 60000;

    move(connection, STREAMING);
    setsockopt(bufferevent_getfd(connection->bev), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
    bufferevent_set_timeouts(connection->bev, NULL, NULL); /* evhttp's own would cut a quiet stream */
}

void http_connection_wrote_reply(struct http_connection *connection)
{
    bool pipelined = evbuffer_get_length(bufferevent_get_input(connection->bev)) > 0;

    move(connection, pipelined ? READING : IDLE);
}

static void move(struct http_connection *connection, enum state to)
{
    struct http_connections *connections = connection->owner;
    const struct http_connections_options *options = &connections->options;

    log_debug("http.connection_moved", LOG_INT("connection", connection->number),
              LOG_TEXT("from", state_names[connection->state]), LOG_TEXT("to", state_names[to]));
    connections->writing += (to >= WRITING) - (connection->state >= WRITING);
    connection->state = to;
    switch (to) {
    case IDLE: /* evhttp's own timer for inactivity does */
    case PENDING:
    case STREAMING:
        connection->deadline_us = INT64_MAX;
        break;
    case READING:
        connection->deadline_us = clock_mono_us() + (int64_t)options->read_limit_ms * 1000;
        break;
    case WRITING:
        connection->deadline_us = clock_mono_us() + (int64_t)options->write_limit_ms * 1000;
        connection->written = 0;
        break;
    }
}

static void sweep(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *connections = arg;
    struct http_connection *next;
    int64_t now_us = clock_mono_us();
    (void)fd;
    (void)what;

    for (struct http_connection *connection = connections->all; connection; connection = next) {
        next = connection->next;
        if (was_freed_by_evhttp(connection)) {
            if (!lingers(connection, now_us)) {
                forget(connection);
            }
        } else if (connection->deadline_us <= now_us && !gets_more_time(connection, now_us)) {
            end_overdue(connection);
        }
    }
}

static bool was_freed_by_evhttp(const struct http_connection *connection)
{
    bufferevent_event_cb on_event;

    bufferevent_getcb(connection->bev, NULL, NULL, &on_event, NULL);
    return !on_event;
}

static bool lingers(const struct http_connection *connection, int64_t now_us)
{
    static char unwanted[64 * 1024];
    ssize_t got;

    if (connection->linger_until_us <= now_us) {
        return false;
    }
    do {
        got = recv(bufferevent_getfd(connection->bev), unwanted, sizeof unwanted, MSG_DONTWAIT);
    } while (got > 0);
    return got < 0 && (errno == EAGAIN || errno == EINTR);
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
    log_info("http.connection_overdue", LOG_INT("connection", connection->number),
             LOG_TEXT("state", state_names[connection->state]));
    connection->deadline_us = INT64_MAX;
    /* At the watermark evhttp does not read and would not see the end either. */
    bufferevent_setwatermark(connection->bev, EV_READ, 0, 0);
    if (connection->state == WRITING) {
        bufferevent_enable(connection->bev, EV_WRITE);
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
    connections->writing -= connection->state >= WRITING;
    connections->count--;
    show_count(connections);

    evbuffer_remove_cb_entry(bufferevent_get_input(connection->bev), connection->on_input);
    evbuffer_remove_cb_entry(bufferevent_get_output(connection->bev), connection->on_output);
    bufferevent_decref(connection->bev);
    free(connection);
    steer_listener(connections);
}

void http_connections_close_idle(struct http_connections *connections, int limit_ms)
{
    int64_t limit_us = clock_mono_us() + (int64_t)limit_ms * 1000;

    for (struct http_connection *connection = connections->all; connection; connection = connection->next) {
        if (was_freed_by_evhttp(connection)) {
            continue;
        }
        if (connection->state == IDLE && connection->requests > 0 && !has_unread(connection)) {
            http_connection_shut(connection);
        } else if (connection->state <= READING && connection->deadline_us > limit_us) {
            connection->deadline_us = limit_us;
        }
    }
}

static bool has_unread(const struct http_connection *connection)
{
    char byte;

    return recv(bufferevent_getfd(connection->bev), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

int http_connections_expecting(const struct http_connections *connections)
{
    int count = 0;

    for (const struct http_connection *connection = connections->all; connection; connection = connection->next) {
        bool is_fresh = connection->state == IDLE && connection->requests == 0;
        count += (is_fresh || connection->state == READING) && !was_freed_by_evhttp(connection);
    }
    return count;
}

static void steer_listener(struct http_connections *connections)
{
    if (!connections->listener) {
        return;
    }
    if (connections->count >= connections->options.most || connections->out_of_descriptors) {
        evconnlistener_disable(connections->listener);
    } else {
        evconnlistener_enable(connections->listener);
    }
}

/* Out of descriptors or memory: the connection stays in the backlog, so that an eager loop would spin on it. */
static void accept_failed(struct evconnlistener *listener, void *arg)
{
    struct http_connections *connections = registries;
    int error = errno;
    (void)arg;

    while (connections && connections->listener != listener) {
        connections = connections->next_registry;
    }
    if (!connections) {
        return;
    }
    log_warn("http.accept_failed", LOG_TEXT("error", strerror(error)), LOG_INT("connections", connections->count));
    connections->out_of_descriptors = true;
    steer_listener(connections);
    timer_set(connections->resume, ACCEPT_PAUSE_MS);
}

static void resume_accepting(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *connections = arg;
    (void)fd;
    (void)what;

    connections->out_of_descriptors = false;
    steer_listener(connections);
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
