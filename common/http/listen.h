/* listen.h - the socket that an HTTP server listens on, from its setting's text. */
#ifndef SHARELINK_HTTP_LISTEN_H
#define SHARELINK_HTTP_LISTEN_H

struct arena;
struct evconnlistener;
struct event_base;

/* address:port or [v6]:port; port 0 takes a free one. NULL with *error (static or from strerror) when it cannot listen. */
struct evconnlistener *http_listen(struct event_base *base, const char *address, const char **error);
int http_listen_port(struct evconnlistener *listener);

/* Where a second listener of the same process is by default: the same address, the port 1000 higher (lower where there is none
 * higher); any free one where the first takes any. In the arena. */
const char *http_listen_beside(struct arena *arena, const char *address);

#endif
