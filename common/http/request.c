/* request.c - reading a request: its query, its fields, its cookies, its JSON. evhttp's part of it is in receive.c. */
#include "common/http/request.h"

#include <string.h>
#include <strings.h>

#include "common/base/str.h"

static bool next_parameter(struct arena *arena, const char **at, char **name, char **value);
static const char *cookie_in(struct arena *arena, const char *list, const char *name);
static bool is_type(const char *header, const char *type);
static bool parameter_is(const char *at, size_t length, const char *name, const char *expected);
static bool is_identity(const char *codings);

enum http_method http_method(const struct flow *flow)
{
    const struct http_request *request = flow->owner;

    return request->method;
}

const char *http_method_name(enum http_method method)
{
    switch (method) {
    case HTTP_GET:
        return "GET";
    case HTTP_HEAD:
        return "HEAD";
    case HTTP_POST:
        return "POST";
    case HTTP_PUT:
        return "PUT";
    case HTTP_PATCH:
        return "PATCH";
    case HTTP_DELETE:
        return "DELETE";
    case HTTP_OPTIONS:
        return "OPTIONS";
    case HTTP_OTHER:
        break;
    }
    return "OTHER";
}

const char *http_path(const struct flow *flow)
{
    const struct http_request *request = flow->owner;

    return request->path;
}

const char *http_query_string(const struct flow *flow)
{
    const struct http_request *request = flow->owner;

    return request->query;
}

const char *http_query(const struct flow *flow, const char *name)
{
    const struct http_request *request = flow->owner;
    const char *at = request->query;
    char *found, *value;

    while (at && *at) {
        if (!next_parameter(flow->arena, &at, &found, &value)) {
            return NULL;
        }
        if (found && strcmp(found, name) == 0) {
            return value;
        }
    }
    return NULL;
}

bool http_query_each(const struct flow *flow, bool (*each)(void *arg, const char *name, const char *value), void *arg)
{
    const struct http_request *request = flow->owner;
    const char *at = request->query;
    char *name, *value;

    while (at && *at) {
        if (!next_parameter(flow->arena, &at, &name, &value)) {
            return false;
        }
        if (name && !each(arg, name, value)) {
            return false;
        }
    }
    return true;
}

/* Moves at beyond one name=value; *name is NULL for the nothing between "&&". False when it cannot be decoded. */
static bool next_parameter(struct arena *arena, const char **at, char **name, char **value)
{
    size_t length = strcspn(*at, "&");
    char *copy = arena_strndup(arena, *at, length);
    char *equals = strchr(copy, '=');

    *at += length + ((*at)[length] == '&');
    *name = length ? copy : NULL;
    *value = equals ? equals + 1 : copy + length;
    if (equals) {
        *equals = '\0';
    }
    return str_url_decode(copy, true) && (!equals || str_url_decode(*value, true));
}

const char *http_header(const struct flow *flow, const char *name)
{
    const struct http_request *request = flow->owner;

    for (size_t i = 0; i < request->field_count; i++) {
        if (strcasecmp(request->fields[i].name, name) == 0) {
            return request->fields[i].value;
        }
    }
    return NULL;
}

const char *http_headers(const struct flow *flow, const char *name)
{
    const struct http_request *request = flow->owner;
    const char *all = NULL;

    for (size_t i = 0; i < request->field_count; i++) {
        if (strcasecmp(request->fields[i].name, name) == 0) {
            const char *line = request->fields[i].value;
            all = all ? arena_printf(flow->arena, "%s, %s", all, line) : line;
        }
    }
    return all;
}

const char *http_cookie(const struct flow *flow, const char *name)
{
    const struct http_request *request = flow->owner;
    const char *value = NULL;

    for (size_t i = 0; i < request->field_count && !value; i++) {
        if (strcasecmp(request->fields[i].name, "Cookie") == 0) {
            value = cookie_in(flow->arena, request->fields[i].value, name);
        }
    }
    return value;
}

static const char *cookie_in(struct arena *arena, const char *list, const char *name)
{
    size_t name_length = strlen(name);

    while (*list) {
        list += strspn(list, " \t;");
        size_t length = strcspn(list, ";");
        if (length > name_length && list[name_length] == '=' && memcmp(list, name, name_length) == 0) {
            const char *value = list + name_length + 1;
            size_t value_length = length - name_length - 1;
            while (value_length && (value[value_length - 1] == ' ' || value[value_length - 1] == '\t')) {
                value_length--;
            }
            if (value_length >= 2 && value[0] == '"' && value[value_length - 1] == '"') {
                value++;
                value_length -= 2;
            }
            return arena_strndup(arena, value, value_length);
        }
        list += length;
    }
    return NULL;
}

bool http_is_json(const struct flow *flow)
{
    const char *header = http_header(flow, "Content-Type");

    return header && (is_type(header, "application/json") ||
                      (http_method(flow) == HTTP_PATCH && is_type(header, "application/merge-patch+json")));
}

static bool is_type(const char *header, const char *type)
{
    const char *at = header + strlen(type);

    if (strncasecmp(header, type, strlen(type)) != 0) {
        return false;
    }
    at += strspn(at, " \t");
    if (*at && *at != ';') {
        return false;
    }
    while (*at) {
        at += strspn(at, "; \t");
        size_t length = strcspn(at, ";");
        if (length >= 7 && strncasecmp(at, "charset", 7) == 0 && !parameter_is(at, length, "charset", "utf-8")) {
            return false;
        }
        at += length;
    }
    return true;
}

/* name=value or name="value", with blanks after it. */
static bool parameter_is(const char *at, size_t length, const char *name, const char *expected)
{
    size_t name_length = strlen(name);

    while (length && (at[length - 1] == ' ' || at[length - 1] == '\t')) {
        length--;
    }
    if (length <= name_length || at[name_length] != '=') {
        return false;
    }
    const char *value = at + name_length + 1;
    size_t value_length = length - name_length - 1;
    if (value_length >= 2 && value[0] == '"' && value[value_length - 1] == '"') {
        value++;
        value_length -= 2;
    }
    return value_length == strlen(expected) && strncasecmp(value, expected, value_length) == 0;
}

bool http_is_encoded(const struct flow *flow)
{
    const char *codings = http_headers(flow, "Content-Encoding");
    size_t length = 0;

    if (codings && !is_identity(codings)) {
        http_body(flow, &length);
    }
    return length > 0;
}

static bool is_identity(const char *codings)
{
    static const char identity[] = "identity";

    while (*(codings += strspn(codings, " \t,"))) {
        size_t length = strcspn(codings, " \t,");
        if (length != sizeof identity - 1 || strncasecmp(codings, identity, length) != 0) {
            return false;
        }
        codings += length;
    }
    return true;
}

json_t *http_json(const struct flow *flow, const char **error)
{
    struct http_request *request = flow->owner;

    if (!request->json && !request->json_error) {
        size_t length = 0;
        const char *body = http_body(flow, &length);
        request->json = json_parse(flow->arena, body, length, &request->json_error);
    }
    *error = request->json_error;
    return request->json;
}

const char *http_client_address(const struct flow *flow)
{
    const struct http_request *request = flow->owner;

    return request->client;
}

void http_remember_route(struct flow *flow, const char *pattern)
{
    struct http_request *request = flow->owner;

    request->pattern = pattern;
}

void http_keep_match(struct flow *flow, void *match)
{
    struct http_request *request = flow->owner;

    request->match = match;
}

void *http_match(const struct flow *flow)
{
    const struct http_request *request = flow->owner;

    return request->match;
}
