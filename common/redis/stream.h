/* stream.h - adding events to Redis streams after a commit. consumer.h reads them.
 *
 * Redis is the whisper. An event that cannot be added now is not queued here: it stands in events.log already, and the sweep
 * hands it on.
 */
#ifndef SHARELINK_STREAM_H
#define SHARELINK_STREAM_H

#define STREAM_LINKS "sharelink:links"
#define STREAM_VIEWS "sharelink:views"

struct redis;

/* XADD stream MAXLEN ~ N * type … ce …; fire and forget. type: the full CloudEvent type. */
void stream_add(struct redis *redis, const char *stream, const char *type, const char *cloud_event);

#endif
