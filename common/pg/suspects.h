/* suspects.h - what failed or met a locked row a moment ago and is likely to again; for the files of this folder alone.
 *
 * Few, and forgotten after some seconds: it only decides who is sent where, so that to be wrong costs nothing but time.
 */
#ifndef SHARELINK_PG_SUSPECTS_H
#define SHARELINK_PG_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PG_SUSPECTS = 64 };

struct pg_suspect {
    uint64_t key;
    int64_t until_us;
    bool waits; /* for a lock */
};

struct pg_suspects {
    struct pg_suspect list[PG_SUSPECTS];
    unsigned next;
    int64_t until_us; /* the last of them */
};

/* The key of so many values, each of so many bytes, of which some may be NULL; never 0. */
uint64_t pg_suspect_key(const void *of, const char *const *values, const size_t *sizes, int count);
bool pg_suspects_any(const struct pg_suspects *suspects); /* quick: whether it is worth making a key */
/* NULL when it is none. */
struct pg_suspect *pg_suspects_find(struct pg_suspects *suspects, uint64_t key);
void pg_suspects_note(struct pg_suspects *suspects, uint64_t key, bool waits);
void pg_suspects_clear(struct pg_suspects *suspects, uint64_t key);

#endif
