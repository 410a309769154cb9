/* captions.h - files of captions, WebVTT or SubRip, made into lines of what is said; whatever is in them. */
#ifndef SHARELINK_VIEWS_CAPTIONS_H
#define SHARELINK_VIEWS_CAPTIONS_H

#include <stddef.h>

#include "common/base/buf.h"

enum { CAPTIONS_LINES_MAX = 5000, CAPTIONS_TEXT_MAX = 500, CAPTIONS_SECONDS_MAX = 86400 };

/* Adds the lines to json: [{"start": 1.5, "end": 3, "text": "…"}], in the order in which they start, at most CAPTIONS_LINES_MAX,
 * each of at most CAPTIONS_TEXT_MAX characters: a longer cue becomes several lines, and lines beyond the most are left out. NULL,
 * or why they are no captions, a constant. For any thread. */
const char *captions_read(const char *bytes, size_t length, struct buf *json);

#endif
