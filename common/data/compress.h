/* compress.h - text made smaller (zlib), and as it was again. */
#ifndef SHARELINK_COMPRESS_H
#define SHARELINK_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

/* Bytes in the arena, which compress_restore knows again. */
uint8_t *compress_text(struct arena *arena, const char *text, size_t length, size_t *compressed_length);
/* The text with a NUL behind it, in the arena; NULL for what compress_text has not made, or when it is longer than length_max. */
char *compress_restore(struct arena *arena, const void *compressed, size_t compressed_length, size_t length_max, size_t *length);

#endif
