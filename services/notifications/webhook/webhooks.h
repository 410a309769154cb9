/* webhooks.h - the webhooks that this process holds a lease on: from the claim to the outcome in PostgreSQL. */
#ifndef SHARELINK_NOTIFICATIONS_WEBHOOKS_H
#define SHARELINK_NOTIFICATIONS_WEBHOOKS_H

#include "services/notifications/notifications.h"

struct webhooks;

struct webhooks *webhooks_new(struct daemon *daemon, const struct notifications *notifications);
/* Claims nothing more; what is in hand is posted and recorded. */
void webhooks_pause(struct webhooks *webhooks);
bool webhooks_is_empty(const struct webhooks *webhooks);
void webhooks_free(struct webhooks *webhooks);

/* There is something to claim; NULL (another process has the role) is fine. */
void webhooks_wake(struct webhooks *webhooks);

/* For the table of settings: seconds, divided by commas. */
const char *webhooks_check_schedule(const char *value);

#endif
