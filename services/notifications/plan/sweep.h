/* sweep.h - finds the events that no stream has brought, and settles them straight from the log. */
#ifndef SHARELINK_NOTIFICATIONS_SWEEP_H
#define SHARELINK_NOTIFICATIONS_SWEEP_H

#include "services/notifications/notifications.h"

struct sweep;
struct sweep *sweep_new(struct daemon *daemon, const struct notifications *notifications);
void sweep_pause(struct sweep *sweep); /* no further turns; the one under way ends by itself */
void sweep_free(struct sweep *sweep);  /* with no turn under way */

#endif
