/* conditional.c - see conditional.h. */
#include "common/http/conditional.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/data/crypto.h"
#include "common/pg/declared.h"
#include "common/http/http.h"
#include "common/http/problem.h"
#include "common/base/str.h"

#define TAG_BYTES 12

static bool read_tags(struct arena *arena, const char *value, const char **tags);
static const char *next_tag(const char *at, const char **tag, size_t *length);
static bool is_weak_alone(const char *at);

bool conditional_is_known(const struct flow *flow, const char *etag)
{
    const char *at = http_headers(flow, "If-None-Match"), *tag;
    size_t length, wanted = strlen(etag);

    if (!at || str_equal(at, "*")) {
        return at != NULL;
    }
    while ((at = next_tag(at, &tag, &length))) {
        if (length == wanted && memcmp(tag, etag, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The next of a list of tags, with its quotes and without W/; NULL at the end, or where it is no such list any more. */
static const char *next_tag(const char *at, const char **tag, size_t *length)
{
    at += strspn(at, " \t,");
    at += strncmp(at, "W/", 2) == 0 ? 2 : 0;
    if (*at != '"') {
        return NULL;
    }
    const char *end = strchr(at + 1, '"');
    if (!end) {
        return NULL;
    }
    *tag = at;
    *length = (size_t)(end + 1 - at);
    return end + 1;
}

void conditional_set_headers(struct flow *flow, const char *etag)
{
    http_set_header(flow, "ETag", etag);
    http_set_header(flow, "Cache-Control", "private, no-cache");
    http_set_header(flow, "Vary", "Authorization");
}

struct next *conditional_reply_json(struct flow *flow, const char *etag, const char *json)
{
    conditional_set_headers(flow, etag);
    return conditional_is_known(flow, etag) ? http_reply_empty(flow, 304) : http_reply_json(flow, 200, json);
}

static const char *tag_of_version(struct arena *arena, int64_t version)
{
    return arena_printf(arena, "\"v%lld\"", (long long)version);
}

struct next *conditional_reply_version(struct flow *flow, int64_t version, bool is_as_made, const char *json)
{
    const char *etag = tag_of_version(flow->arena, version);

    if (is_as_made) {
        return conditional_reply_json(flow, etag, json);
    }
    conditional_set_headers(flow, etag);
    return http_reply_json(flow, 200, json);
}

void conditional_set_version(struct flow *flow, int64_t version)
{
    http_set_header(flow, "ETag", tag_of_version(flow->arena, version));
}

const char *conditional_tag_of(struct arena *arena, const char *json)
{
    uint8_t hash[CRYPTO_HASH_SIZE];
    char *text = arena_alloc(arena, str_base64url_size(TAG_BYTES));

    crypto_hash(hash, json, strlen(json));
    str_base64url(text, hash, TAG_BYTES);
    return arena_printf(arena, "\"%s\"", text);
}

const char *conditional_tags(struct flow *flow)
{
    const char *value = http_headers(flow, "If-Match"), *tags;

    if (!value || str_equal(value, "*")) {
        return NULL;
    }
    return read_tags(flow->arena, value, &tags) ? tags : "";
}

/* False when it is no list of tags. One with other than letters, digits, - and _ is none of ours. */
static bool read_tags(struct arena *arena, const char *value, const char **tags)
{
    static const char ours[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const char *at = value, *tag;
    bool is_list = false;
    size_t length;

    *tags = "";
    while (*(at += strspn(at, " \t,"))) {
        bool is_weak = strncmp(at, "W/", 2) == 0;
        at = next_tag(at, &tag, &length);
        if (!at || (*at && !strchr(" \t,", *at))) {
            return false;
        }
        is_list = true;
        if (!is_weak && strspn(tag + 1, ours) == length - 2) {
            *tags = arena_printf(arena, "%s%s%.*s", *tags, **tags ? "," : "", (int)length - 2, tag + 1);
        }
    }
    return is_list;
}

const char *conditional_detail(const struct flow *flow, const char *detail)
{
    const char *value = http_headers(flow, "If-Match"), *tags;

    if (!value || str_equal(value, "*")) {
        return detail;
    }
    if (!read_tags(flow->arena, value, &tags)) {
        return "If-Match is no list of tags; each has its quotes, as ETag gives it: \"v1\".";
    }
    return is_weak_alone(value) ? "If-Match names weak tags alone, which no change is made by; send the tag without its W/."
                                : detail;
}

/* Of a list of tags. */
static bool is_weak_alone(const char *at)
{
    const char *tag;
    size_t length;

    while (at && *(at += strspn(at, " \t,"))) {
        if (strncmp(at, "W/", 2) != 0) {
            return false;
        }
        at = next_tag(at, &tag, &length);
    }
    return true;
}

struct next *conditional_reply_other(struct flow *flow, const char *detail)
{
    return problem_reply(flow, 412, "precondition_failed", conditional_detail(flow, detail));
}

struct next *conditional_reply_changed(struct flow *flow, const char *thing)
{
    return conditional_reply_other(flow,
                                   arena_printf(flow->arena, "%s has changed since the version that If-Match names.", thing));
}
