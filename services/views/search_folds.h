/* search_folds.h - texts of most alphabets folded, character by character.
 *
 * What each character is folded to is PostgreSQL's to say (views.folds), with the texts that are to be folded, so that they and
 * what is looked for are folded alike. There it would take most of a search's time.
 */
#ifndef SHARELINK_VIEWS_SEARCH_FOLDS_H
#define SHARELINK_VIEWS_SEARCH_FOLDS_H

#include <stddef.h>

struct search_folds;

/* folds as views.folds has them, borrowed as long as it lives; NULL or "" for ASCII alone. */
struct search_folds *search_folds_new(const char *folds);
void search_folds_free(struct search_folds *folds);

/* The length of a text, folded. folds may be NULL. */
size_t search_folds_length(const struct search_folds *folds, const char *text);
/* Writes it to where there is room for so much, and its end. */
void search_folds_put(const struct search_folds *folds, char *to, const char *text);

#endif
