/* http.h - an HTTP/1.1 server on evhttp, with the strictness and the limits that evhttp lacks.
 *
 * A request that passed the door (door.h: one strict check of what evhttp's parser lets through) becomes a flow whose
 * first step is the server's handler. All replies carry X-Request-Id, nosniff and Cache-Control: no-store unless the
 * handler set another one, and what the server's options have for all.
 */
#ifndef SHARELINK_HTTP_H
#define SHARELINK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/data/json.h"
#include "common/loop/flow.h"
#include "common/words/words.h"

struct http_server;

/* A header field with one value for good. */
struct http_fixed_field {
    const char *name, *value; /* a NULL name ends a list */
};

/* What a page says of a fault, to a person: text, not HTML; borrowed. href and label: where to go from there, or NULL. */
struct http_fault_words {
    const char *heading, *text, *href, *label, *direction;
    enum words_language language; /* that they are in */
};

/* What a request is refused with. */
struct http_fault {
    int status;
    const char *code;
};

/* A request that may have a larger body than others: its method and path, as they begin its first line. */
struct http_large_request {
    const char *line; /* "POST /v1/interviews/batch"; NULL: there is none */
    size_t body_max;
};

struct http_server_options {
    const char *listen;          /* address:port; port 0 takes a free one */
    int connections_max;         /* beyond them those that say nothing make room, the oldest first; else who comes waits */
    int first_byte_limit_ms;     /* until a new connection has sent something; 0: no limit */
    size_t header_max, body_max; /* bytes; a larger body is a 413 */
    struct http_large_request large;
    size_t waiting_max; /* bytes of answers that wait to be read, all together; beyond them 503. 0: no limit */
    int read_limit_ms;  /* absolute, from a request's first byte to its last */
    int write_limit_ms; /* from a reply's first byte to its last; but see write_rate_min */
    int write_rate_min; /* bytes a second: a reply that moved so many for write_limit_ms may take as long again. 0: none may */
    int idle_limit_ms;
    bool is_apart;       /* no client's: its connections are not among those that are counted */
    int64_t deadline_ms; /* of a request's flow: then 503 */
    struct daemon *daemon;
    const void *app;
    flow_step *handle;                           /* gets every request; the router's */
    const struct http_fixed_field *reply_fields; /* of every reply, refusals of the parser too, unless its handler set one of
                                                    this name; may be NULL */
    /* Changes the words of a fault's page (see fault_page.h) where there are better ones; may be NULL. */
    void (*fault_words)(struct flow *flow, const struct http_fault *fault, struct http_fault_words *words);
    /* Finds out which language the reader of a fault's page has, and ends with http_fault_page; NULL where Accept-Language says
     * it. May be NULL. fault is borrowed. */
    struct next *(*fault_reader)(struct flow *flow, const struct http_fault *fault);
    const char *trusted_proxies; /* CIDRs, divided by commas, already checked; may be NULL. See http_client_address */
};

/* base needs two priorities (event_base_priority_init). NULL with *error (static or from strerror) when it cannot listen. */
struct http_server *http_server_new(struct event_base *base, const struct http_server_options *options, const char **error);
int http_server_port(const struct http_server *server);
/* Accepts no more connections; replies from now on close theirs. */
void http_server_drain(struct http_server *server);
/* True when no request is in hand and all replies are written. */
bool http_server_is_quiet(const struct http_server *server);
void http_server_free(struct http_server *server);

/* --- the request of a flow --- */
const struct http_server_options *http_options(const struct flow *flow); /* of its server */
enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };
enum http_method http_method(const struct flow *flow);
const char *http_method_name(enum http_method method);
const char *http_path(const struct flow *flow); /* decoded segment by segment by the router; here still raw, starts with / */
const char *http_query_string(const struct flow *flow); /* raw, or NULL */
/* Decoded value of a query parameter, NULL when absent. The first of doubles. */
const char *http_query(const struct flow *flow, const char *name);
/* Calls each with every parameter in order; stops and returns false when each does, or when the query is malformed. */
bool http_query_each(const struct flow *flow, bool (*each)(void *arg, const char *name, const char *value), void *arg);
const char *http_header(const struct flow *flow, const char *name); /* NULL when absent; of a list the first line */
/* Of a field that is a list: all its lines as one (RFC 9110, 5.3), in the arena. */
const char *http_headers(const struct flow *flow, const char *name);
const char *http_cookie(const struct flow *flow, const char *name); /* NULL when absent; in the arena */
const char *http_body(const struct flow *flow, size_t *length);     /* NUL-terminated too; in the arena */
/* The body's JSON, parsed once: every caller gets the same value. NULL with *error as of json_parse. */
json_t *http_json(const struct flow *flow, const char **error);
/* Content-Type: application/json, any charset=utf-8. Of a PATCH application/merge-patch+json too (RFC 7396): ours mean the same.
 */
