/* door.h - answers for a door that does not open, the same on every route. */
#ifndef SHARELINK_VIEWS_DOOR_H
#define SHARELINK_VIEWS_DOOR_H

#include "common/loop/flow.h"

/* outcome: "unknown" and "no_interview" are a 404, "expired" and "deactivated" a 410, "no_session" is a 401,
 * "feedback_disabled" a 403. */
struct next *door_refuse(struct flow *flow, const char *outcome) FLOW_NEXT;

#endif
