/* searches.h - the turns of those who search: a session has two at work at once, its others wait in their order.
 *
 * So whoever asks on many connections at once takes turns with himself, and not with others: not with those who have the same
 * link, nor does who has no session, or makes one up, with those who have one. Filters and sorts count alike.
 */
#ifndef SHARELINK_VIEWS_SEARCHES_H
#define SHARELINK_VIEWS_SEARCHES_H

#include "common/loop/flow.h"

struct daemon;
struct turns;
struct views_settings;

struct turns *searches_new(struct daemon *daemon, const struct views_settings *settings);

/* Goes on to then, which proves the session, when it is this flow's turn, which lasts until the flow ends; or ends it with a 429
 * when too many wait. */
struct next *searches_take_turn(struct flow *flow, struct turns *searches, flow_step *then) FLOW_NEXT;

#endif
