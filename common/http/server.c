/* server.c - starts, drains and ends an HTTP server; see http.h, and server.h for how its files work together. */
#include "common/http/server.h"

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <poll.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/http/connections.h"
#include "common/http/listen.h"
#include "common/http/proxies.h"
#include "common/http/reply.h"
#include "common/http/request.h"
#include "common/http/route_metrics.h"
#include "common/loop/timer.h"

/* While draining: how long the backlog is accepted, and how long an accepted connection may take for its request. */
#define BACKLOG_LIMIT_US       (200 * 1000)
#define FIRST_REQUEST_LIMIT_MS 1000

static void set_up_evhttp(struct http_server *server);
static void limit_body(void *evcon, size_t most);
static void close_listener(evutil_socket_t fd, short what, void *arg);
static void orphan(struct http_request *request);

struct http_server *http_server_new(struct event_base *base, const struct http_server_options *options, const char **error)
{
    struct evconnlistener *listener = http_listen(base, options->listen, error);

    if (!listener) {
        return NULL;
    }
    struct http_server *server = mem_alloc(sizeof *server);
    server->options = *options;
    server->base = base;
    server->port = http_listen_port(listener);
    server->proxies = http_proxies_new(options->trusted_proxies);
    server->route_metrics = http_route_metrics_new();
    set_up_evhttp(server);
    server->bound = evhttp_bind_listener(server->evhttp, listener);
    if (!server->bound) {
        abort();
    }
    http_connections_guard(server->connections, listener);
    return server;
}

static void set_up_evhttp(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    const struct timeval idle = timer_ms(options->idle_limit_ms);
    struct metric *waiting =
        options->is_apart
            ? NULL
            : metrics_only(metrics_gauge("sharelink_http_waiting_bytes", "Memory in big answers that wait to be read.", ""));
    const struct http_connections_options limits = {
        .waiting_max = options->waiting_max,
        .waiting_gauge = waiting,
        .most = options->connections_max,
        .first_byte_limit_ms = options->first_byte_limit_ms,
        .read_limit_ms = options->read_limit_ms,
        .write_limit_ms = options->write_limit_ms,
        .write_rate_min = options->write_rate_min,
        .header_max = options->header_max,
        .body_max = options->body_max,
        .large = options->large,
        .limit_body = limit_body,
        .reword = http_reword_refusal,
        .arg = server,
        .gauge =
            options->is_apart ? NULL : metrics_only(metrics_gauge("sharelink_http_connections", "Open HTTP connections.", "")),
    };

    server->connections = http_connections_new(server->base, &limits);
    server->evhttp = evhttp_new(server->base);
    if (!server->evhttp) {
        abort();
    }
    evhttp_set_bevcb(server->evhttp, http_connections_open, server->connections);
    evhttp_set_gencb(server->evhttp, http_receive, server);
    evhttp_set_allowed_methods(server->evhttp, 0xffff); /* a 405 is the router's to say */
    evhttp_set_default_content_type(server->evhttp, NULL);
    evhttp_set_max_headers_size(server->evhttp, (ev_ssize_t)options->header_max);
    evhttp_set_max_body_size(server->evhttp, (ev_ssize_t)(options->body_max + HTTP_BODY_SLACK));
    evhttp_set_timeout_tv(server->evhttp, &idle);
}

static void limit_body(void *evcon, size_t most)
{
    evhttp_connection_set_max_body_size(evcon, (ev_ssize_t)(most + HTTP_BODY_SLACK));
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_drain(struct http_server *server)
{
    if (server->drain_since_us) {
        return;
    }
    server->drain_since_us = clock_mono_us();
    server->closing = evtimer_new(server->base, close_listener, server);
    event_active(server->closing, EV_TIMEOUT, 0);
}

/* Whoever is in the backlog has connected, and may have sent its request: closing the listener would reset it, and a proxy
 * does not send a POST again that it has sent. So the backlog is accepted first, turn by turn, and the listener closed at a
 * moment when it is empty. */
static void close_listener(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *server = arg;
    struct pollfd listener = { .fd = evhttp_bound_socket_get_fd(server->bound), .events = POLLIN };
    (void)fd;
    (void)what;

    if (poll(&listener, 1, 0) > 0 && clock_mono_us() < server->drain_since_us + BACKLOG_LIMIT_US) {
        timer_set(server->closing, 0);
        return;
    }
    http_connections_guard(server->connections, NULL);
    /* Closed, not only silenced: a silent listener keeps its backlog and resets it at the end. */
    evhttp_del_accept_socket(server->evhttp, server->bound);
    server->bound = NULL;
    http_connections_close_idle(server->connections, FIRST_REQUEST_LIMIT_MS);
}

bool http_server_is_quiet(const struct http_server *server)
{
    bool may_bring_more = server->drain_since_us && (server->bound || http_connections_expecting(server->connections) > 0);

    return !may_bring_more && !server->requests && http_connections_writing(server->connections) == 0;
}

void http_server_free(struct http_server *server)
{
    if (!server) {
        return;
    }
    while (server->requests) {
        orphan(server->requests);
    }
    http_connections_guard(server->connections, NULL);
    if (server->closing) {
        event_free(server->closing);
    }
    evhttp_free(server->evhttp);
    http_connections_free(server->connections);
    http_proxies_free(server->proxies);
    http_route_metrics_free(server->route_metrics);
    free(server);
}

/* evhttp frees its part of a request with the connection, so the flow goes on with nobody to answer to. */
static void orphan(struct http_request *request)
{
    request->server->requests = request->next;
    if (request->next) {
        request->next->link = &request->server->requests;
    }
    request->server = NULL;
    request->evhttp = NULL;
    request->field_count = 0;
}
