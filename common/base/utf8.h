/* utf8.h - one code point at a time; what handles whole texts is in str.h. */
#ifndef SHARELINK_UTF8_H
#define SHARELINK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size of the sequence that text begins with and its code point; 0 when it is no RFC 3629 sequence. length is at least 1. */
size_t utf8_decode(const char *text, size_t length, uint32_t *code);
/* Below 0x20, 0x7f to 0x9f, and the line ends U+2028 and U+2029. */
bool utf8_is_control(uint32_t code);
/* How many bytes of text, up to its NUL, are letters, digits, signs and blanks of ASCII: most of most texts, and nothing that
 * needs care. */
static inline size_t utf8_plain_length(const char *text)
{
    size_t length = 0;

    while ((unsigned char)text[length] >= 0x20 && (unsigned char)text[length] < 0x7F) {
        length++;
    }
    return length;
}

#endif
