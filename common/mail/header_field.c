/* header_field.c - see the header. */
#include "common/mail/header_field.h"

#include <stdint.h>
#include <string.h>

enum {
    LINE_MAX = 76,        /* RFC 2047 section 2: lines that hold encoded words */
    WORD_FRAME = 12,      /* "=?UTF-8?B?" and "?=" */
    WORD_BYTES_MAX = 45,  /* 60 of base64 and the frame: 72 of the 75 that an encoded word may have */
    WORD_BYTES_LEAST = 6, /* less is not worth the rest of a line; any character has at most 4 */
    PLAIN_WORD_MAX = 70,
    QUOTED_MAX = 60,
};

static void put_quoted(struct header_field *field, const char *text);
static bool is_plain(const char *text);
static bool is_atoms(const char *text);
static size_t encode_base64(char *to, const char *bytes, size_t length);

void header_field_begin(struct header_field *field, const char *name, size_t length)
{
    buf_add(&field->text, name, length);
    buf_add_char(&field->text, ':');
    field->column = length + 1;
}

const char *header_field_end(struct header_field *field, struct arena *arena)
{
    const char *line = arena_strndup(arena, field->text.data, field->text.length);

    buf_clear(&field->text);
    return line;
}

/* A display name: atoms as they are, other ASCII as a quoted string, all else as encoded words. */
void header_field_add_phrase(struct header_field *field, const char *name)
{
    if (is_plain(name) && is_atoms(name)) {
        header_field_add_words(field, name);
    } else if (!header_has_non_ascii(name) && !strstr(name, "=?") && strlen(name) <= QUOTED_MAX) {
        put_quoted(field, name);
    } else {
        header_field_add_encoded(field, name);
    }
}

static void put_quoted(struct header_field *field, const char *text)
{
    struct buf quoted = { 0 };

    buf_add_char(&quoted, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            buf_add_char(&quoted, '\\');
        }
        buf_add_char(&quoted, *text);
    }
    buf_add_char(&quoted, '"');
    header_field_add_word(field, quoted.data, quoted.length);
    buf_clear(&quoted);
}

void header_field_add_text(struct header_field *field, const char *text)
{
    if (is_plain(text)) {
        header_field_add_words(field, text);
    } else {
        header_field_add_encoded(field, text);
    }
}

void header_field_add_words(struct header_field *field, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        header_field_add_word(field, text, length);
        text += length;
        text += strspn(text, " ");
    }
}

/* Readers drop the blanks between encoded words, so the text is the words' bytes and nothing else. A word never ends
 * inside a character. */
void header_field_add_encoded(struct header_field *field, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        char word[WORD_FRAME + WORD_BYTES_MAX / 3 * 4 + 1] = "=?UTF-8?B?";
        size_t start = strlen(word);
        size_t room = field->column + 1 + WORD_FRAME < LINE_MAX ? LINE_MAX - field->column - 1 - WORD_FRAME : 0;
        size_t most = room / 4 * 3;
        if (most < WORD_BYTES_LEAST || most > WORD_BYTES_MAX) {
            most = WORD_BYTES_MAX; /* header_field_add_word goes to a new line when it has to */
        }
        size_t length = left < most ? left : most;
        while (length < left && ((unsigned char)text[length] & 0xC0) == 0x80) {
            length--;
        }
        size_t end = start + encode_base64(word + start, text, length);
        memcpy(word + end, "?=", 2);
        header_field_add_word(field, word, end + 2);
        text += length;
        left -= length;
    }
}

void header_field_add_word(struct header_field *field, const char *word, size_t length)
{
    /* A word that is too long for any line stays beside the field's name, where the simplest reader finds it. */
    bool is_first = field->text.data[field->text.length - 1] == ':', fits_nowhere = length >= LINE_MAX;

    if (field->column + 1 + length > LINE_MAX && !(is_first && fits_nowhere)) {
        buf_add_text(&field->text, "\r\n");
        field->column = 0;
    }
    buf_add_char(&field->text, ' ');
    buf_add(&field->text, word, length);
    field->column += 1 + length;
}

/* ASCII that comes out as it went in when it is folded at its blanks, and that no reader takes for an encoded word. */
static bool is_plain(const char *text)
{
    size_t word = 0;

    if (strstr(text, "=?") || strstr(text, "  ") || *text == ' ' || header_has_non_ascii(text)) {
        return false;
    }
    for (; *text; text++) {
        word = *text == ' ' ? 0 : word + 1;
        if (word > PLAIN_WORD_MAX || (*text == ' ' && !text[1])) {
            return false;
        }
    }
    return true;
}

static bool is_atoms(const char *text)
{
    return strpbrk(text, "()<>[]:;@\\,.\"") == NULL;
}

static size_t encode_base64(char *to, const char *bytes, size_t length)
{
    static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = to;

    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)(unsigned char)bytes[i] << 16;
        three |= i + 1 < length ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
        three |= i + 2 < length ? (unsigned char)bytes[i + 2] : 0;
        *at++ = symbols[three >> 18];
        *at++ = symbols[three >> 12 & 63];
        *at++ = i + 1 < length ? symbols[three >> 6 & 63] : '=';
        *at++ = i + 2 < length ? symbols[three & 63] : '=';
    }
    return (size_t)(at - to);
}

bool header_has_non_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80) {
            return true;
        }
    }
    return false;
}
