/* door.h - answers for a door that does not open, the same on every route. */
#ifndef SHARELINK_VIEWS_DOOR_H
#define SHARELINK_VIEWS_DOOR_H

#include "common/flow.h"

/* state: "unknown" is a 404, "expired" and "deactivated" are a 410. */
struct next *door_refuse(struct flow *flow, const char *state) FLOW_NEXT;

#endif
