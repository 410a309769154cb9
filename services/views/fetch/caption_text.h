/* caption_text.h - the text of captions: of a whole file in whatever encoding, and of one cue in its markup. */
#ifndef SHARELINK_VIEWS_CAPTION_TEXT_H
#define SHARELINK_VIEWS_CAPTION_TEXT_H

#include <stddef.h>

#include "common/base/arena.h"

/* The bytes of a file as UTF-8 without a mark at its beginning, in the arena: from UTF-8, UTF-16 with its mark, or else
 * Windows-1252, which has what Latin-1 has. NULL when it is no text at all. */
const char *caption_text_decoded(struct arena *arena, const char *bytes, size_t length);

/* What people read of a cue: without tags (WebVTT's and SubRip's), with characters in the place of references, mended as all text
 * that is pasted (common/data/text.h), without blanks at the ends of lines and without lines that are blank. In the arena; ""
 * when nothing is left. */
const char *caption_text_plain(struct arena *arena, const char *cue, size_t length);

#endif
