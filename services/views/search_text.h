/* search_text.h - what is searched in a link: of each of its interviews the texts that the link's settings let be seen, folded,
 * and where they stand.
 *
 * It depends on the link, its settings and its documents, so that all reviewers of a link search the same, and go on with it
 * while they watch and rate. gather_texts.sql makes it. What each interview's text has of pairs and threes of bytes is noted in
 * bits, so that a text that does not have a word is not read for it.
 */
#ifndef SHARELINK_VIEWS_SEARCH_TEXT_H
#define SHARELINK_VIEWS_SEARCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "services/views/made.h"
#include "services/views/search_folds.h"

/* An interview's texts, lines of the same number in each; borrowed until search_text_new returns. */
struct search_item {
    const char *texts;  /* the most telling first; "" when there are none */
    const char *folded; /* with as many blanks as texts; NULL when folds has all that is to be done */
    const char
        *places; /* the rank of views.searched_texts, a blank, the start or nothing, a blank, the question's id or nothing */
    const struct search_folds *folds; /* NULL: of ASCII alone */
};

/* What became of an interview. */
struct search_hit {
    bool is_found;
    int64_t rank;         /* small: more telling; names come before all else */
    const char *found_in; /* JSON, when it is found: where, with an excerpt, at most three places */
};

/* With one holder; version as gather_texts.sql has it. */
struct search_text *search_text_new(const char *version, const struct search_item *items, size_t count);

/* A hit for each interview, in the arena. search: folded; each of its words must be found, in whatever order. */
const struct search_hit *search_text_find(struct search_text *text, struct arena *arena, const char *search);

#endif
