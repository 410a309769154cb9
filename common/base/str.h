/* str.h - the few checks and encodings of text that more than one module needs, with growing text (buf.h) and memory (mem.h).
 *
 * Text is UTF-8, NUL-terminated unless a length says otherwise.
 */
#ifndef SHARELINK_STR_H
#define SHARELINK_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

bool str_equal(const char *a, const char *b); /* two NULLs are equal */
bool str_starts_with(const char *text, const char *prefix);
bool str_ends_with(const char *text, const char *suffix);
/* Moves text beyond blanks and tabs; returns its length without those at its end. */
size_t str_trim(const char **text, size_t length);
/* RFC 3629: shortest form, no surrogates, at most U+10FFFF. */
bool str_is_utf8(const char *text, size_t length);
/* Code points of valid UTF-8. */
size_t str_utf8_length(const char *text);
/* A byte below 0x20 or 0x7f, or one of U+0080..U+009F, U+2028, U+2029; with allow_newlines \n, \r and \t pass. */
bool str_has_control(const char *text, bool allow_newlines);
/* A decimal whole number with an optional '-', nothing else around it; false when it is none or out of min..max. */
bool str_parse_int(const char *text, int64_t min, int64_t max, int64_t *value);
/* One mail address: a dot-atom of ASCII (at most 64 bytes), @, and a host name of two or more labels, each of letters,
 * digits and inner '-' or of non-ASCII letters; at most 254 bytes. No quotes, comments, blanks, <>, commas. */
bool str_is_mail_address(const char *text);
/* Decodes %XX (and + when plus_is_space) in place; false on a broken escape, on %00 and when the outcome is no UTF-8. */
bool str_url_decode(char *text, bool plus_is_space);

/* Base64url without padding (RFC 4648 section 5). to needs str_base64url_size(length) bytes, NUL included. */
size_t str_base64url_size(size_t length);
void str_base64url(char *to, const uint8_t *bytes, size_t length);
/* Bytes written, or -1 when text is not exactly such an encoding or does not fit. */
long str_base64url_decode(uint8_t *to, size_t size, const char *text);

/* Lower-case hex: two digits a byte. to needs 2 * length + 1 bytes, for the NUL. */
void str_hex(char *to, const uint8_t *bytes, size_t length);
/* Bytes of lower- or upper-case hex digits, in the arena; NULL when text is anything else. */
struct arena;
uint8_t *str_hex_decode(struct arena *arena, const char *text, size_t *length);

#endif
