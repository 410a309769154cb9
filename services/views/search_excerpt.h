/* search_excerpt.h - where in an interview's texts something was found, told with the text around it. */
#ifndef SHARELINK_VIEWS_SEARCH_EXCERPT_H
#define SHARELINK_VIEWS_SEARCH_EXCERPT_H

#include <stddef.h>

#include "common/base/arena.h"

#define SEARCH_LINES_MAX 3

/* The texts as struct search_item has them, and the first match in some lines of folded, in their order. */
struct search_lines {
    const char *folded, *texts, *places;
    const char *matches[SEARCH_LINES_MAX];
    size_t count;
};

/* The rank, as views.searched_texts has it, of the line that a match is in. */
int search_place(const struct search_lines *lines, const char *match);

/* JSON, in the arena: [{"where", "text", "question_id"?, "start"?}], a member for each line, with at most 160 characters of its
 * text. */
const char *search_excerpts(const struct search_lines *lines, struct arena *arena);

#endif
