/* arena.c - chunks that are filled from the front and freed all at once; see arena.h.
 *
 * A flow's arena mostly stays within its first chunk. What would not fit into a fresh chunk of the usual size gets a
 * chunk of its own, put behind the current one so that the rest of that one is still used.
 */
#include "common/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define CHUNK_SIZE 4096
#define ALIGNMENT  _Alignof(max_align_t)

struct chunk {
    struct chunk *next;
    size_t size; /* of bytes */
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *object);
    void *object;
};

struct arena {
    struct chunk *chunks; /* the first one is filled */
    struct deferred *deferred;
};

static struct chunk *chunk_new(size_t size);
static void *take(struct chunk *chunk, size_t size);

struct arena *arena_new(void)
{
    return mem_alloc(sizeof(struct arena));
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        mem_fail();
    }
    size_t rounded = size ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
    struct chunk *current = arena->chunks;

    if (current && current->size - current->used >= rounded) {
        return take(current, rounded);
    }
    if (current && rounded > CHUNK_SIZE / 4) {
        struct chunk *own = chunk_new(rounded);
        own->next = current->next;
        current->next = own;
        return take(own, rounded);
    }
    size_t usual = CHUNK_SIZE - sizeof(struct chunk);
    arena->chunks = chunk_new(rounded > usual ? rounded : usual);
    arena->chunks->next = current;
    return take(arena->chunks, rounded);
}

static struct chunk *chunk_new(size_t size)
{
    struct chunk *chunk = mem_alloc(sizeof *chunk + size); /* zeroed, as arena_alloc promises */

    chunk->size = size;
    return chunk;
}

static void *take(struct chunk *chunk, size_t size)
{
    void *place = chunk->bytes + chunk->used;

    chunk->used += size;
    return place;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    size_t product;

    if (__builtin_mul_overflow(count, size, &product)) {
        mem_fail();
    }
    return arena_alloc(arena, product);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    if (!text) {
        return NULL;
    }
    if (length == SIZE_MAX) {
        mem_fail();
    }
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0) {
        abort(); /* a format that libc does not know is our own mistake */
    }
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_defer(struct arena *arena, void (*release)(void *object), void *object)
{
    struct deferred *deferred = arena_alloc(arena, sizeof *deferred);

    deferred->release = release;
    deferred->object = object;
    deferred->next = arena->deferred;
    arena->deferred = deferred;
}

void arena_free(struct arena *arena)
{
    if (!arena) {
        return;
    }
    /* A release may itself allocate or defer, so the list is taken from one by one. */
    while (arena->deferred) {
        struct deferred *newest = arena->deferred;
        arena->deferred = newest->next;
        newest->release(newest->object);
    }
    while (arena->chunks) {
        struct chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        free(chunk);
    }
    free(arena);
}
