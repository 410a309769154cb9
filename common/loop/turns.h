/* turns.h - turns at heavy work: so many have one at a time, the others wait in their order.
 *
 * A taker (a session, an account) is a key. Whoever asks on many connections at once takes turns with himself; where there is a
 * bound for all together, the takers come one after the other.
 */
#ifndef SHARELINK_TURNS_H
#define SHARELINK_TURNS_H

#include <stddef.h>
#include <stdint.h>

#include "common/loop/flow.h"

struct event_base;
struct turns;

struct turns_options {
    int64_t at_work, waiting;                   /* of one taker */
    int64_t at_work_together, waiting_together; /* of all; 0: no bound */
};

struct turns *turns_new(struct event_base *base, const struct turns_options *options);
void turns_free(struct turns *turns); /* with nobody in it */

/* Goes on to then when it is this flow's turn, which lasts until the flow ends; or to full at once, which ends it, when too many
 * wait. key is copied. */
struct next *turns_take(struct flow *flow, struct turns *turns, const char *key, flow_step *then, flow_step *full) FLOW_NEXT;

#endif
