/* receive.c - a request from evhttp to its flow.
 *
 *     a connection (connections.c) → a request → the door (door.c) → a flow → its reply (reply.c)
 */
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/data/id.h"
#include "common/http/connections.h"
#include "common/http/door.h"
#include "common/http/fault_page.h"
#include "common/http/proxies.h"
#include "common/http/reply.h"
#include "common/http/request.h"
#include "common/http/route_metrics.h"
#include "common/http/server.h"

#define REQUESTS_PER_CONNECTION 1000
#define REQUEST_ID_MAX          128
#define TRACEPARENT_LENGTH      55

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

void http_receive(struct evhttp_request *evreq, void *arg)
{
    struct http_server *server = arg;
    struct evhttp_connection *evcon = evhttp_request_get_connection(evreq);
    struct http_connection *connection = http_connections_find(server->connections, evhttp_connection_get_bufferevent(evcon));
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
        .body_max = http_connection_body_max(connection),
    };
    const char *request_id = request_id_of(&head, made);
    const struct http_refusal *refusal = http_door_check(&head);

    bool last = http_connection_got_request(connection) >= REQUESTS_PER_CONNECTION;
    evhttp_connection_set_closecb(evcon, http_connection_left, connection);
    if (refusal) {
        refuse(server, evreq, &head, refusal, request_id, started_us);
        return;
    }
    if (last) {
        evhttp_add_header(evhttp_request_get_output_headers(evreq), "Connection", "close");
    }
    start_flow(server, evreq, &head, request_id, started_us);
}

void http_connection_left(struct evhttp_connection *evcon, void *connection)
{
    (void)evcon;
    http_connection_closes(connection);
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
        return HTTP_OPTIONS;
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
    bool is_page = fault_page_is_wanted(field(head, "Accept"), head->target);

    if (is_page) {
        fault_page_text(&body, refusal->status, field(head, "Accept-Language"), request_id);
    } else {
        http_problem_text(refusal->status, refusal->code, refusal->detail, request_id, &body);
    }
    http_route_metrics_answered(server->route_metrics, head->method, NULL, refusal->status, started_us, request_id);
    if (head->major != 1) {
        evreq->major = 1; /* our version, not the nonsense that was asked for */
        evreq->minor = 1;
    }
    evreq->flags &= ~EVHTTP_PROXY_REQUEST; /* of an absolute target; evhttp then drops our Connection: close */
    http_reply_send(server, evreq,
                    &(const struct http_answer){
                        .method = head->method,
                        .status = refusal->status,
                        .content_type = is_page ? "text/html; charset=utf-8" : "application/problem+json",
                        .fields = is_page ? fault_page_fields() : NULL,
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
    struct flow *flow = flow_new(server->base, &http_request_kind, server->options.daemon, NULL, server->options.deadline_ms);
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

const struct http_server_options *http_options(const struct flow *flow)
{
    const struct http_request *request = flow->owner;

    return &request->server->options;
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

    if (!given || strlen(given) != TRACEPARENT_LENGTH || strncmp(given, "00-", 3) != 0 || given[35] != '-' || given[52] != '-') {
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
            evbuffer_remove(input, copy, size); /* not twice in memory */
        }
        request->body = copy;
        request->body_length = size;
    }
    *length = request->body_length;
    return request->body;
}
