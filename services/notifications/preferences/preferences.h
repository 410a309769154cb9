/* preferences.h - what the two calls on notification preferences have in common: the address in the path, and the answer. */
#ifndef SHARELINK_NOTIFICATIONS_PREFERENCES_H
#define SHARELINK_NOTIFICATIONS_PREFERENCES_H

#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"
#include "common/loop/flow.h"

/* The path's address in its canonical form; NULL when it is none. */
const char *preferences_address(struct flow *flow);
struct next *preferences_refuse_address(struct flow *flow) FLOW_NEXT;
/* 200 with the version as the ETag; 304 to whoever has that version. */
struct next *preferences_reply(struct flow *flow, int64_t version, const char *preferences) FLOW_NEXT;

#endif
