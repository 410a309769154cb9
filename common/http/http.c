/* http.c - the HTTP server: evhttp reads and writes, this file decides what comes in and how each answer looks.
 *
 *     a connection (connections.c) → a request → the door (door.c) → a flow → its reply
 *
 * evhttp stops reading a connection while its request is in a flow, so that a request stays valid until it is answered,
 * also when its client has left: the answer then goes nowhere. Nothing here may turn reading on in that time; a second
 * request in the buffer would end the process. What evhttp's parser itself refuses is answered by evhttp, in HTML.
 */
#include "common/http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/http/connections.h"
#include "common/http/door.h"
#include "common/http/proxies.h"
#include "common/http/request.h"
#include "common/data/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"

#define BACKLOG                 1024
#define REQUESTS_PER_CONNECTION 1000
#define REQUEST_ID_MAX          128
#define TRACEPARENT_LENGTH      55
/* evhttp answers a body beyond its own limit in HTML; up to this much more, we can do it better. */
#define BODY_SLACK    ((size_t)64 * 1024)
#define ROUTE_BUCKETS 64
/* While draining: how long the backlog is accepted, and how long an accepted connection may take for its request. */
#define BACKLOG_LIMIT_US       (200 * 1000)
#define FIRST_REQUEST_LIMIT_MS 1000

/* The metrics of a route, kept at hand: looking them up by label would cost more than the rest of a small request. */
struct code_series {
    enum http_method method;
    int status;
    struct metric *requests;
    struct code_series *next;
};

struct route_series {
    const char *pattern;
    struct metric *duration;
    struct code_series *codes;
    struct route_series *next;
};

struct http_server {
    struct http_server_options options;
    struct event_base *base;
    struct evhttp *evhttp;
    struct evhttp_bound_socket *bound; /* NULL once the listener is closed */
    int64_t drain_since_us;            /* 0 while it is not draining */
    struct event *closing;
    struct http_connections *connections;
    struct http_proxies *proxies;
    int port;
    struct http_request *requests; /* not answered yet */
    struct metric_family *requests_total, *duration_seconds;
    struct route_series *routes[ROUTE_BUCKETS];
    char date[32]; /* the Date of all replies of one second */
    int64_t date_s;
};

/* What a reply is made of. */
struct reply {
    enum http_method method;
    int status;
    const char *content_type;
    const void *body;
    size_t length;
    const struct file_part *file; /* instead of body; length is its length */
    const char *request_id;
    const struct http_reply_field *fields;
    bool close;
};

struct file_part {
    int descriptor;
    int64_t offset;
};

/* Starting and stopping. */
static struct evconnlistener *listen_on(struct event_base *base, const char *address, const char **error);
static bool read_listen(const char *text, struct sockaddr_storage *address, socklen_t *length);
static int port_of(struct evconnlistener *listener);
static void set_up_evhttp(struct http_server *server);
static void reword_refusal(void *arg, int status, struct buf *reply);
static void orphan(struct http_request *request);

/* A request, from top to bottom. */
static void take_request(struct evhttp_request *evreq, void *arg);
static void connection_closes(struct evhttp_connection *evcon, void *arg);
static enum http_method method_of(const struct evhttp_request *evreq);
static size_t collect_fields(struct evhttp_request *evreq, struct http_field fields[HTTP_FIELDS_MAX]);
static const char *field(const struct http_head *head, const char *name);
static const char *request_id_of(const struct http_head *head, char made[ID_SIZE]);
static void refuse(struct http_server *server, struct evhttp_request *evreq, const struct http_head *head,
                   const struct http_refusal *refusal, const char *request_id, int64_t started_us);
static void start_flow(struct http_server *server, struct evhttp_request *evreq, const struct http_head *head,
                       const char *request_id, int64_t started_us);
static void split_target(struct http_request *request, struct arena *arena, const char *target);
static const char *client_of(const struct http_request *request, struct arena *arena);
static const char *traceparent_of(const struct http_head *head, struct arena *arena);

