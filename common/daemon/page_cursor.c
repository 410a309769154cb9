/* page_cursor.c - the cursor of page.h: base64url of an 8-byte mark, the key, a NUL and the id. */
#include <string.h>

#include "common/base/str.h"
#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"
#include "common/daemon/page_internal.h"

enum { MARK_SIZE = 8, CURSOR_MAX = 1200 };

static const char *about_of(struct flow *flow, const struct wanted_page *page);
static void make_mark(struct flow *flow, const char *about, const void *position, size_t length, uint8_t mark[CRYPTO_HASH_SIZE]);

bool page_read_cursor(struct flow *flow, struct wanted_page *page, const char *cursor)
{
    return page_cursor_open(flow, about_of(flow, page), cursor, &page->after_key, &page->after_id);
}

const char *page_next_cursor(struct flow *flow, const struct wanted_page *page, const char *last_key, const char *last_id)
{
    return arena_printf(flow->arena, "\"%s\"", page_cursor_seal(flow, about_of(flow, page), last_key, last_id));
}

/* No filter's value has a line's end in it, so that none can pass for another. */
static const char *about_of(struct flow *flow, const struct wanted_page *page)
{
    struct buf about = { 0 };

    buf_printf(&about, "%s %s %s%s\n", page->list->name, caller_of(flow)->account_id, page->descends ? "-" : "",
               page->sort->name);
    if (page->list->scope) {
        buf_printf(&about, "%s\n", router_param(flow, "id"));
    }
    for (size_t i = 0; page->list->filters[i].name; i++) {
        if (page->filters[i].value) {
            buf_printf(&about, "%s=%s\n", page->list->filters[i].name, page->filters[i].value);
        }
    }
    const char *text = arena_strdup(flow->arena, about.data);
    buf_clear(&about);
    return text;
}

bool page_cursor_open(struct flow *flow, const char *about, const char *cursor, const char **key, const char **id)
{
    uint8_t *bytes = arena_calloc(flow->arena, 1, CURSOR_MAX + 2); /* whatever it is, key and id have their ends */
    uint8_t mark[CRYPTO_HASH_SIZE];
    long length = str_base64url_decode(bytes, CURSOR_MAX, cursor);

    if (length <= MARK_SIZE) {
        return false;
    }
    make_mark(flow, about, bytes + MARK_SIZE, (size_t)length - MARK_SIZE, mark);
    if (!crypto_equal(mark, bytes, MARK_SIZE)) {
        return false;
    }
    *key = (const char *)bytes + MARK_SIZE;
    *id = *key + strlen(*key) + 1;
    return true;
}

const char *page_cursor_seal(struct flow *flow, const char *about, const char *key, const char *id)
{
    struct buf position = { 0 };
    uint8_t mark[CRYPTO_HASH_SIZE];

    buf_add(&position, "\0\0\0\0\0\0\0\0", MARK_SIZE);
    buf_add(&position, key, strlen(key) + 1);
    buf_add_text(&position, id);
    make_mark(flow, about, position.data + MARK_SIZE, position.length - MARK_SIZE, mark);
    memcpy(position.data, mark, MARK_SIZE);
    char *text = arena_alloc(flow->arena, str_base64url_size(position.length));
    str_base64url(text, (const uint8_t *)position.data, position.length);
    buf_clear(&position);
    return text;
}

static void make_mark(struct flow *flow, const char *about, const void *position, size_t length, uint8_t mark[CRYPTO_HASH_SIZE])
{
    struct buf marked = { 0 };

    buf_add_text(&marked, about);
    buf_add_char(&marked, '\n');
    buf_add(&marked, position, length);
    crypto_mark(flow->daemon->keyring, "cursor", marked.data, marked.length, mark);
    buf_clear(&marked);
}
