/* caption_text.c - see the header. Markup is told from text as WebVTT's tokenizer does, but that a "<" which begins no tag is one
 * character of the text: what is made of it is escaped again.
 *
 * https://www.w3.org/TR/webvtt1/#webvtt-cue-text-tokenizer
 */
#include "services/views/fetch/caption_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/data/text.h"

/* In the order in which they run. */
static void decode_utf16(struct buf *to, const unsigned char *bytes, size_t length, bool is_big);
static void decode_windows(struct buf *to, const unsigned char *bytes, size_t length);
static size_t tag_length(const char *text, size_t length);
static size_t take_reference(struct buf *to, const char *text, size_t length);
static const char *without_blanks(struct arena *arena, const char *text);

static void add_code(struct buf *to, uint32_t code);
static const char *kept(struct arena *arena, struct buf *text);

/* In bytes. A file may have a tag begun at each of its bytes and never ended. */
enum { TAG_MAX = 1000, REFERENCE_MAX = 10 };

const char *caption_text_decoded(struct arena *arena, const char *bytes, size_t length)
{
    const unsigned char *start = (const unsigned char *)bytes;
    struct buf text = { 0 };

    if (length >= 2 && ((start[0] == 0xFF && start[1] == 0xFE) || (start[0] == 0xFE && start[1] == 0xFF))) {
        decode_utf16(&text, start + 2, length - 2, start[0] == 0xFE);
    } else {
        size_t mark = length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        bool is_utf8 = str_is_utf8(bytes + mark, length - mark);
        if (is_utf8) {
            buf_add(&text, bytes + mark, length - mark);
        } else {
            decode_windows(&text, start, length);
        }
    }
    if (text.length && memchr(text.data, '\0', text.length)) {
        buf_clear(&text);
        return NULL;
    }
    return kept(arena, &text);
}

static void decode_utf16(struct buf *to, const unsigned char *bytes, size_t length, bool is_big)
{
    uint32_t high = 0;

    for (size_t i = 0; i + 1 < length; i += 2) {
        uint32_t unit = is_big ? (uint32_t)bytes[i] << 8 | bytes[i + 1] : (uint32_t)bytes[i + 1] << 8 | bytes[i];
        if (unit >= 0xDC00 && unit < 0xE000) {
            add_code(to, high ? 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) : 0xFFFD);
            high = 0;
            continue;
        }
        if (high) {
            add_code(to, 0xFFFD);
        }
        high = unit >= 0xD800 && unit < 0xDC00 ? unit : 0;
        if (!high) {
            add_code(to, unit);
        }
    }
}

static void decode_windows(struct buf *to, const unsigned char *bytes, size_t length)
{
    static const uint16_t from_0x80[32] = {
        0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
    };

    for (size_t i = 0; i < length; i++) {
        add_code(to, bytes[i] >= 0x80 && bytes[i] < 0xA0 ? from_0x80[bytes[i] - 0x80] : bytes[i]);
    }
}

/* Of a scalar value. */
static void add_code(struct buf *to, uint32_t code)
{
    if (code < 0x80) {
        buf_add_char(to, (char)code);
    } else if (code < 0x800) {
        buf_add_char(to, (char)(0xC0 | code >> 6));
        buf_add_char(to, (char)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        buf_add_char(to, (char)(0xE0 | code >> 12));
        buf_add_char(to, (char)(0x80 | (code >> 6 & 0x3F)));
        buf_add_char(to, (char)(0x80 | (code & 0x3F)));
    } else {
        buf_add_char(to, (char)(0xF0 | code >> 18));
        buf_add_char(to, (char)(0x80 | (code >> 12 & 0x3F)));
        buf_add_char(to, (char)(0x80 | (code >> 6 & 0x3F)));
        buf_add_char(to, (char)(0x80 | (code & 0x3F)));
    }
}

static const char *kept(struct arena *arena, struct buf *text)
{
    const char *copy = arena_strndup(arena, text->length ? text->data : "", text->length);

    buf_clear(text);
    return copy;
}

/* --- one cue --- */

const char *caption_text_plain(struct arena *arena, const char *cue, size_t length)
{
    struct buf text = { 0 };

    for (size_t at = 0; at < length;) {
        size_t tag = tag_length(cue + at, length - at);
        if (tag > 0) {
            at += tag;
        } else if (cue[at] == '&') {
            at += take_reference(&text, cue + at, length - at);
        } else {
            buf_add_char(&text, cue[at++]);
        }
    }
    return without_blanks(arena, text_mend(arena, kept(arena, &text), TEXT_LINES));
}

/* 0 where no tag begins: <v Name>, </c>, <00:01.000> or SubRip's {\an8}. */
static size_t tag_length(const char *text, size_t length)
{
    bool is_angle = text[0] == '<' && length > 1 && (isalnum((unsigned char)text[1]) || text[1] == '/' || text[1] == '.');
    bool is_brace = text[0] == '{' && length > 1 && text[1] == '\\';
    const char *end = is_angle || is_brace ? memchr(text, is_angle ? '>' : '}', length < TAG_MAX ? length : TAG_MAX) : NULL;
    size_t tag = end ? (size_t)(end - text) + 1 : 0;

    /* "<3" of one who loves is no time. */
    if (tag && is_angle && isdigit((unsigned char)text[1]) && strspn(text + 1, "0123456789:.,") != tag - 2) {
        return 0;
    }
    return tag;
}

/* What it read of text. */
static size_t take_reference(struct buf *to, const char *text, size_t length)
{
    static const struct {
        const char *name, *character;
    } references[] = {
        { "amp", "&" },
        { "lt", "<" },
        { "gt", ">" },
        { "quot", "\"" },
        { "apos", "'" },
        { "nbsp", "\xC2\xA0" },
        { "lrm", "\xE2\x80\x8E" },
        { "rlm", "\xE2\x80\x8F" },
    };
    const char *end = memchr(text, ';', length < REFERENCE_MAX ? length : REFERENCE_MAX);
    char name[REFERENCE_MAX] = "";

    if (end) {
        memcpy(name, text + 1, (size_t)(end - text) - 1);
        for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
            if (str_equal(name, references[i].name)) {
                buf_add_text(to, references[i].character);
                return (size_t)(end - text) + 1;
            }
        }
    }
    bool is_hex = name[0] == '#' && (name[1] | 0x20) == 'x';
    const char *digits = name + 1 + is_hex;
    if (name[0] == '#' && *digits && strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") == strlen(digits)) {
        unsigned long code = strtoul(digits, NULL, is_hex ? 16 : 10);
        if (code > 0 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF)) {
            add_code(to, (uint32_t)code);
            return (size_t)(end - text) + 1;
        }
    }
    buf_add_char(to, '&');
    return 1;
}

static const char *without_blanks(struct arena *arena, const char *text)
{
    struct buf lines = { 0 };

    while (*text) {
        size_t whole = strcspn(text, "\n");
        const char *line = text;
        size_t length = str_trim(&line, whole);
        if (length > 0 && lines.length > 0) {
            buf_add_char(&lines, '\n');
        }
        buf_add(&lines, line, length);
        text += whole + (text[whole] == '\n');
    }
    return kept(arena, &lines);
}
