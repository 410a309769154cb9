/* batches.h - the turns of those who send many interviews at once: an account has one batch at work, all together have a few.
 *
 * The turn comes before the Idempotency-Key is taken, so that a batch that waits holds no connection to PostgreSQL.
 */
#ifndef SHARELINK_LINKS_BATCHES_H
#define SHARELINK_LINKS_BATCHES_H

#include "common/loop/flow.h"

struct links_settings;
struct turns;

struct turns *batches_new(struct daemon *daemon, const struct links_settings *settings);
/* The guard's: goes on to then, for a batch when it has its turn; or ends the flow with a 429 when too many wait. */
struct next *batches_take_turn(struct flow *flow, flow_step *then) FLOW_NEXT;

#endif
