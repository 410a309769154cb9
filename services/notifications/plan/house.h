/* house.h - what is to be done now and then, whatever happens: partitions made, old marks and answers forgotten, backlogs
 * measured. */
#ifndef SHARELINK_NOTIFICATIONS_HOUSE_H
#define SHARELINK_NOTIFICATIONS_HOUSE_H

#include "services/notifications/notifications.h"

struct house;
struct house *house_new(struct daemon *daemon, const struct notifications *notifications);
void house_pause(struct house *house);
void house_free(struct house *house); /* with no chore under way */

#endif