/* Its answer. */
static struct next *reply_too_late(struct flow *flow);
static void flow_ended(struct flow *flow);
static void close_listener(evutil_socket_t fd, short what, void *arg);
static void answer(struct http_request *request, struct flow *flow, const struct reply *reply);
static void send_reply(struct http_server *server, struct evhttp_request *evreq, const struct reply *reply);
static void send_file(struct evhttp_request *evreq, const struct reply *reply, bool sends_body);
static void add_fields(struct http_server *server, struct evhttp_request *evreq, const struct reply *reply,
                       bool with_body);
static bool has_field(const struct http_reply_field *fields, const char *name);
static const char *date_now(struct http_server *server);
static void reply_written(struct evhttp_request *evreq, void *arg);
static char *problem_text(int status, const char *code, const char *detail, const char *request_id, struct buf *to);
static void account(struct http_server *server, enum http_method method, const char *pattern, int status,
                    int64_t started_us, const char *request_id);
static struct route_series *series_of_route(struct http_server *server, const char *pattern);
static struct metric *series_of_code(struct http_server *server, struct route_series *route, enum http_method method,
                                     int status);

static const struct flow_kind request_kind = { "http_request", reply_too_late, flow_ended };

struct http_server *http_server_new(struct event_base *base, const struct http_server_options *options,
                                    const char **error)
{
    struct evconnlistener *listener = listen_on(base, options->listen, error);

    if (!listener) {
        return NULL;
    }
    struct http_server *server = mem_alloc(sizeof *server);
    server->options = *options;
    server->base = base;
    server->port = port_of(listener);
    server->proxies = http_proxies_new(options->trusted_proxies);
    server->requests_total =
        metrics_counter("sharelink_http_requests_total", "HTTP requests answered.", "route,method,code");
    server->duration_seconds = metrics_histogram("sharelink_http_request_duration_seconds",
                                                 "From a request's last byte to its answer.", "route");
    set_up_evhttp(server);
    server->bound = evhttp_bind_listener(server->evhttp, listener);
    if (!server->bound) {
        abort();
    }
    http_connections_guard(server->connections, listener);
    return server;
}

static struct evconnlistener *listen_on(struct event_base *base, const char *address, const char **error)
{
    const unsigned flags = LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE;
    const int on = 1;
    struct sockaddr_storage where;
    socklen_t length;

    if (!read_listen(address, &where, &length)) {
        *error = "not an address and port such as 127.0.0.1:8080 or [::1]:8080";
        return NULL;
    }
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, NULL, NULL, flags, BACKLOG, (struct sockaddr *)&where, (int)length);
    if (!listener) {
        *error = strerror(errno);
        return NULL;
    }
    /* Inherited by what it accepts: the last segment of a long answer must not wait for an acknowledgement. */
    setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return listener;
}

static bool read_listen(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    const char *colon = strrchr(text, ':');
    char host[64] = "";
    int64_t port;

    if (!colon || (size_t)(colon - text) >= sizeof host || !str_parse_int(colon + 1, 0, 65535, &port)) {
        return false;
    }
    memset(address, 0, sizeof *address);
    memcpy(host, text, (size_t)(colon - text));
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *length = sizeof *v4;
        return true;
    }
    size_t host_length = strlen(host);
    if (host_length < 2 || host[0] != '[' || host[host_length - 1] != ']') {
        return false;
    }
    host[host_length - 1] = '\0';
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    *length = sizeof *v6;
    return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1;
}

static int port_of(struct evconnlistener *listener)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof address;

    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length);
    if (address.ss_family == AF_INET6) {
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    }
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static void set_up_evhttp(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    const struct timeval idle = { options->idle_limit_ms / 1000, options->idle_limit_ms % 1000 * 1000 };
    const struct http_connections_options limits = {
        .most = options->connections_max,
        .read_limit_ms = options->read_limit_ms,
        .write_limit_ms = options->write_limit_ms,
        .write_rate_min = options->write_rate_min,
        .unread_max = options->header_max + options->body_max + BODY_SLACK,
        .reword = reword_refusal,
        .arg = server,
        .gauge = metrics_only(metrics_gauge("sharelink_http_connections", "Open HTTP connections.", "")),
    };

    server->connections = http_connections_new(server->base, &limits);
    server->evhttp = evhttp_new(server->base);
    if (!server->evhttp) {
        abort();
    }
    evhttp_set_bevcb(server->evhttp, http_connections_open, server->connections);
    evhttp_set_gencb(server->evhttp, take_request, server);
    evhttp_set_allowed_methods(server->evhttp, 0xffff); /* a 405 is the router's to say */
    evhttp_set_default_content_type(server->evhttp, NULL);
    evhttp_set_max_headers_size(server->evhttp, (ev_ssize_t)options->header_max);
    evhttp_set_max_body_size(server->evhttp, (ev_ssize_t)(options->body_max + BODY_SLACK));
    evhttp_set_timeout_tv(server->evhttp, &idle);
}

