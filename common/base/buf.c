/* buf.c - see buf.h. */
#include "common/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"

static void reserve(struct buf *buf, size_t more);
static void add_json_escape(struct buf *buf, uint32_t code);

void buf_clear(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){ 0 };
}

/* Makes room for more bytes and a NUL. */
static void reserve(struct buf *buf, size_t more)
{
    if (more > SIZE_MAX / 4 || buf->length > SIZE_MAX / 4) {
        mem_fail();
    }
    size_t needed = buf->length + more + 1;
    if (needed <= buf->capacity) {
        return;
    }
    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < needed) {
        capacity *= 2;
    }
    buf->data = mem_resize(buf->data, capacity);
    buf->capacity = capacity;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    reserve(buf, length);
    if (length) {
        memcpy(buf->data + buf->length, bytes, length);
    }
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char byte)
{
    buf_add(buf, &byte, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        abort(); /* a format that libc does not know is our own mistake */
    }
    reserve(buf, (size_t)length);
    va_start(args, format);
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args);
    va_end(args);
    buf->length += (size_t)length;
}

void buf_add_html(struct buf *buf, const char *text)
{
    reserve(buf, 0); /* data is text even when nothing follows */
    buf->data[buf->length] = '\0';
    while (*text) {
        size_t plain = strcspn(text, "&<>\"'");
        buf_add(buf, text, plain);
        text += plain;
        switch (*text) {
        case '&':
            buf_add_text(buf, "&amp;");
            break;
        case '<':
            buf_add_text(buf, "&lt;");
            break;
        case '>':
            buf_add_text(buf, "&gt;");
            break;
        case '"':
            buf_add_text(buf, "&quot;");
            break;
        case '\'':
            buf_add_text(buf, "&#39;");
            break;
        default:
            return;
        }
        text++;
    }
}

void buf_add_json(struct buf *buf, const char *text, size_t length)
{
    reserve(buf, length + 2);
    buf_add_char(buf, '"');
    for (size_t at = 0, size; at < length; at += size) {
        uint32_t code;
        size = utf8_decode(text + at, length - at, &code);
        if (size == 0) {
            buf_add_text(buf, "\xEF\xBF\xBD");
            size = 1;
        } else if (code == '"' || code == '\\' || utf8_is_control(code)) {
            add_json_escape(buf, code);
        } else {
            buf_add(buf, text + at, size);
        }
    }
    buf_add_char(buf, '"');
}

/* Controls beyond what JSON demands too: a log line may end on a terminal. All of them fit into four digits. */
static void add_json_escape(struct buf *buf, uint32_t code)
{
    switch (code) {
    case '"':
        buf_add_text(buf, "\\\"");
        break;
    case '\\':
        buf_add_text(buf, "\\\\");
        break;
    case '\n':
        buf_add_text(buf, "\\n");
        break;
    case '\r':
        buf_add_text(buf, "\\r");
        break;
    case '\t':
        buf_add_text(buf, "\\t");
        break;
    default:
        buf_printf(buf, "\\u%04x", (unsigned)code);
    }
}
