/* str.h - growing text, and the few checks and encodings of text that more than one module needs.
 *
 * Text is UTF-8, NUL-terminated unless a length says otherwise. Out of memory ends the process with a line on stderr:
 * a daemon that cannot get a few kilobytes serves nobody, and its supervisor starts it again.
 */
#ifndef SHARELINK_STR_H
#define SHARELINK_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Never NULL; free() them. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *text); /* NULL gives NULL */
/* Ends the process as running out of memory does: for sizes that no memory can hold. */
_Noreturn void mem_fail(void);

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

bool str_equal(const char *a, const char *b); /* two NULLs are equal */
bool str_starts_with(const char *text, const char *prefix);
bool str_ends_with(const char *text, const char *suffix);
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

/* Bytes of lower- or upper-case hex digits, in the arena; NULL when text is anything else. */
struct arena;
uint8_t *str_hex_decode(struct arena *arena, const char *text, size_t *length);

#endif
