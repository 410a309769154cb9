/* connections.h - what evhttp does not do for its connections: count them, make room, and end the slow and the silent ones.
 *
 * A connection is idle → reading → pending → writing → idle. Reading and writing have deadlines that a
 * trickle of bytes does not put off, which evhttp's own timers (they count inactivity) do not give: reading an absolute
 * one, writing one that only a fair rate renews, for a film on a slow line. Used by the server alone.
 */
#ifndef SHARELINK_HTTP_CONNECTIONS_H
#define SHARELINK_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/http/http.h"

struct bufferevent;
struct evconnlistener;
struct event_base;
struct buf;
struct http_connection;
struct http_connections;
struct metric;

/* evhttp answers a body beyond its own limit in HTML; up to this much more, we can do it better. */
#define HTTP_BODY_SLACK ((size_t)64 * 1024)

struct http_connections_options {
    int most;
    int first_byte_limit_ms;                           /* of a new connection */
    int read_limit_ms, write_limit_ms, write_rate_min; /* see http.h */
    size_t header_max, body_max;                       /* bytes */
    struct http_large_request large;
    void (*limit_body)(void *evcon, size_t most); /* has evhttp take bodies up to so many bytes */
    /* evhttp answers some requests by itself, in HTML. Writes the whole reply that goes out instead. */
    void (*reword)(void *arg, int status, struct buf *reply);
    void *arg;
    struct metric *gauge; /* of open connections; may be NULL */
    size_t waiting_max;   /* bytes of answers that wait to be read; 0: no limit */
    struct metric *waiting_gauge;
};

struct http_connections *http_connections_new(struct event_base *base, const struct http_connections_options *options);
/* After evhttp_free. */
void http_connections_free(struct http_connections *connections);

/* Stops and starts the listener with the number of connections, and pauses it when the process is out of descriptors.
 * The listener stays the caller's; NULL when it is gone. */
void http_connections_guard(struct http_connections *connections, struct evconnlistener *listener);
/* evhttp's bevcb: makes the bufferevent of a connection that was just accepted. */
struct bufferevent *http_connections_open(struct event_base *base, void *connections);
struct http_connection *http_connections_find(struct http_connections *connections, const struct bufferevent *bev);
/* Shuts what is kept for a further request and has none on the way. What was accepted and has said nothing yet, or half a
 * request, has so long to say it. */
void http_connections_close_idle(struct http_connections *connections, int limit_ms);
/* Connections with a request on the way: accepted, but none read yet, or half read. */
int http_connections_expecting(const struct http_connections *connections);
/* Connections with a reply not yet written, streams among them. */
int http_connections_writing(const struct http_connections *connections);

/* What the body of the request that it sends may have, in bytes: asked before http_connection_got_request. */
size_t http_connection_body_max(const struct http_connection *connection);

/* What happened to a connection. */
int http_connection_got_request(struct http_connection *connection); /* returns how many it had, this one included */
/* Before a reply with a body of this length, of which it has a copy, or which it shares with all that take the same; false: too
 * much waits to be read already. One that may not be refused is counted all the same. */
bool http_connection_takes(struct http_connection *connection, const void *shared, size_t length, bool may_be_refused);
void http_connection_got_reply(struct http_connection *connection);
/* A reply without an end in sight: no deadline; a peer that takes nothing for a minute is given up by TCP. */
void http_connection_streams(struct http_connection *connection);
void http_connection_wrote_reply(struct http_connection *connection);
/* evhttp is about to free its side: forgets the connection, unless it lingers. */
void http_connection_closes(struct http_connection *connection);
/* No further request will be read, whatever evhttp thinks. */
void http_connection_shut(struct http_connection *connection);

#endif
