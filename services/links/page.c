/* page.c - see the header. The cursor is base64url of an 8-byte mark, the key, a NUL and the id. */
#include "services/links/page.h"

#include <string.h>

#include "common/problem.h"
#include "services/links/links.h"

enum { MARK_SIZE = 8, CURSOR_MAX = 400, LIMIT_DEFAULT = 20, LIMIT_MAX = 100 };

static bool note_unknown(void *arg, const char *name, const char *value);
static bool read_cursor(struct flow *flow, const char *list, const char *cursor, struct page *page);
static void make_mark(struct flow *flow, const char *list, const void *position, size_t length, uint8_t mark[CRYPTO_HASH_SIZE]);

bool page_read(struct flow *flow, const char *list, struct page *page, struct next **refusal)
{
    struct faults *faults = faults_new(flow->arena);
    const char *limit = http_query(flow, "limit"), *cursor = http_query(flow, "cursor");

    *page = (struct page){ .limit = LIMIT_DEFAULT };
    if (!http_query_each(flow, note_unknown, faults) && !faults_any(faults)) {
        faults_add(faults, "?", "invalid", "The query string is malformed.");
    }
    if (limit && !str_parse_int(limit, 1, LIMIT_MAX, &page->limit)) {
        faults_add(faults, "?limit", "out_of_range", "must be a whole number from 1 to 100");
    }
    if (cursor && !read_cursor(flow, list, cursor, page)) {
        faults_add(faults, "?cursor", "invalid", "must be the next_cursor of an earlier page of this list");
    }
    if (faults_any(faults)) {
        *refusal = faults_reply(flow, faults);
        return false;
    }
    return true;
}

static bool note_unknown(void *arg, const char *name, const char *value)
{
    (void)value;
    if (!str_equal(name, "limit") && !str_equal(name, "cursor")) {
        char pointer[80];
        snprintf(pointer, sizeof pointer, "?%s", name);
        faults_add(arg, pointer, "unknown_parameter", "There is no such parameter.");
    }
    return true;
}

static bool read_cursor(struct flow *flow, const char *list, const char *cursor, struct page *page)
{
    uint8_t *bytes = arena_alloc(flow->arena, CURSOR_MAX + 1);
    uint8_t mark[CRYPTO_HASH_SIZE];
    long length = str_base64url_decode(bytes, CURSOR_MAX, cursor);

    if (length <= MARK_SIZE) {
        return false;
    }
    make_mark(flow, list, bytes + MARK_SIZE, (size_t)length - MARK_SIZE, mark);
    if (!crypto_equal(mark, bytes, MARK_SIZE)) {
        return false;
    }
    page->after_key = (const char *)bytes + MARK_SIZE;
    page->after_id = page->after_key + strlen(page->after_key) + 1;
    return true;
}

static void make_mark(struct flow *flow, const char *list, const void *position, size_t length, uint8_t mark[CRYPTO_HASH_SIZE])
{
    struct buf marked = { 0 };

    buf_printf(&marked, "%s %s ", list, caller_of(flow)->account_id);
    buf_add(&marked, position, length);
    crypto_mark(flow->daemon->keyring, "cursor", marked.data, marked.length, mark);
    buf_clear(&marked);
}

struct next *page_reply(struct flow *flow, const char *list, const char *data, bool has_more, const char *last_key,
                        const char *last_id)
{
    const char *cursor = "null";

    if (has_more) {
        struct buf position = { 0 };
        uint8_t mark[CRYPTO_HASH_SIZE];
        buf_add(&position, "\0\0\0\0\0\0\0\0", MARK_SIZE);
        buf_add(&position, last_key, strlen(last_key) + 1);
        buf_add_text(&position, last_id);
        make_mark(flow, list, position.data + MARK_SIZE, position.length - MARK_SIZE, mark);
        memcpy(position.data, mark, MARK_SIZE);
        char *text = arena_alloc(flow->arena, str_base64url_size(position.length));
        str_base64url(text, (const uint8_t *)position.data, position.length);
        cursor = arena_printf(flow->arena, "\"%s\"", text);
        buf_clear(&position);
    }
    return http_reply_json(flow, 200, arena_printf(flow->arena, "{\"data\":%s,\"has_more\":%s,\"next_cursor\":%s}", data,
                                                   has_more ? "true" : "false", cursor));
}
