/* search_folds.c - see the header. A table by code point; what it has nothing of is folded to itself. */
#include "services/views/search_folds.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define LETTERS 0x20D0 /* those that views.folds has are below */

struct fold {
    const char *text; /* not terminated; NULL: the letter itself */
    size_t length;
};

struct search_folds {
    struct fold of[LETTERS];
};

/* A character of UTF-8, which PostgreSQL has made sure of. */
struct letter {
    unsigned int number;
    size_t length;
};

static struct letter letter_at(const char *at);
static struct fold fold_at(const struct search_folds *folds, const char *at, struct letter letter);

struct search_folds *search_folds_new(const char *text)
{
    struct search_folds *folds = mem_alloc(sizeof *folds);

    for (const char *line = text ? text : ""; *line;) {
        struct letter letter = letter_at(line);
        const char *end = line + strcspn(line, "\n");
        if (letter.number < LETTERS) {
            folds->of[letter.number] =
                (struct fold){ .text = line + letter.length, .length = (size_t)(end - line) - letter.length };
        }
        line = end + (*end != '\0');
    }
    return folds;
}

void search_folds_free(struct search_folds *folds)
{
    free(folds);
}

static struct letter letter_at(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;

    if (bytes[0] < 0x80) {
        return (struct letter){ bytes[0], 1 };
    }
    size_t length = bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    unsigned int number = bytes[0] & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0U) != 0x80U) {
            return (struct letter){ LETTERS, i };
        }
        number = number << 6 | (bytes[i] & 0x3FU);
    }
    return (struct letter){ number, length };
}

static struct fold fold_at(const struct search_folds *folds, const char *at, struct letter letter)
{
    bool has = folds && letter.number < LETTERS && folds->of[letter.number].text;

    return has ? folds->of[letter.number] : (struct fold){ .text = at, .length = letter.length };
}

size_t search_folds_length(const struct search_folds *folds, const char *text)
{
    size_t length = 0;

    while (*text) {
        size_t ascii = 0;
        while (text[ascii] && (unsigned char)text[ascii] < 0x80) {
            ascii++;
        }
        length += ascii;
        text += ascii;
        if (*text) {
            struct letter letter = letter_at(text);
            length += fold_at(folds, text, letter).length;
            text += letter.length;
        }
    }
    return length;
}

void search_folds_put(const struct search_folds *folds, char *to, const char *text)
{
    while (*text) {
        if ((unsigned char)*text < 0x80) {
            *to++ = (char)(*text >= 'A' && *text <= 'Z' ? *text + ('a' - 'A') : *text);
            text++;
            continue;
        }
        struct letter letter = letter_at(text);
        struct fold fold = fold_at(folds, text, letter);
        memcpy(to, fold.text, fold.length);
        to += fold.length;
        text += letter.length;
    }
    *to = '\0';
}