/* What evhttp's parser refuses by itself gets the form that all our errors have. */
static void reword_refusal(void *arg, int status, struct buf *reply)
{
    struct http_server *server = arg;
    bool is_too_large = status == 413;
    char request_id[ID_SIZE];
    struct buf body = { 0 };

    id_new(request_id, "req_");
    problem_text(status, is_too_large ? "body_too_large" : "malformed_request",
                 is_too_large ? "The body is larger than this server takes." : "This is not a request that can be served.",
                 request_id, &body);
    account(server, HTTP_OTHER, NULL, status, clock_mono_us(), request_id);
    buf_printf(reply,
               "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nContent-Length: %zu\r\nX-Request-Id: %s\r\n"
               "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n",
               status, http_status_phrase(status), body.length, request_id);
    for (const struct http_fixed_field *at = server->options.reply_fields; at && at->name; at++) {
        buf_printf(reply, "%s: %s\r\n", at->name, at->value);
    }
    buf_add_text(reply, "\r\n");
    buf_add(reply, body.data, body.length);
    buf_clear(&body);
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
    const struct timeval at_once = { 0, 0 };
    struct http_server *server = arg;
    struct pollfd listener = { .fd = evhttp_bound_socket_get_fd(server->bound), .events = POLLIN };
    (void)fd;
    (void)what;

    if (poll(&listener, 1, 0) > 0 && clock_mono_us() < server->drain_since_us + BACKLOG_LIMIT_US) {
        evtimer_add(server->closing, &at_once);
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
    for (size_t i = 0; i < ROUTE_BUCKETS; i++) {
        for (struct route_series *route = server->routes[i], *next; route; route = next) {
            next = route->next;
            for (struct code_series *code = route->codes, *after; code; code = after) {
                after = code->next;
                free(code);
            }
            free(route);
        }
    }
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

static void take_request(struct evhttp_request *evreq, void *arg)
{
    struct http_server *server = arg;
    struct evhttp_connection *evcon = evhttp_request_get_connection(evreq);
    struct http_connection *connection =
        http_connections_find(server->connections, evhttp_connection_get_bufferevent(evcon));
    struct http_field fields[HTTP_FIELDS_MAX];
    char made[ID_SIZE];
    int64_t started_us = clock_mono_us();
    const struct http_head head = {
        .major = evreq->major,
        .minor = evreq->minor,
        .method = method_of(evreq),
        /* A CONNECT names an authority; evhttp would make a tunnel of any other target too. */
        .target = evhttp_request_get_command(evreq) == EVHTTP_REQ_CONNECT ? NULL : evhttp_request_get_uri(evreq),
        .fields = fields,
        .field_count = collect_fields(evreq, fields),
        .body_read = evbuffer_get_length(evhttp_request_get_input_buffer(evreq)),
        .body_max = server->options.body_max,
    };
    const char *request_id = request_id_of(&head, made);
    const struct http_refusal *refusal = http_door_check(&head);

    bool last = http_connection_got_request(connection) >= REQUESTS_PER_CONNECTION;
    evhttp_connection_set_closecb(evcon, connection_closes, connection);
    if (refusal) {
        refuse(server, evreq, &head, refusal, request_id, started_us);
        return;
    }
    if (last) {
        evhttp_add_header(evhttp_request_get_output_headers(evreq), "Connection", "close");
    }
    start_flow(server, evreq, &head, request_id, started_us);
}

static void connection_closes(struct evhttp_connection *evcon, void *arg)
{
    (void)evcon;
    http_connection_closes(arg);
}

static enum http_method method_of(const struct evhttp_request *evreq)
{
    switch (evhttp_request_get_command(evreq)) {
    case EVHTTP_REQ_GET:
        return HTTP_GET;
    case EVHTTP_REQ_HEAD:
        return HTTP_HEAD;
    case EVHTTP_REQ_POST:
        return HTTP_POST;
    case EVHTTP_REQ_PUT:
        return HTTP_PUT;
    case EVHTTP_REQ_PATCH:
        return HTTP_PATCH;
    case EVHTTP_REQ_DELETE:
        return HTTP_DELETE;
    case EVHTTP_REQ_OPTIONS:
    case EVHTTP_REQ_TRACE:
    case EVHTTP_REQ_CONNECT:
    default: /* a method that evhttp does not know has a number outside its enum */
        return HTTP_OTHER;
    }
}

/* Their number; beyond HTTP_FIELDS_MAX (which the door refuses) they are only counted. */
static size_t collect_fields(struct evhttp_request *evreq, struct http_field fields[HTTP_FIELDS_MAX])
{
    struct evkeyval *at;
    size_t count = 0;

    TAILQ_FOREACH(at, evhttp_request_get_input_headers(evreq), next)
    {
        if (count < HTTP_FIELDS_MAX) {
            fields[count] = (struct http_field){ at->key, at->value };
        }
        count++;
    }
    return count;
}

static const char *field(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count && i < HTTP_FIELDS_MAX; i++) {
        if (strcasecmp(head->fields[i].name, name) == 0) {
            return head->fields[i].value;
        }
    }
    return NULL;
}

static const char *request_id_of(const struct http_head *head, char made[ID_SIZE])
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    const char *given = field(head, "X-Request-Id");
    size_t length = given ? strlen(given) : 0;

    if (length >= 1 && length <= REQUEST_ID_MAX && strspn(given, allowed) == length) {
        return given;
    }
    id_new(made, "req_");
    return made;
}

