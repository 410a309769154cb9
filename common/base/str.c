/* str.c - growing text, checks and encodings of text; see str.h. Nothing in here logs or keeps state. */
#include "common/base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"

static void reserve(struct buf *buf, size_t more);
static void add_json_escape(struct buf *buf, uint32_t code);
static size_t decode_utf8(const char *text, size_t length, uint32_t *code);
static bool is_control(uint32_t code);
static bool is_dot_atom(const char *text, size_t length);
static bool is_mail_domain(const char *domain);
static bool is_mail_label(const char *label, size_t length);
static bool is_host_letter(uint32_t code);
static int hex_value(char digit);
static int base64url_value(char symbol);

/* --- memory --- */

_Noreturn void mem_fail(void)
{
    static const char line[] = "out of memory\n";
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1); /* stdio might allocate */

    (void)written;
    abort();
}

void *mem_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory) {
        mem_fail();
    }
    return memory;
}

void *mem_resize(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);

    if (!memory) {
        mem_fail();
    }
    return memory;
}

char *mem_strdup(const char *text)
{
    if (!text) {
        return NULL;
    }
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

/* --- buf --- */

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
        size = decode_utf8(text + at, length - at, &code);
        if (size == 0) {
            buf_add_text(buf, "\xEF\xBF\xBD");
            size = 1;
        } else if (code == '"' || code == '\\' || is_control(code)) {
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

/* --- checks --- */

bool str_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends_with(const char *text, const char *suffix)
{
    size_t text_length = strlen(text), suffix_length = strlen(suffix);

    return text_length >= suffix_length && memcmp(text + text_length - suffix_length, suffix, suffix_length) == 0;
}

/* The size of the sequence that text begins with and its code point; 0 when it is no RFC 3629 sequence. */
static size_t decode_utf8(const char *text, size_t length, uint32_t *code)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = (unsigned char)text[0];

    if (first < 0x80) {
        *code = first;
        return 1;
    }
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || size > length) {
        return 0;
    }
    uint32_t value = first & (0x7FU >> size);
    for (size_t i = 1; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (byte & 0x3F);
    }
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *code = value;
    return size;
}

bool str_is_utf8(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t size = decode_utf8(text + at, length - at, &code);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

size_t str_utf8_length(const char *text)
{
    size_t count = 0;

    for (; *text; text++) {
        count += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return count;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029;
}

bool str_has_control(const char *text, bool allow_newlines)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code = 0;
        size_t size = decode_utf8(text, left, &code);
        bool passes = size == 0 || (allow_newlines && (code == '\n' || code == '\r' || code == '\t'));
        if (!passes && is_control(code)) {
            return true;
        }
        size = size ? size : 1;
        text += size;
        left -= size;
    }
    return false;
}

bool str_parse_int(const char *text, int64_t min, int64_t max, int64_t *value)
{
    bool negative = *text == '-';
    int64_t sum = 0;

    text += negative;
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        int64_t digit = negative ? -(*text - '0') : *text - '0';
        if (__builtin_mul_overflow(sum, (int64_t)10, &sum) || __builtin_add_overflow(sum, digit, &sum)) {
            return false;
        }
    }
    if (sum < min || sum > max) {
        return false;
    }
    *value = sum;
    return true;
}

bool str_is_mail_address(const char *text)
{
    const char *at = strchr(text, '@');

    return strlen(text) <= 254 && at && at - text <= 64 && is_dot_atom(text, (size_t)(at - text)) &&
           is_mail_domain(at + 1);
}

/* RFC 5322: runs of atext with single dots between them. */
static bool is_dot_atom(const char *text, size_t length)
{
    char before = '.';

    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        bool is_atext = isascii(byte) && (isalnum(byte) || strchr("!#$%&'*+-/=?^_`{|}~", byte));
        if (byte == '.' ? before == '.' : !is_atext) {
            return false;
        }
        before = byte;
    }
    return length > 0 && before != '.';
}

