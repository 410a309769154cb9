/* local_media.h - files below the operator's MEDIA_DIR, with byte ranges (RFC 9110 section 14). */
#ifndef SHARELINK_VIEWS_LOCAL_MEDIA_H
#define SHARELINK_VIEWS_LOCAL_MEDIA_H

#include "common/loop/flow.h"
#include "services/views/media_type.h"

/* The file to be read, or -1 with errno: no link leads out of the folder. May wait for the folder's disk; for any thread. */
int local_media_open(const char *media_dir, const char *path);

/* path is relative and was checked when it was stored; links that lead out of the folder are refused all the same. */
struct next *local_media_reply(struct flow *flow, const char *media_dir, const char *path, const char *content_type) FLOW_NEXT;
/* The same, but the gateway sends it: prefix is where it has the folder. What it should not be asked for is refused here.
 * media_dir may be NULL: then it is for the gateway to see whether there is one. */
struct next *local_media_hand_over(struct flow *flow, const char *media_dir, const char *path, const struct media_type *type,
                                   const char *prefix) FLOW_NEXT;

#endif