static void refuse(struct http_server *server, struct evhttp_request *evreq, const struct http_head *head,
                   const struct http_refusal *refusal, const char *request_id, int64_t started_us)
{
    struct buf body = { 0 };

    problem_text(refusal->status, refusal->code, refusal->detail, request_id, &body);
    account(server, head->method, NULL, refusal->status, started_us, request_id);
    if (head->major != 1) {
        evreq->major = 1; /* our version, not the nonsense that was asked for */
        evreq->minor = 1;
    }
    evreq->flags &= ~EVHTTP_PROXY_REQUEST; /* of an absolute target; evhttp then drops our Connection: close */
    send_reply(server, evreq,
               &(const struct reply){
                   .method = head->method,
                   .status = refusal->status,
                   .content_type = "application/problem+json",
                   .body = body.data,
                   .length = body.length,
                   .request_id = request_id,
                   .close = true,
               });
    buf_clear(&body);
}

static void start_flow(struct http_server *server, struct evhttp_request *evreq, const struct http_head *head,
                       const char *request_id, int64_t started_us)
{
    struct flow *flow =
        flow_new(server->base, &request_kind, server->options.daemon, NULL, server->options.deadline_ms);
    struct arena *arena = flow->arena;
    struct http_request *request = arena_alloc(arena, sizeof *request);
    struct http_field *fields = arena_calloc(arena, head->field_count, sizeof *fields);

    memcpy(fields, head->fields, head->field_count * sizeof *fields);
    request->server = server;
    request->evhttp = evreq;
    request->started_us = started_us;
    request->method = head->method;
    request->fields = fields;
    request->field_count = head->field_count;
    request->reply_fields_end = &request->reply_fields;
    split_target(request, arena, head->target);
    request->client = client_of(request, arena);

    request->next = server->requests;
    request->link = &server->requests;
    if (server->requests) {
        server->requests->link = &request->next;
    }
    server->requests = request;

    flow->owner = request;
    flow->app = server->options.app;
    flow->request_id = arena_strdup(arena, request_id);
    flow->traceparent = traceparent_of(head, arena);
    flow_start(flow, server->options.handle);
}

static void split_target(struct http_request *request, struct arena *arena, const char *target)
{
    char *copy = arena_strdup(arena, target);
    char *query = strchr(copy, '?');

    if (query) {
        *query++ = '\0';
    }
    request->path = copy;
    request->query = query;
}

