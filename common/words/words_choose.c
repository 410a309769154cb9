/* words_choose.c - which language a person reads, by their locale and what their browser accepts (RFC 4647, RFC 9110 12.5.4).
 *
 * A header is as long as the sender likes: it is read once, from left to right, and only its first ranges count.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/base/str.h"
#include "common/words/words.h"
#include "common/words/words_table.h"

#define RANGES_MAX 64
#define WEIGHT_MAX 1000
#define NOT_NAMED  (-1)

struct wishes {
    int weights[WORDS_LANGUAGES]; /* thousandths; NOT_NAMED */
    int ranks[WORDS_LANGUAGES];   /* which range named it first */
    int others;                   /* of "*" */
};

static bool of_header(const char *header, enum words_language preferred, enum words_language *language);
static void read_range(struct wishes *wishes, const char *range, size_t length, int rank);
static int read_weight(const char *parameters, size_t length);
static bool find_language(const char *tag, size_t length, enum words_language *language);
static bool is_one_of(const char *subtag, size_t length, const char *const *known);

enum words_language words_choose(const char *locale, const char *accept_language, const char *account_locale)
{
    enum words_language language, preferred = WORDS_EN;

    if (locale && find_language(locale, strlen(locale), &language)) {
        return language;
    }
    if (account_locale && find_language(account_locale, strlen(account_locale), &language)) {
        preferred = language;
    }
    return accept_language && of_header(accept_language, preferred, &language) ? language : preferred;
}

const char *words_tag(enum words_language language)
{
    return words_catalogues[language].tag;
}

/* The greatest weight; of the same weight what was named first, then the preferred one. */
static bool of_header(const char *header, enum words_language preferred, enum words_language *language)
{
    struct wishes wishes = { .others = 0 };
    int best = 0, best_rank = 0;

    for (int i = 0; i < WORDS_LANGUAGES; i++) {
        wishes.weights[i] = NOT_NAMED;
        wishes.ranks[i] = RANGES_MAX;
    }
    for (int rank = 0; rank < RANGES_MAX; rank++) {
        size_t length = strcspn(header, ",");
        read_range(&wishes, header, length, rank);
        if (!header[length]) {
            break;
        }
        header += length + 1;
    }
    for (int i = 0; i < WORDS_LANGUAGES; i++) {
        int weight = wishes.weights[i] == NOT_NAMED ? wishes.others : wishes.weights[i];
        int rank = 2 * wishes.ranks[i] + (i == (int)preferred ? 0 : 1);
        if (weight > best || (weight == best && rank < best_rank)) {
            best = weight;
            best_rank = rank;
            *language = (enum words_language)i;
        }
    }
    return best > 0;
}

/* "de-AT;q=0.8". What is not well formed counts for nothing. A region that is not wanted says nothing about its language. */
static void read_range(struct wishes *wishes, const char *range, size_t length, int rank)
{
    const char *semicolon = memchr(range, ';', length);
    size_t tag_length = semicolon ? (size_t)(semicolon - range) : length;
    int weight = semicolon ? read_weight(semicolon + 1, length - tag_length - 1) : WEIGHT_MAX;
    enum words_language language;

    tag_length = str_trim(&range, tag_length);
    if (weight < 0) {
        return;
    }
    if (tag_length == 1 && *range == '*') {
        wishes->others = weight;
    } else if (find_language(range, tag_length, &language) && weight > wishes->weights[language] &&
               (weight > 0 || !memchr(range, '-', tag_length))) {
        wishes->weights[language] = weight;
        wishes->ranks[language] = rank < wishes->ranks[language] ? rank : wishes->ranks[language];
    }
}

/* Thousandths of "q=0.8"; -1 when it is none. */
static int read_weight(const char *parameters, size_t length)
{
    const char *text = parameters;
    int weight, scale = 100;

    length = str_trim(&text, length);
    if (length < 3 || length > strlen("q=0.000") || strncasecmp(text, "q=", 2) != 0 || (text[2] != '0' && text[2] != '1') ||
        (length > 3 && text[3] != '.')) {
        return -1;
    }
    weight = (text[2] - '0') * WEIGHT_MAX;
    for (size_t i = 4; i < length; i++, scale /= 10) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        weight += (text[i] - '0') * scale;
    }
    return weight <= WEIGHT_MAX ? weight : -1;
}

/* By its first subtag. */
static bool find_language(const char *tag, size_t length, enum words_language *language)
{
    const char *hyphen = memchr(tag, '-', length);
    size_t primary = hyphen ? (size_t)(hyphen - tag) : length;

    for (int i = 0; i < WORDS_LANGUAGES; i++) {
        const char *known = words_catalogues[i].tag;
        if (strlen(known) == primary && strncasecmp(known, tag, primary) == 0) {
            *language = (enum words_language)i;
            return true;
        }
    }
    return false;
}

/* CLDR has these languages written in one of these scripts, unless a tag says otherwise. */
const char *words_direction(const char *locale)
{
    static const char *const scripts[] = { "Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", NULL };
    static const char *const languages[] = { "ar",  "arc", "ckb", "dv", "fa",  "he", "iw", "ji", "ks",
                                             "nqo", "prs", "ps",  "sd", "syr", "ug", "ur", "yi", NULL };
    size_t primary = locale ? strcspn(locale, "-") : 0;
    const char *second = locale && locale[primary] ? locale + primary + 1 : "";
    size_t length = strcspn(second, "-");

    if (length == strlen("Arab") && isalpha((unsigned char)*second)) {
        return is_one_of(second, length, scripts) ? "rtl" : "ltr";
    }
    return locale && is_one_of(locale, primary, languages) ? "rtl" : "ltr";
}

static bool is_one_of(const char *subtag, size_t length, const char *const *known)
{
    while (*known && !(strlen(*known) == length && strncasecmp(*known, subtag, length) == 0)) {
        known++;
    }
    return *known;
}
