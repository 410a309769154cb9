/* config_unknown.c - variables that look like settings and are none, each with the setting that it resembles most. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/config.h"

#define FILE_SUFFIX     "_FILE"
#define NAME_MAX_LENGTH 80 /* a longer one resembles nothing */

/* A name without the prefix; the file form of one ends in FILE_SUFFIX. */
struct name {
    char text[NAME_MAX_LENGTH + 1];
    size_t length;
};

static bool is_known(const char *const *known, const char *name, size_t length);
static bool is_of_kubernetes(const char *entry);
static void add_fault(struct buf *faults, const char *const *known, const char *name, size_t length);
static bool find_nearest(const char *const *known, const struct name *name, struct name *nearest);
static bool set_name(struct name *name, const char *text, size_t length, const char *suffix);
static size_t distance(const struct name *a, const struct name *b);
static size_t min(size_t a, size_t b);

int config_find_unknown(const char *const *known, struct buf *faults)
{
    int count = 0;

    for (char **entry = environ; *entry; entry++) {
        size_t length = strcspn(*entry, "=");
        if (strncmp(*entry, CONFIG_PREFIX, strlen(CONFIG_PREFIX)) != 0 || !(*entry)[length] || !(*entry)[length + 1]) {
            continue; /* an empty variable is as good as none */
        }
        const char *name = *entry + strlen(CONFIG_PREFIX);
        length -= strlen(CONFIG_PREFIX);
        if (!is_known(known, name, length) && !is_of_kubernetes(*entry)) {
            add_fault(faults, known, name, length);
            count++;
        }
    }
    return count;
}

static bool is_known(const char *const *known, const char *name, size_t length)
{
    for (; *known; known++) {
        size_t known_length = strlen(*known);
        if (length >= known_length && memcmp(name, *known, known_length) == 0) {
            size_t more = length - known_length;
            if (more == 0 || (more == strlen(FILE_SUFFIX) && memcmp(name + known_length, FILE_SUFFIX, more) == 0)) {
                return true;
            }
        }
    }
    return false;
}

/* Kubernetes tells every pod of the Services of its namespace; one that is called sharelink-views is in SHARELINK_VIEWS_PORT and
 * its kin. Nobody set those. */
static bool is_of_kubernetes(const char *entry)
{
    static const char pattern[] = "^[A-Z0-9_]+_(SERVICE_HOST=|SERVICE_PORT(_[A-Z0-9_]+)?=|PORT=(tcp|udp|sctp)://|"
                                  "PORT_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?=)";
    regex_t compiled;

    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
        abort();
    }
    bool matches = regexec(&compiled, entry, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matches;
}

static void add_fault(struct buf *faults, const char *const *known, const char *name, size_t length)
{
    struct name unknown, nearest;

    buf_add_text(faults, CONFIG_PREFIX);
    buf_add(faults, name, length);
    buf_add_text(faults, ": is no setting");
    if (set_name(&unknown, name, length, "") && find_nearest(known, &unknown, &nearest)) {
        buf_printf(faults, "; did you mean " CONFIG_PREFIX "%s?", nearest.text);
    }
    buf_add_char(faults, '\n');
}

/* The name with the least share of letters that would have to be others; false when that is more than half of them. */
static bool find_nearest(const char *const *known, const struct name *name, struct name *nearest)
{
    static const char *const suffixes[] = { "", FILE_SUFFIX };
    size_t least = 1, least_of = 1;

    for (; *known; known++) {
        for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
            struct name candidate;
            if (!set_name(&candidate, *known, strlen(*known), suffixes[i])) {
                continue;
            }
            size_t apart = distance(name, &candidate);
            size_t of = name->length > candidate.length ? name->length : candidate.length;
            if (apart * least_of < least * of) {
                least = apart;
                least_of = of;
                *nearest = candidate;
            }
        }
    }
    return least * 2 <= least_of;
}

static bool set_name(struct name *name, const char *text, size_t length, const char *suffix)
{
    size_t suffix_length = strlen(suffix);

    if (length + suffix_length > NAME_MAX_LENGTH) {
        return false;
    }
    memcpy(name->text, text, length);
    memcpy(name->text + length, suffix, suffix_length + 1);
    name->length = length + suffix_length;
    return true;
}

/* Levenshtein's: the letters to change, add and drop. */
static size_t distance(const struct name *a, const struct name *b)
{
    size_t row[NAME_MAX_LENGTH + 1]; /* of a's first letters to each number of b's */

    for (size_t j = 0; j <= b->length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a->length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b->length; j++) {
            size_t changed = diagonal + (a->text[i - 1] != b->text[j - 1]);
            diagonal = row[j];
            row[j] = min(changed, min(row[j], row[j - 1]) + 1);
        }
    }
    return row[b->length];
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}