static const char *client_of(const struct http_request *request, struct arena *arena)
{
    const char *forwarded[HTTP_FIELDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < request->field_count; i++) {
        if (strcasecmp(request->fields[i].name, "X-Forwarded-For") == 0) {
            forwarded[count++] = request->fields[i].value;
        }
    }
    return http_proxies_client(request->server->proxies, arena, request->evhttp->remote_host, forwarded, count);
}

/* 00-<32 hex>-<16 hex>-<2 hex>, small letters, neither id all zero; any other is as good as none. */
static const char *traceparent_of(const struct http_head *head, struct arena *arena)
{
    static const char hex[] = "0123456789abcdef";
    const char *given = field(head, "traceparent");

    if (!given || strlen(given) != TRACEPARENT_LENGTH || strncmp(given, "00-", 3) != 0 || given[35] != '-' ||
        given[52] != '-') {
        return NULL;
    }
    if (strspn(given + 3, hex) != 32 || strspn(given + 36, hex) != 16 || strspn(given + 53, hex) != 2) {
        return NULL;
    }
    if (strspn(given + 3, "0") == 32 || strspn(given + 36, "0") == 16) {
        return NULL;
    }
    return arena_strdup(arena, given);
}

const char *http_body(const struct flow *flow, size_t *length)
{
    struct http_request *request = flow->owner;

    if (!request->body) {
        struct evbuffer *input = request->evhttp ? evhttp_request_get_input_buffer(request->evhttp) : NULL;
        size_t size = input ? evbuffer_get_length(input) : 0;
        char *copy = arena_alloc(flow->arena, size + 1);
        if (size) {
            evbuffer_copyout(input, copy, size);
        }
        request->body = copy;
        request->body_length = size;
    }
    *length = request->body_length;
    return request->body;
}

void http_set_header(struct flow *flow, const char *name, const char *value)
{
    struct http_request *request = flow->owner;

    if (!http_is_token(name) || !http_is_field_value(value)) {
        log_error("http.header_dropped", LOG_TEXT("name", name), LOG_TEXT("request_id", flow->request_id));
        return;
    }
    if (strcasecmp(name, "Set-Cookie") != 0) {
        for (struct http_reply_field *at = request->reply_fields; at; at = at->next) {
            if (strcasecmp(at->name, name) == 0) {
                at->value = arena_strdup(flow->arena, value);
                return;
            }
        }
    }
    struct http_reply_field *added = arena_alloc(flow->arena, sizeof *added);
    added->name = arena_strdup(flow->arena, name);
    added->value = arena_strdup(flow->arena, value);
    *request->reply_fields_end = added;
    request->reply_fields_end = &added->next;
}

void http_unset_header(struct flow *flow, const char *name)
{
    struct http_request *request = flow->owner;

    request->reply_fields_end = &request->reply_fields;
    while (*request->reply_fields_end) {
        struct http_reply_field *at = *request->reply_fields_end;
        if (strcasecmp(at->name, name) == 0) {
            *request->reply_fields_end = at->next;
        } else {
            request->reply_fields_end = &at->next;
        }
    }
}

void http_reply_headers(const struct flow *flow, void (*each)(void *arg, const char *name, const char *value), void *arg)
{
    const struct http_request *request = flow->owner;

    for (const struct http_reply_field *at = request->reply_fields; at; at = at->next) {
        each(arg, at->name, at->value);
    }
}

void http_before_reply(struct flow *flow, http_hook *hook, void *arg)
{
    struct http_request *request = flow->owner;

    request->before_reply = hook;
    request->before_reply_arg = arg;
}

void http_remember_route(struct flow *flow, const char *pattern)
{
    struct http_request *request = flow->owner;

    request->pattern = pattern;
}

static struct next *reply_too_late(struct flow *flow)
{
    struct http_request *request = flow->owner;

    request->before_reply = NULL;
    request->reply_fields = NULL; /* they belong to an answer that never came */
    request->reply_fields_end = &request->reply_fields;
    http_set_header(flow, "Retry-After", "1");
    return http_reply_problem(flow, 503, "timeout", "The answer took too long; try again.");
}

/* A flow that ends without a reply is a fault of ours; its client hears of it. */
static void flow_ended(struct flow *flow)
{
    struct http_request *request = flow->owner;

    if (request->evhttp) {
        log_error("http.request_unanswered", LOG_TEXT("request_id", flow->request_id));
        answer(request, flow, &(const struct reply){ .method = request->method, .status = 500 });
    }
}

