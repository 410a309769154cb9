/* str_encodings.c - the encodings of str.h: of URLs, base64url, hex, patterns. */
#include <string.h>

#include "common/base/arena.h"
#include "common/base/str.h"

static const char base64url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int hex_value(char digit);
static int base64url_value(char symbol);

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

void str_hex(char *to, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    *to = '\0';
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

static int base64url_value(char symbol)
{
    const char *place = symbol ? strchr(base64url_alphabet, symbol) : NULL;

    return place ? (int)(place - base64url_alphabet) : -1;
}
