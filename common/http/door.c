/* door.c - see door.h.
 *
 * Where two parsers read one request differently, one of them can be made to see a second request inside it. So
 * whatever has two readings is refused here: doubled or decorated lengths, bodies where none belong, names with spaces,
 * targets that bring a host along.
 */
#include "common/http/door.h"

#include <string.h>
#include <strings.h>

#include "common/base/str.h"

static const struct http_refusal *check_version(const struct http_head *head);
static const struct http_refusal *check_target(const char *target);
static const struct http_refusal *check_fields(const struct http_head *head);
static const struct http_refusal *check_single(const struct http_head *head);
static const struct http_refusal *check_host(const struct http_head *head);
static const struct http_refusal *check_framing(const struct http_head *head);
static const struct http_refusal *check_expectation(const struct http_head *head);
static const char *find(const struct http_head *head, const char *name, int *times);
static bool parse_length(const char *text, size_t *length);

const struct http_refusal *http_door_check(const struct http_head *head)
{
    const struct http_refusal *refusal = check_version(head);

    if (!refusal) {
        refusal = check_target(head->target);
    }
    if (!refusal) {
        refusal = check_fields(head);
    }
    if (!refusal) {
        refusal = check_single(head);
    }
    if (!refusal) {
        refusal = check_host(head);
    }
    if (!refusal) {
        refusal = check_framing(head);
    }
    if (!refusal) {
        refusal = check_expectation(head);
    }
    return refusal;
}

static const struct http_refusal *check_version(const struct http_head *head)
{
    static const struct http_refusal refusal = { 400, "malformed_request", "The HTTP version is not 1.0 or 1.1." };

    return head->major == 1 && (head->minor == 0 || head->minor == 1) ? NULL : &refusal;
}

static const struct http_refusal *check_target(const char *target)
{
    static const struct http_refusal form = { 400, "malformed_request",
                                              "The request target must be a path that begins with one slash." };
    static const struct http_refusal bytes = { 400, "malformed_request",
                                               "The request target has characters that must be percent-encoded." };
    static const struct http_refusal nul = { 400, "malformed_request", "The path holds an encoded NUL." };

    if (!target || target[0] != '/' || target[1] == '/') {
        return &form;
    }
    for (const char *at = target; *at; at++) {
        if (*at <= ' ' || *at >= 0x7f || *at == '#') {
            return &bytes;
        }
    }
    const char *escaped_nul = strstr(target, "%00");
    const char *query = strchr(target, '?');
    return escaped_nul && (!query || escaped_nul < query) ? &nul : NULL;
}

static const struct http_refusal *check_fields(const struct http_head *head)
{
    static const struct http_refusal many = { 400, "malformed_request", "The request has too many header fields." };
    static const struct http_refusal name = { 400, "malformed_request", "A header field's name is no token." };
    static const struct http_refusal value = { 400, "malformed_request", "A header field's value holds a control character." };

    if (head->field_count > HTTP_FIELDS_MAX) {
        return &many;
    }
    for (size_t i = 0; i < head->field_count; i++) {
        if (!http_is_token(head->fields[i].name)) {
            return &name;
        }
        if (!http_is_field_value(head->fields[i].value)) {
            return &value;
        }
    }
    return NULL;
}

/* What is read of a request and is no list: of two values one would be passed over, and a proxy may have gone by that one. */
static const struct http_refusal *check_single(const struct http_head *head)
{
#define SINGLE(name)                                                                                                             \
    {                                                                                                                            \
        name,                                                                                                                    \
        {                                                                                                                        \
            400, "malformed_request", "The request has more than one " name "."                                                  \
        }                                                                                                                        \
    }
    static const struct {
        const char *name;
        struct http_refusal refusal;
    } singles[] = { SINGLE("Authorization"), SINGLE("Content-Type"),   SINGLE("Idempotency-Key"), SINGLE("Last-Event-ID"),
                    SINGLE("Origin"),        SINGLE("Sec-Fetch-Site"), SINGLE("Range"),           SINGLE("If-Range") };
#undef SINGLE
    int times;

    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        find(head, singles[i].name, &times);
        if (times > 1) {
            return &singles[i].refusal;
        }
    }
    return NULL;
}

static const struct http_refusal *check_host(const struct http_head *head)
{
    static const struct http_refusal missing = { 400, "malformed_request", "The request needs exactly one Host." };
    static const struct http_refusal bad = { 400, "malformed_request", "The Host is no name or address." };
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]";
    int times;
    const char *host = find(head, "Host", &times);

    if (times > 1 || (times == 0 && head->minor == 1)) {
        return &missing;
    }
    return host && (!*host || host[strspn(host, allowed)]) ? &bad : NULL;
}

static const struct http_refusal *check_framing(const struct http_head *head)
{
    /* No chunked bodies at all: evhttp reads chunk sizes such as 0x5, +5 and -0, which others refuse or read otherwise.
     */
    static const struct http_refusal chunked = { 411, "length_required", "Send the body with a Content-Length." };
    static const struct http_refusal length = { 400, "malformed_request", "The Content-Length is not one whole number." };
    static const struct http_refusal unexpected = { 400, "malformed_request", "This method takes no body." };
    static const struct http_refusal large = { 413, "body_too_large", "The body is larger than this server takes." };
    int transfer_times, length_times;
    size_t announced = 0;

    find(head, "Transfer-Encoding", &transfer_times);
    const char *text = find(head, "Content-Length", &length_times);
    if (transfer_times) {
        return &chunked;
    }
    if (length_times > 1 || (text && !parse_length(text, &announced))) {
        return &length;
    }
    if (announced && (head->method == HTTP_GET || head->method == HTTP_HEAD)) {
        return &unexpected;
    }
    /* evhttp takes no body of methods it does not know and would read it as the next request. */
    if (announced != head->body_read) {
        return &unexpected;
    }
    return announced > head->body_max ? &large : NULL;
}

static const struct http_refusal *check_expectation(const struct http_head *head)
{
    static const struct http_refusal refusal = { 417, "expectation_failed", "The only expectation understood is 100-continue." };
    int times;
    const char *expect = find(head, "Expect", &times);

    return times > 1 || (expect && strcasecmp(expect, "100-continue") != 0) ? &refusal : NULL;
}

static const char *find(const struct http_head *head, const char *name, int *times)
{
    const char *value = NULL;

    *times = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        if (strcasecmp(head->fields[i].name, name) == 0) {
            (*times)++;
            value = head->fields[i].value;
        }
    }
    return value;
}

static bool parse_length(const char *text, size_t *length)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 18 || text[digits]) {
        return false;
    }
    *length = 0;
    for (; *text; text++) {
        *length = *length * 10 + (size_t)(*text - '0');
    }
    return true;
}

bool http_is_token(const char *text)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return *text && !text[strspn(text, allowed)];
}

bool http_is_field_value(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if ((*at < ' ' && *at != '\t') || *at == 0x7f) {
            return false;
        }
    }
    return true;
}