struct next *http_reply(struct flow *flow, int status, const char *content_type, const void *body, size_t length)
{
    struct http_request *request = flow->owner;
    http_hook *hook = request->before_reply;

    if (hook) {
        request->before_reply = NULL;
        return hook(flow, request->before_reply_arg, status, content_type, body, length);
    }
    answer(request, flow,
           &(const struct reply){
               .method = request->method,
               .status = status,
               .content_type = content_type,
               .body = body,
               .length = length,
               .request_id = flow->request_id,
               .fields = request->reply_fields,
           });
    return flow_end(flow);
}

struct next *http_reply_file(struct flow *flow, int status, const char *content_type, int file, int64_t offset,
                             int64_t length)
{
    struct http_request *request = flow->owner;

    if (!request->evhttp) {
        close(file);
        return flow_end(flow);
    }
    answer(request, flow,
           &(const struct reply){
               .method = request->method,
               .status = status,
               .content_type = content_type,
               .length = (size_t)length,
               .file = &(const struct file_part){ file, offset },
               .request_id = flow->request_id,
               .fields = request->reply_fields,
           });
    return flow_end(flow);
}

struct next *http_reply_json(struct flow *flow, int status, const char *json)
{
    return http_reply(flow, status, "application/json", json, strlen(json));
}

struct next *http_reply_empty(struct flow *flow, int status)
{
    return http_reply(flow, status, NULL, NULL, 0);
}

struct next *http_reply_problem(struct flow *flow, int status, const char *code, const char *detail)
{
    struct buf body = { 0 };

    problem_text(status, code, detail, flow->request_id, &body);
    struct next *next = http_reply(flow, status, "application/problem+json", body.data, body.length);
    buf_clear(&body);
    return next;
}

struct http_stream {
    struct evhttp_request *evreq;
    struct http_connection *connection;
    struct bufferevent *bev;
    http_stream_closed *closed;
    http_stream_drained *drained;
    void *arg;
};

/* evhttp lets go of a request whose client has left: it is ours to free then, which its end does. */
static void stream_closes(struct evhttp_connection *evcon, void *arg)
{
    struct http_stream *stream = arg;
    (void)evcon;

    http_connection_closes(stream->connection);
    if (!evhttp_request_get_connection(stream->evreq)) {
        evhttp_send_reply_end(stream->evreq);
    }
    stream->closed(stream->arg);
    free(stream);
}

struct next *http_stream_start(struct flow *flow, const char *content_type, http_stream_closed *closed, void *arg,
                               struct http_stream **started)
{
    struct http_request *request = flow->owner;
    struct evhttp_request *evreq = request->evhttp;
    struct evhttp_connection *evcon = evreq ? evhttp_request_get_connection(evreq) : NULL;

    *started = NULL;
    if (request->method == HTTP_HEAD || !evcon) {
        return http_reply(flow, 200, content_type, NULL, 0);
    }
    struct http_server *server = request->server;
    struct http_stream *stream = mem_alloc(sizeof *stream);
    *stream = (struct http_stream){ .evreq = evreq, .bev = evhttp_connection_get_bufferevent(evcon), .closed = closed, .arg = arg };
    stream->connection = http_connections_find(server->connections, stream->bev);
    *request->link = request->next;
    if (request->next) {
        request->next->link = request->link;
    }
    account(server, request->method, request->pattern, 200, request->started_us, flow->request_id);
    request->evhttp = NULL;
    request->field_count = 0;
    add_fields(server, evreq, &(const struct reply){ .request_id = flow->request_id, .fields = request->reply_fields }, false);
    evhttp_add_header(evhttp_request_get_output_headers(evreq), "Content-Type", content_type);
    evhttp_add_header(evhttp_request_get_output_headers(evreq), "Connection", "close");
    evhttp_connection_set_closecb(evcon, stream_closes, stream);
    evhttp_send_reply_start(evreq, 200, "OK");
    http_connection_streams(stream->connection);
    *started = stream;
    return flow_end(flow);
}

