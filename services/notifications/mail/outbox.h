/* outbox.h - the mails that this process holds a lease on: from the claim to the outcome in PostgreSQL. */
#ifndef SHARELINK_NOTIFICATIONS_OUTBOX_H
#define SHARELINK_NOTIFICATIONS_OUTBOX_H

#include "services/notifications/notifications.h"

struct outbox;

struct outbox *outbox_new(struct daemon *daemon, const struct notifications *notifications);
/* Claims nothing more; what is in hand is sent and recorded. */
void outbox_pause(struct outbox *outbox);
bool outbox_is_empty(const struct outbox *outbox);
void outbox_free(struct outbox *outbox);

/* How many mails it may be leased now. */
int outbox_room(const struct outbox *outbox);
/* Takes mails leased to us: JSON array of what notifications.mail_json makes. stored: how many deliveries were made or
 * claimed in all; when there are more than mails, the rest is claimed as soon as there is room. asked_us: clock_boot_us() before
 * the statement was sent. */
void outbox_take(struct outbox *outbox, const char *contexts, int stored, int64_t asked_us);

#endif
