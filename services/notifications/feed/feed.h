/* feed.h - the listeners of GET /v1/events/stream, and the log's tail that they are told. */
#ifndef SHARELINK_NOTIFICATIONS_FEED_H
#define SHARELINK_NOTIFICATIONS_FEED_H

#include "services/notifications/notifications.h"

struct feed;

struct feed *feed_new(struct daemon *daemon, const struct notifications_settings *settings);
void feed_pause(struct feed *feed); /* ends every stream; its clients go on elsewhere */
bool feed_is_quiet(const struct feed *feed);
void feed_free(struct feed *feed);

struct feed_wish {
    const char *types;                       /* each with a blank behind it, as "link.opened review.submitted "; NULL: all */
    const char *share_link_id, *owner_email; /* NULL: all */
    const char *after_id;                    /* NULL: from now on */
    const char *xid;                         /* of find_position.sql, with an after_id */
};

/* Whether it knows where the log ends; before that, nobody can listen. */
bool feed_is_ready(const struct feed *feed);
/* Whether there may be events that it has not read, because nobody listened: who listens from now on would be told of them. */
bool feed_is_behind(const struct feed *feed);
/* Reads them, or fails to: then it is behind still. */
struct next *feed_catch_up(struct feed *feed, struct flow *flow, flow_step *then) FLOW_NEXT;
/* NULL, or what is too much in one sentence when this caller has as many streams as it may have. */
const char *feed_crowd(const struct feed *feed, const struct caller *caller);
/* Ends the flow with a stream that lasts. */
struct next *feed_listen(struct feed *feed, struct flow *flow, const struct feed_wish *wish) FLOW_NEXT;

#endif
