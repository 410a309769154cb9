/* door.h - the one strict check of a request's head, of what evhttp's parser lets through. No evhttp in it. */
#ifndef SHARELINK_HTTP_DOOR_H
#define SHARELINK_HTTP_DOOR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/http/http.h"

#define HTTP_FIELDS_MAX 100

struct http_field {
    const char *name, *value;
};

struct http_head {
    int major, minor;
    enum http_method method;
    const char *target;
    const struct http_field *fields;
    size_t field_count;
    size_t body_read; /* bytes that the parser took as the body */
    size_t body_max;
};

struct http_refusal {
    int status;
    const char *code, *detail;
};

/* NULL when the request may come in. A refused one's connection is closed after the answer: where its next request
 * begins is not certain. */
const struct http_refusal *http_door_check(const struct http_head *head);

/* RFC 9110 token; text without control characters but tab. */
bool http_is_token(const char *text);
bool http_is_field_value(const char *text);

#endif
