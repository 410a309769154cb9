/* schedule_mails.h - plans the mails that time asks for and no event: expiry warnings and daily digests. */
#ifndef SHARELINK_NOTIFICATIONS_SCHEDULE_MAILS_H
#define SHARELINK_NOTIFICATIONS_SCHEDULE_MAILS_H

#include "services/notifications/notifications.h"

struct schedule;

/* Every process has one; a lock in the statement lets one of them plan at a time. */
struct schedule *schedule_new(struct daemon *daemon, const struct notifications *notifications);
void schedule_pause(struct schedule *schedule);
bool schedule_is_quiet(const struct schedule *schedule); /* no statement under way */
void schedule_free(struct schedule *schedule);

#endif
