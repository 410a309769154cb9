/* arena.h - memory that lives exactly as long as one piece of work (a flow, a mail, a start-up) and is freed once.
 *
 * Nothing allocated here is freed by itself. Allocation never returns NULL: a process out of memory ends (see mem.h).
 * An arena belongs to one thread at a time.
 */
#ifndef SHARELINK_ARENA_H
#define SHARELINK_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);

/* Runs what arena_defer registered, newest first, then frees everything. NULL is fine. */
void arena_free(struct arena *arena);

/* Zeroed and aligned for any type. A size of 0 gives a pointer that must not be read. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));
/* As arena_alloc, for count objects; the product is checked for overflow. */
void *arena_calloc(struct arena *arena, size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Copies that end in a NUL; arena_strndup takes exactly length bytes, which may hold any byte. NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *arena, const char *format, va_list args) __attribute__((format(printf, 2, 0), returns_nonnull));

/* Has release(object) called when the arena is freed: for what other libraries allocated. */
void arena_defer(struct arena *arena, void (*release)(void *object), void *object);

#endif
