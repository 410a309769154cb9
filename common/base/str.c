/* str.c - the checks of text of str.h; its encodings are in str_encodings.c. Nothing in here logs or keeps state. */
#include "common/base/str.h"

#include <ctype.h>
#include <string.h>

#include "common/base/utf8.h"

static bool is_dot_atom(const char *text, size_t length);
static bool is_mail_domain(const char *domain);
static bool is_mail_label(const char *label, size_t length);
static bool is_host_letter(uint32_t code);

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

size_t str_trim(const char **text, size_t length)
{
    while (length && (**text == ' ' || **text == '\t')) {
        (*text)++;
        length--;
    }
    while (length && ((*text)[length - 1] == ' ' || (*text)[length - 1] == '\t')) {
        length--;
    }
    return length;
}

bool str_is_utf8(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t code;
        uint64_t eight;
        if (length - at >= sizeof eight && (memcpy(&eight, text + at, sizeof eight), (eight & 0x8080808080808080U) == 0)) {
            at += sizeof eight;
            continue;
        }
        size_t size = utf8_decode(text + at, length - at, &code);
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

bool str_has_control(const char *text, bool allow_newlines)
{
    for (text += utf8_plain_length(text); *text; text += utf8_plain_length(text)) {
        uint32_t code = 0;
        size_t size = utf8_decode(text, 4, &code); /* no sequence goes on over the NUL at the end */
        bool passes = size == 0 || (allow_newlines && (code == '\n' || code == '\r' || code == '\t'));
        if (!passes && utf8_is_control(code)) {
            return true;
        }
        text += size ? size : 1;
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

    return strlen(text) <= 254 && at && at - text <= 64 && is_dot_atom(text, (size_t)(at - text)) && is_mail_domain(at + 1);
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
        size_t size = utf8_decode(label + at, length - at, &code);
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
    return code >= 0xB7 && code != 0xD7 && code != 0xF7 && code != 0xFEFF && code != 0x061C && code != 0x1680 && code != 0x180E &&
           !(code >= 0x2000 && code <= 0x2BFF) && !(code >= 0x3000 && code <= 0x3004) && !(code >= 0xD800 && code <= 0xF8FF) &&
           !(code >= 0xFE00 && code <= 0xFE6F) && !(code >= 0xFF00 && code <= 0xFFFF) && code < 0xE0000;
}
