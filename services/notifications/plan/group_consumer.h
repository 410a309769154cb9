/* group_consumer.h - reads both streams for a consumer group. */
#ifndef SHARELINK_NOTIFICATIONS_GROUP_CONSUMER_H
#define SHARELINK_NOTIFICATIONS_GROUP_CONSUMER_H

#include "common/redis/consumer.h"
#include "services/notifications/plan/group.h"

struct stream_consumer *group_consumer_new(struct daemon *daemon, const struct notifications *notifications,
                                           const struct group *group);

#endif
