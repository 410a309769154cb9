/* buf.h - text that grows. */
#ifndef SHARELINK_BUF_H
#define SHARELINK_BUF_H

#include <stddef.h>

/* A growing buffer; data is always NUL-terminated after the first add, and NULL before. */
struct buf {
    char *data;
    size_t length;
    size_t capacity;
};

void buf_clear(struct buf *buf); /* frees; the buffer may be used again */
void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text with & < > " ' made safe for HTML text and quoted attributes. */
void buf_add_html(struct buf *buf, const char *text);
/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void buf_add_json(struct buf *buf, const char *text, size_t length);

#endif
