/* body.c - see body.h. */
#include "common/http/body.h"

#include <string.h>
#include <strings.h>

#include "common/http/http.h"
#include "common/http/request.h"

static bool is_type(const char *header, const char *type);
static bool parameter_is(const char *at, size_t length, const char *name, const char *expected);
static bool is_identity(const char *codings);

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
