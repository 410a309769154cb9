/* words_table.h - the catalogues as C holds them; for the files of this folder alone. */
#ifndef SHARELINK_WORDS_TABLE_H
#define SHARELINK_WORDS_TABLE_H

#include "words_keys.h"

struct words_entry {
    const char *one; /* NULL when there is but one form */
    const char *other;
};

struct words_catalogue {
    const char *tag;
    struct words_entry entries[WORDS_KEYS];
};

extern const struct words_catalogue words_catalogues[WORDS_LANGUAGES];

#endif
