/* request.h - a request as the files of the server share it; handlers see it through http.h only. */
#ifndef SHARELINK_HTTP_REQUEST_H
#define SHARELINK_HTTP_REQUEST_H

#include "common/http/http.h"
#include "common/http/door.h"

struct evhttp_request;

struct http_request {
    struct http_server *server;
    struct evhttp_request *evhttp; /* NULL once replied, or when the server went first */
    struct http_request *next, **link;
    int64_t started_us;
    enum http_method method;
    const char *path, *query;
    const struct http_field *fields; /* borrowed from evhttp until the reply */
    size_t field_count;
    const char *client;
    const char *body; /* NULL until asked for */
    size_t body_length;
    json_t *json; /* of the body; both NULL until asked for */
    const char *json_error;
    const char *pattern; /* of the route, or NULL */
    void *match;
    struct http_reply_field *reply_fields, **reply_fields_end;
    http_hook *before_reply; /* or NULL */
    void *before_reply_arg;
};

struct http_reply_field {
    const char *name, *value;
    struct http_reply_field *next;
};

#endif
