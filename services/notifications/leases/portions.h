/* portions.h - the items of a statement that failed, tried in ever smaller portions, until those that fail alone are known.
 *
 * What is left of a portion goes behind the others, so what is sound is through before the next try of what is not.
 */
#ifndef SHARELINK_NOTIFICATIONS_PORTIONS_H
#define SHARELINK_NOTIFICATIONS_PORTIONS_H

#include <stdbool.h>

/* Some of the items, which somebody has in an array. */
struct portion {
    int from, count;
};

struct portions {
    struct portion *list;
    int size, count, at;
};

/* Forgets what is left, and begins with one portion of all items; 0 for none. */
void portions_begin(struct portions *portions, int count);
/* The next one to try; false when none is left. */
bool portions_next(struct portions *portions, struct portion *next);
/* One of several items has failed: its eighths are tried later. */
void portions_split(struct portions *portions, struct portion failed);
void portions_free(struct portions *portions);

#endif
