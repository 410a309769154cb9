/* markdown.h - a recruiter's message (CommonMark, by libcmark) with placeholders, as HTML and as plain text.
 *
 * HTML in the source is shown as text, never passed on; links go only to http, https and mailto. Placeholders are filled
 * in after parsing, so a value (a reviewer's name with * or [ in it) is never read as Markdown.
 */
#ifndef SHARELINK_MARKDOWN_H
#define SHARELINK_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"

struct placeholder {
    const char *name;  /* "reviewer_name"; the text holds {{reviewer_name}} (blanks inside the braces are fine) */
    const char *value; /* never NULL */
};

/* values: ended by a NULL name. All results are in the arena. The HTML is a fragment of block elements. */
char *markdown_html(struct arena *arena, const char *source, const struct placeholder *values);
/* For who reads no HTML, without Markdown's marks: a link as "text (url)", items of lists behind "- " or their number, quotes
 * indented. */
char *markdown_text(struct arena *arena, const char *source, const struct placeholder *values);
/* Text that is not Markdown: itself, with its placeholders filled in. */
char *markdown_fill(struct arena *arena, const char *source, const struct placeholder *values);

/* The name of the first placeholder of text that known does not list (ended by NULL), in the arena; NULL when all are known.
 * "{{" without "}}" is plain text. */
const char *markdown_unknown_placeholder(struct arena *arena, const char *text, const char *const *known);

#endif
