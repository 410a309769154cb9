/* reply.c - how a flow answers: the ends of http.h, and the one place that hands an answer to evhttp. */
#include "common/http/reply.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/data/id.h"
#include "common/http/connections.h"
#include "common/http/door.h"
#include "common/http/fault_page.h"
#include "common/http/request.h"
#include "common/http/route_metrics.h"
#include "common/http/server.h"

static struct next *reply_too_late(struct flow *flow);
static void flow_ended(struct flow *flow);
static struct next *end_with(struct flow *flow, const struct http_answer *answer);
static void send_answer(struct flow *flow, const struct http_answer *answer);
static bool sends_body(const struct http_answer *answer);
static bool has_body(const struct http_answer *answer);
static bool has_room(const struct http_request *request, const struct http_answer *answer);
static struct next *refuse_for_now(struct flow *flow, const struct http_answer *answer);
static void send_file(struct evhttp_request *evreq, const struct http_answer *answer);
static void send_shared(struct evhttp_request *evreq, const struct http_answer *answer);
static void release_shared(const void *body, size_t length, void *arg);

/* A body that is not ours to free. */
struct shared {
    void (*release)(void *held);
    void *held;
};

const struct flow_kind http_request_kind = { "http_request", reply_too_late, flow_ended };

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
        send_answer(flow, &(const struct http_answer){ .method = request->method, .status = 500 });
    }
}

void http_before_reply(struct flow *flow, http_hook *hook, void *arg)
{
    struct http_request *request = flow->owner;

    request->before_reply = hook;
    request->before_reply_arg = arg;
}

struct next *http_reply(struct flow *flow, int status, const char *content_type, const void *body, size_t length)
{
    struct http_request *request = flow->owner;
    http_hook *hook = request->before_reply;

    if (hook) {
        request->before_reply = NULL;
        return hook(flow, request->before_reply_arg, status, content_type, body, length);
    }
    return end_with(flow, &(const struct http_answer){
                              .method = request->method,
                              .status = status,
                              .content_type = content_type,
                              .body = body,
                              .length = length,
                              .request_id = flow->request_id,
                              .fields = request->reply_fields,
                          });
}

struct next *http_reply_shared(struct flow *flow, int status, const char *content_type, const void *body, size_t length,
                               void (*release)(void *held), void *held)
{
    struct http_request *request = flow->owner;

    if (request->before_reply || !request->evhttp) {
        struct next *next = http_reply(flow, status, content_type, body, length);
        release(held);
        return next;
    }
    return end_with(flow, &(const struct http_answer){
                              .method = request->method,
                              .status = status,
                              .content_type = content_type,
                              .body = body,
                              .length = length,
                              .release = release,
                              .held = held,
                              .request_id = flow->request_id,
                              .fields = request->reply_fields,
                          });
}

struct next *http_reply_json(struct flow *flow, int status, const char *json)
{
    return http_reply(flow, status, "application/json", json, strlen(json));
}

struct next *http_reply_empty(struct flow *flow, int status)
{
    return http_reply(flow, status, NULL, NULL, 0);
}

struct next *http_reply_file(struct flow *flow, int status, const char *content_type, int file, int64_t offset, int64_t length)
{
    struct http_request *request = flow->owner;

    if (!request->evhttp) {
        close(file);
        return flow_end(flow);
    }
    send_answer(flow, &(const struct http_answer){
                          .method = request->method,
                          .status = status,
                          .content_type = content_type,
                          .length = (size_t)length,
                          .file = &(const struct http_file_part){ file, offset },
                          .request_id = flow->request_id,
                          .fields = request->reply_fields,
                      });
    return flow_end(flow);
}

struct next *http_reply_problem(struct flow *flow, int status, const char *code, const char *detail)
{
    struct next *page = fault_page_reply(flow, status, code);
    struct buf body = { 0 };

    if (page) {
        return page;
    }
    http_problem_text(status, code, detail, flow->request_id, &body);
    struct next *next = http_reply(flow, status, "application/problem+json", body.data, body.length);
    buf_clear(&body);
    return next;
}

static struct next *end_with(struct flow *flow, const struct http_answer *answer)
{
    const struct http_request *request = flow->owner;

    if (request->evhttp && !has_room(request, answer)) {
        return refuse_for_now(flow, answer);
    }
    send_answer(flow, answer);
    return flow_end(flow);
}

static void send_answer(struct flow *flow, const struct http_answer *answer)
{
    struct http_request *request = flow->owner;
    struct http_server *server = request->server;
    struct evhttp_request *evreq = http_reply_begin(request, flow, answer->status);
    if (evreq) {
        http_reply_send(server, evreq, answer);
    }
}

static bool sends_body(const struct http_answer *answer)
{
    return has_body(answer) && answer->length && answer->method != HTTP_HEAD;
}

static bool has_body(const struct http_answer *answer)
{
    return answer->status >= 200 && answer->status != 204 && answer->status != 304;
}

/* A file is read as it is sent. */
static bool has_room(const struct http_request *request, const struct http_answer *answer)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(request->evhttp);

    if (!evcon || answer->file || !sends_body(answer)) {
        return true;
    }
    struct http_connection *connection =
        http_connections_find(request->server->connections, evhttp_connection_get_bufferevent(evcon));
    bool may_be_refused = answer->method == HTTP_GET; /* what was done is told: who hears "try again" would do it twice */
    return http_connection_takes(connection, answer->release ? answer->body : NULL, answer->length, may_be_refused);
}

