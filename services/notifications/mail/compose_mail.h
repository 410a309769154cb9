/* compose_mail.h - what a mail says, from its delivery and the link that it is about. */
#ifndef SHARELINK_NOTIFICATIONS_COMPOSE_MAIL_H
#define SHARELINK_NOTIFICATIONS_COMPOSE_MAIL_H

#include "common/data/json.h"
#include "common/mail/mail.h"
#include "services/notifications/notifications.h"

/* context: an object of notifications.mail_json. Fills *mail with texts in the arena; NULL when fine, else why it cannot be
 * composed. */
const char *compose_mail(struct arena *arena, const struct daemon *daemon, const struct notifications_settings *settings,
                         const json_t *context, struct mail *mail);

#endif