static void stream_drained(struct evhttp_connection *evcon, void *arg)
{
    const struct http_stream *stream = arg;
    (void)evcon;

    if (stream->drained) {
        stream->drained(stream->arg);
    }
}

void http_stream_send(struct http_stream *stream, const void *bytes, size_t length)
{
    struct evbuffer *chunk = evbuffer_new();

    evbuffer_add(chunk, bytes, length);
    evhttp_send_reply_chunk_with_cb(stream->evreq, chunk, stream_drained, stream);
    evbuffer_free(chunk);
}

void http_stream_on_drained(struct http_stream *stream, http_stream_drained *drained)
{
    stream->drained = drained;
}

size_t http_stream_backlog(const struct http_stream *stream)
{
    return evbuffer_get_length(bufferevent_get_output(stream->bev));
}

void http_stream_end(struct http_stream *stream)
{
    evhttp_connection_set_closecb(evhttp_request_get_connection(stream->evreq), connection_closes, stream->connection);
    evhttp_request_set_on_complete_cb(stream->evreq, reply_written, stream->connection);
    http_connection_got_reply(stream->connection);
    evhttp_send_reply_end(stream->evreq);
    free(stream);
}

void http_stream_abort(struct http_stream *stream)
{
    http_connection_shut(stream->connection);
}

static void answer(struct http_request *request, struct flow *flow, const struct reply *reply)
{
    struct http_server *server = request->server;
    struct evhttp_request *evreq = request->evhttp;

    if (!evreq) {
        return;
    }
    *request->link = request->next;
    if (request->next) {
        request->next->link = request->link;
    }
    account(server, request->method, request->pattern, reply->status, request->started_us, flow->request_id);
    /* From the next line on evhttp may free its request, and the fields with it. */
    request->evhttp = NULL;
    request->field_count = 0;
    send_reply(server, evreq, reply);
}

static void send_reply(struct http_server *server, struct evhttp_request *evreq, const struct reply *reply)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(evreq);
    struct http_connection *connection = NULL;
    bool with_body = reply->status >= 200 && reply->status != 204 && reply->status != 304;

    add_fields(server, evreq, reply, with_body);
    if (reply->close || server->drain_since_us) {
        struct evkeyvalq *fields = evhttp_request_get_output_headers(evreq);
        /* An HTTP/1.0 client's keep-alive would be granted beside our close. */
        evhttp_remove_header(evhttp_request_get_input_headers(evreq), "Connection");
        evhttp_remove_header(fields, "Connection");
        evhttp_add_header(fields, "Connection", "close");
    }
    bool sends_body = with_body && reply->length && reply->method != HTTP_HEAD;
    if (reply->file) {
        send_file(evreq, reply, sends_body);
    } else if (sends_body) {
        evbuffer_add(evhttp_request_get_output_buffer(evreq), reply->body, reply->length);
    }
    if (evcon) { /* NULL when writing a 100 Continue found the connection broken */
        connection = http_connections_find(server->connections, evhttp_connection_get_bufferevent(evcon));
        evhttp_request_set_on_complete_cb(evreq, reply_written, connection);
    }
    evhttp_send_reply(evreq, reply->status, http_status_phrase(reply->status), NULL);
    if (connection) {
        http_connection_got_reply(connection);
    }
}

/* evhttp closes the file when it is sent, or with its connection. */
static void send_file(struct evhttp_request *evreq, const struct reply *reply, bool sends_body)
{
    if (!sends_body || evbuffer_add_file(evhttp_request_get_output_buffer(evreq), reply->file->descriptor,
                                         reply->file->offset, (ev_off_t)reply->length) < 0) {
        close(reply->file->descriptor);
    }
}

