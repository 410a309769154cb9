/* reply_stream.c - a reply that goes on until its stream ends or its client leaves. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <stdlib.h>

#include "common/base/str.h"
#include "common/http/connections.h"
#include "common/http/reply.h"
#include "common/http/request.h"
#include "common/http/server.h"

struct http_stream {
    struct evhttp_request *evreq;
    struct http_connection *connection;
    struct bufferevent *bev;
    http_stream_closed *closed;
    http_stream_drained *drained;
    void *arg;
};

static void stream_closes(struct evhttp_connection *evcon, void *arg);
static void stream_drained(struct evhttp_connection *evcon, void *arg);

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
    *stream =
        (struct http_stream){ .evreq = evreq, .bev = evhttp_connection_get_bufferevent(evcon), .closed = closed, .arg = arg };
    stream->connection = http_connections_find(server->connections, stream->bev);
    http_reply_begin(request, flow, 200);
    http_reply_add_fields(server, evreq,
                          &(const struct http_answer){ .request_id = flow->request_id, .fields = request->reply_fields }, false);
    evhttp_add_header(evhttp_request_get_output_headers(evreq), "Content-Type", content_type);
    evhttp_add_header(evhttp_request_get_output_headers(evreq), "Connection", "close");
    evhttp_connection_set_closecb(evcon, stream_closes, stream);
    evhttp_send_reply_start(evreq, 200, "OK");
    http_connection_streams(stream->connection);
    *started = stream;
    return flow_end(flow);
}

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

void http_stream_send(struct http_stream *stream, const void *bytes, size_t length)
{
    struct evbuffer *chunk = evbuffer_new();

    evbuffer_add(chunk, bytes, length);
    evhttp_send_reply_chunk_with_cb(stream->evreq, chunk, stream_drained, stream);
    evbuffer_free(chunk);
}

static void stream_drained(struct evhttp_connection *evcon, void *arg)
{
    const struct http_stream *stream = arg;
    (void)evcon;

    if (stream->drained) {
        stream->drained(stream->arg);
    }
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
    evhttp_connection_set_closecb(evhttp_request_get_connection(stream->evreq), http_connection_left, stream->connection);
    evhttp_request_set_on_complete_cb(stream->evreq, http_reply_written, stream->connection);
    http_connection_got_reply(stream->connection);
    evhttp_send_reply_end(stream->evreq);
    free(stream);
}

void http_stream_abort(struct http_stream *stream)
{
    http_connection_shut(stream->connection);
}
