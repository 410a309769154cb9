/* page_cursor.c - the cursor of page.h: base64url of an 8-byte mark, the key, a NUL and the id. */
#include <string.h>

#include "common/base/str.h"
#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"
#include "common/daemon/page_internal.h"

enum { MARK_SIZE = 8, CURSOR_MAX = 1200 };

static void make_mark(struct flow *flow, const struct wanted_page *page, const void *position, size_t length,
                      uint8_t mark[CRYPTO_HASH_SIZE]);

bool page_read_cursor(struct flow *flow, struct wanted_page *page, const char *cursor)
{
    uint8_t *bytes = arena_alloc(flow->arena, CURSOR_MAX + 1);
    uint8_t mark[CRYPTO_HASH_SIZE];
    long length = str_base64url_decode(bytes, CURSOR_MAX, cursor);

    if (length <= MARK_SIZE) {
        return false;
    }
    make_mark(flow, page, bytes + MARK_SIZE, (size_t)length - MARK_SIZE, mark);
    if (!crypto_equal(mark, bytes, MARK_SIZE)) {
        return false;
    }
    page->after_key = (const char *)bytes + MARK_SIZE;
    page->after_id = page->after_key + strlen(page->after_key) + 1;
    return true;
}

/* No filter's value has a line's end in it, so that none can pass for another. */
static void make_mark(struct flow *flow, const struct wanted_page *page, const void *position, size_t length,
                      uint8_t mark[CRYPTO_HASH_SIZE])
{
    struct buf marked = { 0 };

    buf_printf(&marked, "%s %s %s%s\n", page->list->name, caller_of(flow)->account_id, page->descends ? "-" : "",
               page->sort->name);
    if (page->list->scope) {
        buf_printf(&marked, "%s\n", router_param(flow, "id"));
    }
    for (size_t i = 0; page->list->filters[i].name; i++) {
        if (page->filters[i].value) {
            buf_printf(&marked, "%s=%s\n", page->list->filters[i].name, page->filters[i].value);
        }
    }
    buf_add_char(&marked, '\n');
    buf_add(&marked, position, length);
    crypto_mark(flow->daemon->keyring, "cursor", marked.data, marked.length, mark);
    buf_clear(&marked);
}

const char *page_next_cursor(struct flow *flow, const struct wanted_page *page, const char *last_key, const char *last_id)
{
    struct buf position = { 0 };
    uint8_t mark[CRYPTO_HASH_SIZE];

    buf_add(&position, "\0\0\0\0\0\0\0\0", MARK_SIZE);
    buf_add(&position, last_key, strlen(last_key) + 1);
    buf_add_text(&position, last_id);
    make_mark(flow, page, position.data + MARK_SIZE, position.length - MARK_SIZE, mark);
    memcpy(position.data, mark, MARK_SIZE);
    char *text = arena_alloc(flow->arena, str_base64url_size(position.length));
    str_base64url(text, (const uint8_t *)position.data, position.length);
    buf_clear(&position);
    return arena_printf(flow->arena, "\"%s\"", text);
}