static void add_fields(struct http_server *server, struct evhttp_request *evreq, const struct reply *reply,
                       bool with_body)
{
    struct evkeyvalq *fields = evhttp_request_get_output_headers(evreq);
    bool may_store = false;

    if (with_body) {
        char length[24];
        snprintf(length, sizeof length, "%zu", reply->length);
        if (reply->content_type) {
            evhttp_add_header(fields, "Content-Type", reply->content_type);
        }
        evhttp_add_header(fields, "Content-Length", length);
    }
    evhttp_add_header(fields, "Date", date_now(server));
    if (reply->request_id) {
        evhttp_add_header(fields, "X-Request-Id", reply->request_id);
    }
    evhttp_add_header(fields, "X-Content-Type-Options", "nosniff");
    for (const struct http_reply_field *at = reply->fields; at; at = at->next) {
        evhttp_add_header(fields, at->name, at->value);
        may_store = may_store || strcasecmp(at->name, "Cache-Control") == 0;
    }
    if (!may_store) {
        evhttp_add_header(fields, "Cache-Control", "no-store");
    }
    for (const struct http_fixed_field *at = server->options.reply_fields; at && at->name; at++) {
        if (!has_field(reply->fields, at->name)) {
            evhttp_add_header(fields, at->name, at->value);
        }
    }
}

static bool has_field(const struct http_reply_field *fields, const char *name)
{
    while (fields && strcasecmp(fields->name, name) != 0) {
        fields = fields->next;
    }
    return fields;
}

static const char *date_now(struct http_server *server)
{
    int64_t now_s = clock_wall_ms() / 1000;

    if (now_s != server->date_s) {
        server->date_s = now_s;
        evutil_date_rfc1123(server->date, sizeof server->date, NULL);
    }
    return server->date;
}

static void reply_written(struct evhttp_request *evreq, void *arg)
{
    struct http_connection *connection = arg;

    http_connection_wrote_reply(connection);
    /* evhttp would keep a CONNECT's connection for a tunnel, even after a refusal. */
    if (evhttp_request_get_command(evreq) == EVHTTP_REQ_CONNECT) {
        http_connection_shut(connection);
    }
}

static char *problem_text(int status, const char *code, const char *detail, const char *request_id, struct buf *to)
{
    buf_printf(to, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":", http_status_phrase(status), status);
    buf_add_json(to, detail, strlen(detail));
    buf_printf(to, ",\"code\":\"%s\",\"request_id\":\"%s\"}", code, request_id);
    return to->data;
}

static void account(struct http_server *server, enum http_method method, const char *pattern, int status,
                    int64_t started_us, const char *request_id)
{
    struct route_series *route = series_of_route(server, pattern);
    int64_t duration_us = clock_mono_us() - started_us;
    enum log_level level = status >= 500 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;

    metrics_add(series_of_code(server, route, method, status), 1);
    metrics_observe(route->duration, (double)duration_us / 1e6);
    log_write(level, "http.request_answered",
              (const struct log_field[]){
                  LOG_TEXT("method", http_method_name(method)),
                  LOG_TEXT("route", pattern ? pattern : "none"),
                  LOG_INT("status", status),
                  LOG_INT("duration_us", duration_us),
                  LOG_TEXT("request_id", request_id),
                  { .name = NULL },
              });
}

static struct route_series *series_of_route(struct http_server *server, const char *pattern)
{
    uint64_t mixed = (uint64_t)(uintptr_t)pattern * 0x9e3779b97f4a7c15u;
    struct route_series **bucket = &server->routes[(mixed >> 32) % ROUTE_BUCKETS];
    struct route_series *route = *bucket;

    while (route && route->pattern != pattern) {
        route = route->next;
    }
    if (!route) {
        const char *labels[] = { pattern ? pattern : "none" };
        route = mem_alloc(sizeof *route);
        route->pattern = pattern;
        route->duration = metrics_series(server->duration_seconds, labels);
        route->next = *bucket;
        *bucket = route;
    }
    return route;
}

static struct metric *series_of_code(struct http_server *server, struct route_series *route, enum http_method method,
                                     int status)
{
    struct code_series *code = route->codes;

    while (code && (code->method != method || code->status != status)) {
        code = code->next;
    }
    if (!code) {
        char text[12];
        snprintf(text, sizeof text, "%d", status);
        const char *labels[] = { route->pattern ? route->pattern : "none", http_method_name(method), text };
        code = mem_alloc(sizeof *code);
        code->method = method;
        code->status = status;
        code->requests = metrics_series(server->requests_total, labels);
        code->next = route->codes;
        route->codes = code;
    }
    return code->requests;
}

const char *http_status_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 206, "Partial Content" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 402, "Payment Required" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" },
        { 422, "Unprocessable Content" },
        { 428, "Precondition Required" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
    };

    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }
    return "Unknown";
}
