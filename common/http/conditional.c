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

/* What If-Match wants. */
struct if_match {
    bool is_list; /* of tags, as it should be */
    int versions; /* different ones of ours in it */
    int64_t version;
};

static struct if_match read_if_match(const char *value, int64_t least);
static bool read_version(const char *tag, size_t length, int64_t least, int64_t *version);
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
    const char *value = http_header(flow, "If-Match");

    if (!value || str_equal(value, "*")) {
        return NULL;
    }
    int64_t *version = arena_alloc(flow->arena, sizeof *version);
    struct if_match wanted = read_if_match(value, least);
    *version = wanted.is_list && wanted.versions == 1 ? wanted.version : NO_VERSION;
    return version;
}

/* Tags divided by commas. One that we never gave out, and a weak one, is no version that there could be. */
static struct if_match read_if_match(const char *value, int64_t least)
{
    struct if_match wanted = { .version = NO_VERSION };
    const char *at = value, *tag;
    size_t length;

    while (*(at += strspn(at, " \t,"))) {
        bool is_weak = strncmp(at, "W/", 2) == 0;
        int64_t version;
        at = next_tag(at, &tag, &length);
        if (!at || !strchr(" \t,", *at)) {
            return (struct if_match){ .version = NO_VERSION };
        }
        wanted.is_list = true;
        if (!is_weak && read_version(tag, length, least, &version) && version != wanted.version) {
            wanted.version = version;
            wanted.versions++;
        }
    }
    return wanted;
}

/* "v1", with its quotes. */
static bool read_version(const char *tag, size_t length, int64_t least, int64_t *version)
{
    char digits[16];

    if (length < 4 || length - 3 >= sizeof digits || tag[1] != 'v' || (tag[2] == '0' && length > 4)) {
        return false;
    }
    memcpy(digits, tag + 2, length - 3);
    digits[length - 3] = '\0';
    return str_parse_int(digits, least, INT32_MAX, version);
}

const char *conditional_fault(const struct flow *flow)
{
    const char *value = http_header(flow, "If-Match");
    struct if_match wanted = { .is_list = true };

    if (value && !str_equal(value, "*")) {
        wanted = read_if_match(value, 0);
    }
    return !wanted.is_list       ? "If-Match is no list of tags; each has its quotes, as ETag gives it: \"v1\"."
           : wanted.versions > 1 ? "If-Match names several versions; name the one that the change was made to."
                                 : NULL;
}

struct next *conditional_reply_changed(struct flow *flow, const char *thing)
{
    const char *fault = conditional_fault(flow);

    return problem_reply(flow, 412, "precondition_failed",
                         fault ? fault
                               : arena_printf(flow->arena, "%s has changed since the version that If-Match names.", thing));
}
