/* text.c - see the header. */
#include "common/data/text.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/utf8.h"

/* In the order in which they run. */
static bool needs_mending(const char *text, enum text_lines lines);
static char *mend(char *to, const char *text, enum text_lines lines);
static size_t take(const char **text, uint32_t *code);

static bool is_line_end(uint32_t code);
static bool is_override(uint32_t code);
static bool is_unseen(uint32_t code);

const char *text_mend(struct arena *arena, const char *text, enum text_lines lines)
{
    if (!needs_mending(text, lines)) {
        return text;
    }
    char *mended = arena_alloc(arena, strlen(text) + 1); /* it only ever gets shorter */
    *mend(mended, text, lines) = '\0';
    return mended;
}

static bool needs_mending(const char *text, enum text_lines lines)
{
    uint32_t code;

    for (text += utf8_plain_length(text); *text; text += utf8_plain_length(text)) {
        take(&text, &code);
        bool stays = lines == TEXT_LINES && (code == '\n' || code == '\t');
        if (!stays && (utf8_is_control(code) || is_override(code))) {
            return true;
        }
    }
    return false;
}

/* Returns the end of what was written. */
static char *mend(char *to, const char *text, enum text_lines lines)
{
    const char *first = to;
    bool breaks = false; /* what was read last: a line end in a text of one line */
    uint32_t code;

    while (*text) {
        const char *from = text;
        size_t size = take(&text, &code);
        if (is_line_end(code) || code == '\t') {
            text += code == '\r' && *text == '\n';
            breaks = true;
            if (lines == TEXT_LINES) {
                *to++ = code == '\t' ? '\t' : '\n';
            }
        } else if (!utf8_is_control(code) && !is_override(code)) {
            if (breaks && lines == TEXT_ONE_LINE && to > first) {
                *to++ = ' ';
            }
            breaks = false;
            memcpy(to, from, size);
            to += size;
        }
    }
    return to;
}

/* The next character, and its size. A byte that is no UTF-8 stands for itself. No sequence goes on over the NUL at the end. */
static size_t take(const char **text, uint32_t *code)
{
    size_t size = utf8_decode(*text, 4, code);

    if (size == 0) {
        size = 1;
        *code = 0xFFFD;
    }
    *text += size;
    return size;
}

bool text_has_override(const char *text)
{
    uint32_t code;

    for (text += utf8_plain_length(text); *text; text += utf8_plain_length(text)) {
        take(&text, &code);
        if (is_override(code)) {
            return true;
        }
    }
    return false;
}

bool text_is_visible(const char *text)
{
    uint32_t code;

    while (*text) {
        take(&text, &code);
        if (!is_unseen(code)) {
            return true;
        }
    }
    return false;
}

static bool is_line_end(uint32_t code)
{
    return (code >= '\n' && code <= '\r') || code == 0x85 || code == 0x2028 || code == 0x2029;
}

static bool is_override(uint32_t code)
{
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* Unicode's White_Space and Default_Ignorable_Code_Point, controls, and the blank of Braille. */
static bool is_unseen(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } unseen[] = {
        { 0x00, 0x20 },       { 0x7F, 0xA0 },       { 0xAD, 0xAD },     { 0x034F, 0x034F }, { 0x061C, 0x061C },
        { 0x115F, 0x1160 },   { 0x1680, 0x1680 },   { 0x17B4, 0x17B5 }, { 0x180B, 0x180F }, { 0x2000, 0x200F },
        { 0x2028, 0x202F },   { 0x205F, 0x206F },   { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 },
        { 0xFE00, 0xFE0F },   { 0xFEFF, 0xFEFF },   { 0xFFA0, 0xFFA0 }, { 0xFFF0, 0xFFF8 }, { 0x1BCA0, 0x1BCA3 },
        { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
    };

    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        if (code >= unseen[i].first && code <= unseen[i].last) {
            return true;
        }
    }
    return false;
}
