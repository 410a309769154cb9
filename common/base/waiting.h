/* waiting.h - things that failed and wait by themselves, each longer with every failure, before they are tried again.
 *
 * A thing is a key. Memory of one process, bounded: who it forgets must be found again from where the truth stands.
 */
#ifndef SHARELINK_WAITING_H
#define SHARELINK_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

struct waiting;

struct waiting_item {
    const char *key;
    unsigned failures;
};

/* The pause after a failure is first_ms, doubled with each further one up to most_ms, and scattered. */
struct waiting *waiting_new(size_t capacity, int first_ms, int most_ms);
void waiting_free(struct waiting *waiting);

/* It failed, again or for the first time. False when there is no room for another. */
bool waiting_put_off(struct waiting *waiting, const char *key);
/* It has its turn behind the others, and has not failed. */
bool waiting_add(struct waiting *waiting, const char *key);
void waiting_remove(struct waiting *waiting, const char *key);

unsigned waiting_failures(const struct waiting *waiting, const char *key); /* 0 for one that does not wait */
bool waiting_has(const struct waiting *waiting, const char *key);
size_t waiting_count(const struct waiting *waiting);
/* Of those whose pause is over the one that has failed least, and of these the one that has been due for longest; NULL for none.
 * Valid until it is removed. */
const struct waiting_item *waiting_due(const struct waiting *waiting);
/* All keys, as many as waiting_count says, copied into the arena. */
const char **waiting_keys(const struct waiting *waiting, struct arena *arena);

#endif
