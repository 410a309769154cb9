/* conditional.c - see conditional.h. */
#include "common/http/conditional.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/data/crypto.h"
#include "common/pg/declared.h"
#include "common/http/http.h"
#include "common/http/problem.h"
#include "common/base/str.h"

#define TAG_BYTES  12
#define NO_VERSION (-1) /* that no row has */

static const char *next_tag(const char *at, const char **tag, size_t *length);

bool conditional_is_known(const struct flow *flow, const char *etag)
{
    const char *at = http_header(flow, "If-None-Match"), *tag;
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

struct next *conditional_reply_version(struct flow *flow, int64_t version, const char *json)
{
    return conditional_reply_json(flow, tag_of_version(flow->arena, version), json);
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

const int64_t *conditional_version(struct flow *flow, int64_t least)
{
    const char *tag = http_header(flow, "If-Match");

    if (!tag || str_equal(tag, "*")) {
        return NULL;
    }
    int64_t *version = arena_alloc(flow->arena, sizeof *version);
    size_t length = strlen(tag);
    bool is_ours = length >= 4 && str_starts_with(tag, "\"v") && tag[length - 1] == '"';
    *version = NO_VERSION;
    if (is_ours && (tag[2] != '0' || length == 4)) {
        str_parse_int(arena_strndup(flow->arena, tag + 2, length - 3), least, INT32_MAX, version);
    }
    return version;
}

struct next *conditional_reply_changed(struct flow *flow, const char *thing)
{
    return problem_reply(flow, 412, "precondition_failed",
                         arena_printf(flow->arena, "%s has changed since the version that If-Match names.", thing));
}
