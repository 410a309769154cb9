/* names.c - see names.h. In doubt, the whole name: it is never wrong, only a little stiff. */
#include "common/data/names.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/base/str.h"
#include "common/base/utf8.h"

/* What stands before a name, or begins one of several words; compared without the case of ASCII. */
static const char *const not_alone[] = { "dr",
                                         "prof",
                                         "professor",
                                         "professorin",
                                         "doctor",
                                         "doktor",
                                         "mr",
                                         "mrs",
                                         "ms",
                                         "mx",
                                         "miss",
                                         "sir",
                                         "dame",
                                         "lord",
                                         "lady",
                                         "rev",
                                         "hon",
                                         "herr",
                                         "frau",
                                         "hr",
                                         "fr",
                                         "mag",
                                         "ing",
                                         "dipl",
                                         "mme",
                                         "mlle",
                                         "monsieur",
                                         "madame",
                                         "sr",
                                         "sra",
                                         "srta",
                                         "don",
                                         "do\xC3\xB1"
                                         "a",
                                         "dhr",
                                         "mevr",
                                         "mw",
                                         "drs",
                                         "ir",
                                         "van",
                                         "von",
                                         "de",
                                         "del",
                                         "della",
                                         "di",
                                         "da",
                                         "dos",
                                         "du",
                                         "la",
                                         "le",
                                         "der",
                                         "den",
                                         "ter",
                                         "ten",
                                         "el",
                                         "al",
                                         "bin",
                                         "ibn",
                                         "abdul",
                                         "abd",
                                         "abu",
                                         "the",
                                         "team",
                                         "\xD8\xB9\xD8\xA8\xD8\xAF",
                                         "\xD8\xA3\xD8\xA8\xD9\x88",
                                         "\xD8\xA7\xD8\xA8\xD9\x88",
                                         "\xD8\xAF",
                                         NULL };

static size_t word_length(const char *text);
static size_t blank_size(const char *text);
static bool is_first_name(const char *word, size_t length);
static bool is_family_first(uint32_t code);

const char *names_first(struct arena *arena, const char *name)
{
    size_t blank, length;

    while ((blank = blank_size(name)) > 0) {
        name += blank;
    }
    length = word_length(name);
    if (!name[length] || is_first_name(name, length)) {
        return arena_strndup(arena, name, length);
    }
    for (length = strlen(name); length > 0 && name[length - 1] == ' '; length--) {
    }
    return arena_strndup(arena, name, length);
}

static size_t word_length(const char *text)
{
    size_t length = 0;

    while (text[length] && blank_size(text + length) == 0) {
        length++;
    }
    return length;
}

/* Of a blank, a tab, U+00A0, U+3000, or 0. */
static size_t blank_size(const char *text)
{
    return *text == ' ' || *text == '\t'           ? 1
           : str_starts_with(text, "\xC2\xA0")     ? 2
           : str_starts_with(text, "\xE3\x80\x80") ? 3
                                                   : 0;
}

static bool is_first_name(const char *word, size_t length)
{
    uint32_t code = 0;
    size_t size = utf8_decode(word, length, &code);

    if (size == 0 || size == length || is_family_first(code) || memchr(word, '.', length) || memchr(word, '@', length) ||
        word[length - 1] == ',' || strcspn(word, "0123456789&/(") < length) {
        return false;
    }
    for (const char *const *known = not_alone; *known; known++) {
        if (strlen(*known) == length && strncasecmp(*known, word, length) == 0) {
            return false;
        }
    }
    return true;
}

/* Kana, CJK ideographs, Hangul. */
static bool is_family_first(uint32_t code)
{
    return (code >= 0x3040 && code <= 0x30FF) || (code >= 0x3400 && code <= 0x9FFF) || (code >= 0xAC00 && code <= 0xD7AF) ||
           (code >= 0x20000 && code <= 0x323AF);
}
