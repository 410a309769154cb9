/* stream_watch.h - says when something was added to the streams: what it was is read from the log. */
#ifndef SHARELINK_NOTIFICATIONS_STREAM_WATCH_H
#define SHARELINK_NOTIFICATIONS_STREAM_WATCH_H

#include "common/daemon/daemon.h"

struct stream_watch;

/* While Redis is away nothing is said. */
struct stream_watch *stream_watch_new(struct daemon *daemon, void (*on_added)(void *arg), void *arg);
void stream_watch_pause(struct stream_watch *watch);
void stream_watch_free(struct stream_watch *watch);

#endif