/* In an answer that is small enough to go out always. */
static struct next *refuse_for_now(struct flow *flow, const struct http_answer *answer)
{
    static const char detail[] = "Too many answers wait to be read by their clients; try again.";
    struct http_request *request = flow->owner;

    if (answer->release) {
        answer->release(answer->held);
    }
    request->reply_fields = NULL; /* they belong to the answer that is not given */
    request->reply_fields_end = &request->reply_fields;
    http_set_header(flow, "Retry-After", "5");
    return http_reply_problem(flow, 503, "busy", detail);
}

struct evhttp_request *http_reply_begin(struct http_request *request, const struct flow *flow, int status)
{
    struct evhttp_request *evreq = request->evhttp;

    if (!evreq) {
        return NULL;
    }
    *request->link = request->next;
    if (request->next) {
        request->next->link = request->link;
    }
    http_route_metrics_answered(request->server->route_metrics, request->method, request->pattern, status, request->started_us,
                                flow->request_id);
    /* From now on evhttp may free its request, and the fields with it. */
    request->evhttp = NULL;
    request->field_count = 0;
    return evreq;
}

void http_reply_send(struct http_server *server, struct evhttp_request *evreq, const struct http_answer *answer)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(evreq);
    struct http_connection *connection = NULL;

    http_reply_add_fields(server, evreq, answer, has_body(answer));
    if (answer->close || server->drain_since_us) {
        struct evkeyvalq *fields = evhttp_request_get_output_headers(evreq);
        /* An HTTP/1.0 client's keep-alive would be granted beside our close. */
        evhttp_remove_header(evhttp_request_get_input_headers(evreq), "Connection");
        evhttp_remove_header(fields, "Connection");
        evhttp_add_header(fields, "Connection", "close");
    }
    if (answer->file) {
        send_file(evreq, answer);
    } else if (answer->release) {
        send_shared(evreq, answer);
    } else if (sends_body(answer)) {
        evbuffer_add(evhttp_request_get_output_buffer(evreq), answer->body, answer->length);
    }
    if (evcon) { /* NULL when writing a 100 Continue found the connection broken */
        connection = http_connections_find(server->connections, evhttp_connection_get_bufferevent(evcon));
        evhttp_request_set_on_complete_cb(evreq, http_reply_written, connection);
    }
    evhttp_send_reply(evreq, answer->status, http_status_phrase(answer->status), NULL);
    if (connection) {
        http_connection_got_reply(connection);
    }
}

/* evhttp closes the file when it is sent, or with its connection. */
static void send_file(struct evhttp_request *evreq, const struct http_answer *answer)
{
    if (!sends_body(answer) || evbuffer_add_file(evhttp_request_get_output_buffer(evreq), answer->file->descriptor,
                                                 answer->file->offset, (ev_off_t)answer->length) < 0) {
        close(answer->file->descriptor);
    }
}

/* evhttp releases it when it is sent, or with its connection. */
static void send_shared(struct evhttp_request *evreq, const struct http_answer *answer)
{
    struct shared *shared = mem_alloc(sizeof *shared);

    *shared = (struct shared){ answer->release, answer->held };
    if (!sends_body(answer) || evbuffer_add_reference(evhttp_request_get_output_buffer(evreq), answer->body, answer->length,
                                                      release_shared, shared) < 0) {
        release_shared(NULL, 0, shared);
    }
}

static void release_shared(const void *body, size_t length, void *arg)
{
    struct shared *shared = arg;
    (void)body;
    (void)length;

    shared->release(shared->held);
    free(shared);
}

void http_reply_written(struct evhttp_request *evreq, void *connection)
{
    http_connection_wrote_reply(connection);
    /* evhttp would keep a CONNECT's connection for a tunnel, even after a refusal. */
    if (evhttp_request_get_command(evreq) == EVHTTP_REQ_CONNECT) {
        http_connection_shut(connection);
    }
}

char *http_problem_text(int status, const char *code, const char *detail, const char *request_id, struct buf *to)
{
    buf_printf(to, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":", http_status_phrase(status), status);
    buf_add_json(to, detail, strlen(detail));
    buf_printf(to, ",\"code\":\"%s\",\"request_id\":\"%s\"}", code, request_id);
    return to->data;
}

void http_reword_refusal(void *arg, int status, struct buf *reply)
{
    struct http_server *server = arg;
    static const struct http_refusal too_large = { 413, "body_too_large", "The body is larger than this server takes." };
    static const struct http_refusal chunked = { 411, "length_required", "Send the body with a Content-Length." };
    static const struct http_refusal other = { 0, "malformed_request", "This is not a request that can be served." };
    const struct http_refusal *refusal = status == 413 ? &too_large : status == 411 ? &chunked : &other;
    char request_id[ID_SIZE];
    struct buf body = { 0 };

    id_new(request_id, "req_");
    http_problem_text(status, refusal->code, refusal->detail, request_id, &body);
    http_route_metrics_answered(server->route_metrics, HTTP_OTHER, NULL, status, clock_mono_us(), request_id);
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