bool http_is_json(const struct flow *flow);
#define HTTP_PATCH_TYPES "application/json, application/merge-patch+json"
bool http_is_encoded(const struct flow *flow); /* there is a body, with a Content-Encoding that is not identity */
/* The peer's numeric address; behind a proxy that the daemon trusts, the client's. */
const char *http_client_address(const struct flow *flow);

/* --- the reply --- */
/* Before the reply; copied. A second value replaces the first, Set-Cookie is added. A name that is no token or a value with
 * control characters is dropped, with an error in the log. */
void http_set_header(struct flow *flow, const char *name, const char *value);
void http_unset_header(struct flow *flow, const char *name);
/* What every page for people has: who may frame it, where its reader comes from, what it may not ask the browser for. */
void http_set_page_headers(struct flow *flow, const char *security_policy);
/* Calls each with every field that was set, in order. */
void http_reply_headers(const struct flow *flow, void (*each)(void *arg, const char *name, const char *value), void *arg);
/* Has hook decide instead, once, when the flow replies (not with a file, and not when its deadline passes). body is borrowed
 * for the call. The hook may wait, and ends in a reply. */
typedef struct next *http_hook(struct flow *flow, void *arg, int status, const char *content_type, const void *body,
                               size_t length);
void http_before_reply(struct flow *flow, http_hook *hook, void *arg);
/* For the metrics and the access log. pattern stays the caller's for the life of the server, the same pointer each time. */
void http_remember_route(struct flow *flow, const char *pattern);
/* What the router found for this request, kept for its handler. */
void http_keep_match(struct flow *flow, void *match);
void *http_match(const struct flow *flow);

/* --- a reply that goes on: see http_stream_start --- */
struct http_stream;
typedef void http_stream_closed(void *arg);
typedef void http_stream_drained(void *arg);
/* Copied, and sent as soon as the client takes it. */
void http_stream_send(struct http_stream *stream, const void *bytes, size_t length);
size_t http_stream_backlog(const struct http_stream *stream); /* bytes that were not taken yet */
/* Calls drained(arg) of http_stream_start from the loop whenever all that was sent has been taken. */
void http_stream_on_drained(struct http_stream *stream, http_stream_drained *drained);
void http_stream_end(struct http_stream *stream);   /* in order; closed is not called any more */
void http_stream_abort(struct http_stream *stream); /* at once; closed is called from the loop's next turns */

/* Ends of a flow. Bodies are copied. */
/* Ends the flow and leaves *stream, until http_stream_end or closed(arg), which comes when the client has gone. NULL when it
 * has gone already, or asked for the head alone. */
struct next *http_stream_start(struct flow *flow, const char *content_type, http_stream_closed *closed, void *arg,
                               struct http_stream **stream) FLOW_NEXT;
struct next *http_reply(struct flow *flow, int status, const char *content_type, const void *body, size_t length) FLOW_NEXT;
/* Not copied: it stays as it is until release(held), which is called once, when the last byte was taken or nobody wants it. */
struct next *http_reply_shared(struct flow *flow, int status, const char *content_type, const void *body, size_t length,
                               void (*release)(void *held), void *held) FLOW_NEXT;
struct next *http_reply_json(struct flow *flow, int status, const char *json) FLOW_NEXT;
/* length bytes of an open regular file from offset on; the file is closed in any case. */
struct next *http_reply_file(struct flow *flow, int status, const char *content_type, int file, int64_t offset,
                             int64_t length) FLOW_NEXT;
struct next *http_reply_empty(struct flow *flow, int status) FLOW_NEXT;
/* problem+json without further members, or a page (fault_page.h), for the layers below problem.h. code and detail are constants
 * of ours. */
struct next *http_reply_problem(struct flow *flow, int status, const char *code, const char *detail) FLOW_NEXT;
/* A fault as a page, in this language, for a reader of this locale, or NULL: for fault_reader, see struct http_server_options. */
struct next *http_fault_page(struct flow *flow, const struct http_fault *fault, enum words_language language,
                             const char *locale) FLOW_NEXT;
/* "Not Found"; "Unknown" for a status that we do not use. */
const char *http_status_phrase(int status);

#endif
