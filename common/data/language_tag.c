/* language_tag.c - see the header. The subtags are told apart by their lengths and places alone (RFC 5646, section 2.1). */
#include "common/data/language_tag.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/base/str.h"

enum kind { LETTERS, DIGITS, EITHER };

struct subtags {
    const char *at; /* the next one, or the end */
    size_t length;
};

/* In the order in which they stand in a tag; each goes past what it takes. */
static bool take_language(struct subtags *subtags);
static bool take(struct subtags *subtags, enum kind kind, size_t min, size_t max);
static bool take_variants(struct subtags *subtags);
static bool take_extensions(struct subtags *subtags);
static bool take_private(struct subtags *subtags);

static struct subtags begin(const char *tag);
static bool is_variant(const struct subtags *subtags);
static bool is_one(const struct subtags *subtags, enum kind kind, size_t min, size_t max);
static void go_on(struct subtags *subtags);
static bool stands_before(const char *from, const struct subtags *one);

bool language_tag_is_well_formed(const char *tag)
{
    struct subtags subtags = begin(tag);

    if (strlen(tag) > LANGUAGE_TAG_MAX) {
        return false;
    }
    if (take_language(&subtags)) {
        take(&subtags, LETTERS, 4, 4);                                         /* a script */
        (void)(take(&subtags, LETTERS, 2, 2) || take(&subtags, DIGITS, 3, 3)); /* a region */
        if (!take_variants(&subtags) || !take_extensions(&subtags)) {
            return false;
        }
    }
    take_private(&subtags);
    return subtags.at > tag && *subtags.at == '\0' && subtags.at[-1] != '-';
}

static bool take_language(struct subtags *subtags)
{
    if (take(subtags, LETTERS, 4, 8)) {
        return true;
    }
    if (!take(subtags, LETTERS, 2, 3)) {
        return false;
    }
    for (int extended = 0; extended < 3 && take(subtags, LETTERS, 3, 3); extended++) {
    }
    return true;
}

static bool take(struct subtags *subtags, enum kind kind, size_t min, size_t max)
{
    if (!is_one(subtags, kind, min, max)) {
        return false;
    }
    go_on(subtags);
    return true;
}

static bool take_variants(struct subtags *subtags)
{
    const char *first = subtags->at;

    while (is_variant(subtags)) {
        if (stands_before(first, subtags)) {
            return false;
        }
        go_on(subtags);
    }
    return true;
}

static bool take_extensions(struct subtags *subtags)
{
    char seen[LANGUAGE_TAG_MAX] = "";

    while (is_one(subtags, EITHER, 1, 1) && tolower((unsigned char)*subtags->at) != 'x') {
        char singleton = (char)tolower((unsigned char)*subtags->at);
        if (strchr(seen, singleton)) {
            return false;
        }
        seen[strlen(seen)] = singleton;
        go_on(subtags);
        if (!take(subtags, EITHER, 2, 8)) {
            return false;
        }
        while (take(subtags, EITHER, 2, 8)) {
        }
    }
    return true;
}

/* "x-…"; a lone x at the end is left where it is. */
static bool take_private(struct subtags *subtags)
{
    struct subtags after = *subtags;

    if (subtags->length != 1 || tolower((unsigned char)*subtags->at) != 'x') {
        return false;
    }
    go_on(&after);
    if (!take(&after, EITHER, 1, 8)) {
        return false;
    }
    while (take(&after, EITHER, 1, 8)) {
    }
    *subtags = after;
    return true;
}

static struct subtags begin(const char *tag)
{
    return (struct subtags){ .at = tag, .length = strcspn(tag, "-") };
}

static bool is_variant(const struct subtags *subtags)
{
    return is_one(subtags, EITHER, 5, 8) || (is_one(subtags, EITHER, 4, 4) && isdigit((unsigned char)*subtags->at));
}

static bool is_one(const struct subtags *subtags, enum kind kind, size_t min, size_t max)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char either[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *bytes = kind == LETTERS ? letters : kind == DIGITS ? "0123456789" : either;

    return subtags->length >= min && subtags->length <= max && strspn(subtags->at, bytes) >= subtags->length;
}

static void go_on(struct subtags *subtags)
{
    subtags->at += subtags->length;
    if (*subtags->at == '-') {
        subtags->at++;
    }
    subtags->length = strcspn(subtags->at, "-");
}

static bool stands_before(const char *from, const struct subtags *one)
{
    for (struct subtags other = begin(from); other.at < one->at; go_on(&other)) {
        if (other.length == one->length && strncasecmp(other.at, one->at, one->length) == 0) {
            return true;
        }
    }
    return false;
}

const char *language_tag_canonical(struct arena *arena, const char *tag)
{
    char *text = arena_strdup(arena, tag);
    bool is_plain = false; /* behind a singleton, where nothing is capital */

    for (char *at = text; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    for (char *at = text; *at; at += strcspn(at, "-"), at += *at == '-') {
        size_t length = strcspn(at, "-");
        bool is_first = at == text;
        is_plain = is_plain || length == 1;
        if (!is_first && !is_plain && (length == 2 || length == 4)) {
            for (size_t i = 0; i < (length == 2 ? 2 : 1); i++) {
                at[i] = (char)toupper((unsigned char)at[i]);
            }
        }
    }
    return text;
}
