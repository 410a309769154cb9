/* door.h - what a visitor finds at a link's door, and the answers when it does not open, the same on every route. */
#ifndef SHARELINK_VIEWS_DOOR_H
#define SHARELINK_VIEWS_DOOR_H

#include "common/loop/flow.h"

/* As statements tell it; the first that holds. no_interview: of this link. */
enum door {
    DOOR_OPEN,
    DOOR_UNKNOWN,
    DOOR_EXPIRED,
    DOOR_DEACTIVATED,
    DOOR_NO_SESSION,
    DOOR_NO_INTERVIEW,
    DOOR_FEEDBACK_DISABLED,
};

/* The answer to any but DOOR_OPEN: DOOR_UNKNOWN and DOOR_NO_INTERVIEW are a 404, DOOR_EXPIRED and DOOR_DEACTIVATED a 410,
 * DOOR_NO_SESSION is a 401, DOOR_FEEDBACK_DISABLED a 403. */
struct next *door_refuse(struct flow *flow, enum door door) FLOW_NEXT;

#endif
