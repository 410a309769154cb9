/* email_consumer.h - the consumer group "email" on both streams. */
#ifndef SHARELINK_NOTIFICATIONS_EMAIL_CONSUMER_H
#define SHARELINK_NOTIFICATIONS_EMAIL_CONSUMER_H

#include "common/stream.h"
#include "services/notifications/notifications.h"

struct stream_consumer *email_consumer_new(struct daemon *daemon, const struct notifications *notifications);

#endif