static bool is_mail_domain(const char *domain)
{
    int labels = 0;

    if (!str_is_utf8(domain, strlen(domain))) {
        return false;
    }
    for (;;) {
        size_t length = strcspn(domain, ".");
        if (!is_mail_label(domain, length)) {
            return false;
        }
        labels++;
        if (!domain[length]) {
            /* An all-numeric last label would be an IPv4 address. */
            return labels >= 2 && strspn(domain, "0123456789") < length;
        }
        domain += length + 1;
    }
}

static bool is_mail_label(const char *label, size_t length)
{
    if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-') {
        return false;
    }
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t size = decode_utf8(label + at, length - at, &code);
        if (size == 0 || !is_host_letter(code)) {
            return false;
        }
        at += size;
    }
    return true;
}

/* Without Unicode's tables: what is surely no letter is kept out, above all blanks, invisible marks and those forms of
 * dots and at-signs that a mail server might fold into the real ones. */
static bool is_host_letter(uint32_t code)
{
    if (code < 0x80) {
        return code == '-' || isalnum((int)code);
    }
    return code >= 0xB7 && code != 0xD7 && code != 0xF7 && code != 0xFEFF && code != 0x061C && code != 0x1680 &&
           code != 0x180E && !(code >= 0x2000 && code <= 0x2BFF) && !(code >= 0x3000 && code <= 0x3004) &&
           !(code >= 0xD800 && code <= 0xF8FF) && !(code >= 0xFE00 && code <= 0xFE6F) &&
           !(code >= 0xFF00 && code <= 0xFFFF) && code < 0xE0000;
}

/* --- encodings --- */

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

bool str_url_decode(char *text, bool plus_is_space)
{
    char *start = text, *to = text;

    for (; *text; text++) {
        if (*text == '%') {
            int high = hex_value(text[1]);
            int low = high < 0 ? -1 : hex_value(text[2]);
            if (low < 0 || high * 16 + low == 0) {
                return false;
            }
            *to++ = (char)(high * 16 + low);
            text += 2;
        } else {
            *to++ = *text == '+' && plus_is_space ? ' ' : *text;
        }
    }
    *to = '\0';
    return str_is_utf8(start, (size_t)(to - start));
}

static const char base64url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t str_base64url_size(size_t length)
{
    return length / 3 * 4 + (length % 3 ? length % 3 + 1 : 0) + 1;
}

void str_base64url(char *to, const uint8_t *bytes, size_t length)
{
    uint32_t bits = 0;
    int waiting = 0; /* bits that are not written yet */

    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | bytes[i];
        for (waiting += 8; waiting >= 6; waiting -= 6) {
            *to++ = base64url_alphabet[bits >> (waiting - 6) & 63];
        }
    }
    if (waiting > 0) {
        *to++ = base64url_alphabet[bits << (6 - waiting) & 63];
    }
    *to = '\0';
}

static int base64url_value(char symbol)
{
    const char *place = symbol ? strchr(base64url_alphabet, symbol) : NULL;

    return place ? (int)(place - base64url_alphabet) : -1;
}

long str_base64url_decode(uint8_t *to, size_t size, const char *text)
{
    size_t length = strlen(text), written = 0;
    uint32_t bits = 0;
    int waiting = 0;

    if (length % 4 == 1 || length / 4 * 3 + (length % 4 ? length % 4 - 1 : 0) > size) {
        return -1;
    }
    for (; *text; text++) {
        int value = base64url_value(*text);
        if (value < 0) {
            return -1;
        }
        bits = bits << 6 | (uint32_t)value;
        waiting += 6;
        if (waiting >= 8) {
            waiting -= 8;
            to[written++] = (uint8_t)(bits >> waiting);
        }
    }
    /* Left-over bits must be zero: one value has one encoding. */
    return bits & ((1U << waiting) - 1) ? -1 : (long)written;
}

uint8_t *str_hex_decode(struct arena *arena, const char *text, size_t *length)
{
    size_t digits = strlen(text);
    uint8_t *bytes = arena_alloc(arena, digits / 2 + 1);

    for (size_t i = 0; i < digits; i++) {
        int value = hex_value(text[i]);
        if (value < 0) {
            return NULL;
        }
        bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | value);
    }
    *length = digits / 2;
    return digits % 2 == 0 ? bytes : NULL;
}
