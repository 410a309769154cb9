/* compress.c - see the header. In front of zlib's stream stand a letter and the text's length. */
#include "common/data/compress.h"

#include <stdbool.h>
#include <zlib.h>

#include "common/base/mem.h"

enum { MARK = 'z', HEAD = 5 };

uint8_t *compress_text(struct arena *arena, const char *text, size_t length, size_t *compressed_length)
{
    uLongf size = compressBound(length);
    uint8_t *bytes = arena_alloc(arena, HEAD + size);

    if (length > UINT32_MAX || compress(bytes + HEAD, &size, (const Bytef *)text, length) != Z_OK) {
        mem_fail(); /* the one thing that can go wrong is that there is no memory */
    }
    bytes[0] = MARK;
    for (int i = 0; i < 4; i++) {
        bytes[1 + i] = (uint8_t)(length >> 8 * i);
    }
    *compressed_length = HEAD + size;
    return bytes;
}

char *compress_restore(struct arena *arena, const void *compressed, size_t compressed_length, size_t length_max, size_t *length)
{
    const uint8_t *bytes = compressed;
    uLongf size = 0;

    if (compressed_length < HEAD || bytes[0] != MARK) {
        return NULL;
    }
    for (int i = 0; i < 4; i++) {
        size |= (uLongf)bytes[1 + i] << 8 * i;
    }
    *length = size;
    if (size > length_max) {
        return NULL;
    }
    char *text = arena_alloc(arena, size + 1);
    bool is_whole = uncompress((Bytef *)text, &size, bytes + HEAD, compressed_length - HEAD) == Z_OK && size == *length;
    return is_whole ? text : NULL;
}
