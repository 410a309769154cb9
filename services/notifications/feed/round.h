/* round.h - how far a reader of the log has come.
 *
 * A round tells all that is committed in one snapshot and was not in the last round's, in the order of commits, page by page. So
 * a long transaction somewhere delays nobody, and nothing is told twice by one reader.
 */
#ifndef SHARELINK_NOTIFICATIONS_ROUND_H
#define SHARELINK_NOTIFICATIONS_ROUND_H

#include "common/data/json.h"

/* It tells what is in `upto` and was not in `told`. */
struct round {
    char *told, *upto;    /* snapshots; NULL: none yet, now */
    char *xid, *event_id; /* the last that was told of it */
};

/* A page was told: its events as read_tail.sql and read_history.sql have them, and the snapshot that it was read in. */
void round_advance(struct round *round, const json_t *events, const char *snapshot);
/* It has told all; the next one begins where it was. */
void round_end(struct round *round);
void round_clear(struct round *round);

#endif
