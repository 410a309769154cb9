/* listener.h - one client of GET /v1/events/stream: what it is told, and when it is cut off.
 *
 * One that goes on from an event reads its account's log page by page, as its client takes them, and then what the tail has
 * brought meanwhile; when that was too much to keep, another round. An event may come twice then, never not at all. Who does
 * not read is cut off.
 */
#ifndef SHARELINK_NOTIFICATIONS_LISTENER_H
#define SHARELINK_NOTIFICATIONS_LISTENER_H

#include <sys/queue.h>

#include "common/daemon/daemon.h"
#include "common/data/json.h"

struct feed_wish;
struct listener;

/* All of this process. */
struct listeners {
    struct daemon *daemon;
    struct metric *gauge; /* of count */
    int count;
    LIST_HEAD(listener_list, listener) list;
};

struct listener *listener_next(const struct listener *listener);

/* Ends the flow with a stream that lasts; it leaves the list when its client goes. */
struct next *listener_start(struct listeners *listeners, struct flow *flow, const struct feed_wish *wish) FLOW_NEXT;
/* Tells it of an event of the tail, when that is one it wants. */
void listener_tell(struct listener *listener, const json_t *event);
/* Twice a second: goes on, and sends a comment when nothing was sent for a heartbeat. */
void listener_tick(struct listener *listener, int64_t now_us, int64_t heartbeat_us);
const char *listener_key_id(const struct listener *listener);
const char *listener_account_id(const struct listener *listener);
/* Ends it at once, or when what it was told has been taken. */
void listener_cut(struct listener *listener);
void listener_end(struct listener *listener);

#endif
