/* server.h - the server as its own files share it; everybody else sees http.h only.
 *
 *     server.c  starts, drains and ends it        receive.c  evhttp's request → the door (door.c) → its flow
 *     listen.c  its socket                        reply.c, reply_fields.c, reply_stream.c  a flow's answer → evhttp
 *     connections.c  what evhttp does not do for connections        route_metrics.c  what is counted of each answer
 *
 * evhttp stops reading a connection while its request is in a flow, so that a request stays valid until it is answered,
 * also when its client has left: the answer then goes nowhere. Nothing here may turn reading on in that time; a second
 * request in the buffer would end the process. What evhttp's parser itself refuses is answered by evhttp, and put into our form
 * of an error (reply.c).
 */
#ifndef SHARELINK_HTTP_SERVER_H
#define SHARELINK_HTTP_SERVER_H

#include "common/http/http.h"

struct evhttp;
struct evhttp_bound_socket;
struct evhttp_connection;
struct evhttp_request;
struct http_request;

struct http_server {
    struct http_server_options options;
    struct event_base *base;
    struct evhttp *evhttp;
    struct evhttp_bound_socket *bound; /* NULL once the listener is closed */
    int64_t drain_since_us;            /* 0 while it is not draining */
    struct event *closing;
    struct http_connections *connections;
    struct http_proxies *proxies;
    struct http_route_metrics *route_metrics;
    int port;
    struct http_request *requests; /* not answered yet */
    char date[32];                 /* the Date of all replies of one second */
    int64_t date_s;
};

/* evhttp's gencb: takes a request that was read. */
void http_receive(struct evhttp_request *evreq, void *server);
/* evhttp's closecb, of a connection without a stream. */
void http_connection_left(struct evhttp_connection *evcon, void *connection);

#endif
