/* text.h - what people write or paste, made fit to be stored and shown.
 *
 * Word processors and mail programs put line ends of their own, control characters and marks that turn the direction of what
 * follows into what is copied from them. None of these is worth losing a text for, and none of them is stored.
 */
#ifndef SHARELINK_TEXT_H
#define SHARELINK_TEXT_H

#include <stdbool.h>

#include "common/base/arena.h"

enum text_lines { TEXT_ONE_LINE, TEXT_LINES };

/* The text in the arena; as it is when there is nothing to mend. Line ends (CR LF, CR, U+000B, U+000C, U+0085, U+2028, U+2029)
 * become \n; in a text of one line, they and tabs become one blank, and go at its ends. Other control characters and what
 * overrides the direction of text are left out. */
const char *text_mend(struct arena *arena, const char *text, enum text_lines lines);

/* Whether the text holds embeddings, overrides or isolates of direction: U+202A to U+202E, U+2066 to U+2069. */
bool text_has_override(const char *text);

/* Whether anything of the text can be seen: something beside blanks and characters that are drawn as nothing. */
bool text_is_visible(const char *text);

#endif
