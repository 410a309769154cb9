/* local_media.h - files below the operator's MEDIA_DIR, with byte ranges (RFC 9110 section 14). */
#ifndef SHARELINK_VIEWS_LOCAL_MEDIA_H
#define SHARELINK_VIEWS_LOCAL_MEDIA_H

#include "common/loop/flow.h"

/* path is relative and was checked when it was stored; links that lead out of the folder are refused all the same. */
struct next *local_media_reply(struct flow *flow, const char *media_dir, const char *path, const char *content_type) FLOW_NEXT;

#endif
