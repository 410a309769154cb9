/* s3_presign.c - see the header: the canonical request, the string to sign, the key of the day, the signature. */
#include "services/views/s3_presign.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/data/crypto.h"
#include "common/base/str.h"

#define HEX_SIZE (2 * CRYPTO_SHA256_SIZE + 1)

struct moment {
    char date[9];   /* 20130524 */
    char stamp[17]; /* 20130524T000000Z */
};

/* In the order in which they run. */
static bool is_bucket(const char *bucket);
static bool is_key(const char *key);
static struct moment moment_of(int64_t wall_ms);
static void add_query(struct buf *query, const struct s3_access *access, const struct s3_answer *answer,
                      const struct moment *moment, int expires_s);
static void sign(char signature[HEX_SIZE], const struct s3_access *access, const struct moment *moment,
                 const struct buf *request);

static void add_encoded(struct buf *to, const char *text, const char *also_plain);

char *s3_presign_get(struct arena *arena, const struct s3_access *access, const char *bucket, const char *key,
                     const struct s3_answer *answer, int64_t wall_ms, int expires_s)
{
    struct moment moment = moment_of(wall_ms);
    struct buf host = { 0 }, path = { 0 }, query = { 0 }, request = { 0 };
    char signature[HEX_SIZE];

    if (!is_bucket(bucket) || !is_key(key)) {
        return NULL;
    }
    const char *endpoint_host = strstr(access->endpoint, "://") + 3;
    bool in_path = access->path_style || strchr(bucket, '.');
    buf_printf(&host, in_path ? "%.0s%s" : "%s.%s", bucket, endpoint_host);
    buf_printf(&path, in_path ? "/%s/" : "/", bucket);
    add_encoded(&path, key, "/");
    add_query(&query, access, answer, &moment, expires_s);
    buf_printf(&request, "GET\n%s\n%s\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD", path.data, query.data, host.data);
    sign(signature, access, &moment, &request);
    char *url = arena_printf(arena, "%.*s%s%s?%s&X-Amz-Signature=%s", (int)(endpoint_host - access->endpoint), access->endpoint,
                             host.data, path.data, query.data, signature);
    buf_clear(&host);
    buf_clear(&path);
    buf_clear(&query);
    buf_clear(&request);
    return url;
}

static bool is_bucket(const char *bucket)
{
    size_t length = strlen(bucket);

    return length >= 3 && length <= 63 && strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length &&
           !strchr(".-", bucket[0]) && !strchr(".-", bucket[length - 1]) && !strstr(bucket, "..");
}

static bool is_key(const char *key)
{
    for (const char *at = key; *at; at += strcspn(at, "/")) {
        at += *at == '/';
        size_t length = strcspn(at, "/");
        if ((length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.')) {
            return false;
        }
    }
    return *key && strlen(key) <= 1024;
}

static struct moment moment_of(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct moment moment;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(moment.date, sizeof moment.date, "%Y%m%d", &utc);
    strftime(moment.stamp, sizeof moment.stamp, "%Y%m%dT%H%M%SZ", &utc);
    return moment;
}

/* Sorted by name, as the canonical request wants them: X before r. */
static void add_query(struct buf *query, const struct s3_access *access, const struct s3_answer *answer,
                      const struct moment *moment, int expires_s)
{
    buf_add_text(query, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=");
    add_encoded(query, access->access_key_id, "");
    buf_printf(query, "%%2F%s%%2F", moment->date);
    add_encoded(query, access->region, "");
    buf_printf(query, "%%2Fs3%%2Faws4_request&X-Amz-Date=%s&X-Amz-Expires=%d&X-Amz-SignedHeaders=host", moment->stamp, expires_s);
    if (answer && answer->content_disposition) {
        buf_add_text(query, "&response-content-disposition=");
        add_encoded(query, answer->content_disposition, "");
    }
    if (answer && answer->content_type) {
        buf_add_text(query, "&response-content-type=");
        add_encoded(query, answer->content_type, "");
    }
}

static void sign(char signature[HEX_SIZE], const struct s3_access *access, const struct moment *moment, const struct buf *request)
{
    uint8_t key[CRYPTO_SHA256_SIZE], digest[CRYPTO_SHA256_SIZE];
    const char *const steps[] = { moment->date, access->region, "s3", "aws4_request" };
    struct buf text = { 0 };
    char hex[HEX_SIZE];

    crypto_sha256(digest, request->data, request->length);
    str_hex(hex, digest, CRYPTO_SHA256_SIZE);
    buf_printf(&text, "AWS4%s", access->secret_access_key);
    crypto_hmac_sha256(key, text.data, text.length, steps[0], strlen(steps[0]));
    buf_clear(&text);
    for (size_t i = 1; i < sizeof steps / sizeof steps[0]; i++) {
        crypto_hmac_sha256(key, key, sizeof key, steps[i], strlen(steps[i]));
    }
    buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/s3/aws4_request\n%s", moment->stamp, moment->date, access->region, hex);
    crypto_hmac_sha256(digest, key, sizeof key, text.data, text.length);
    str_hex(signature, digest, CRYPTO_SHA256_SIZE);
    buf_clear(&text);
}

/* RFC 3986's unreserved characters stay as they are, and also_plain's. */
static void add_encoded(struct buf *to, const char *text, const char *also_plain)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool is_plain = (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') ||
                        strchr("-._~", *at) || strchr(also_plain, *at);
        buf_printf(to, is_plain ? "%c" : "%%%02X", *at);
    }
}
