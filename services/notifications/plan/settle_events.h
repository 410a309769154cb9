/* settle_events.h - from events to deliveries: the one way, whoever brings the events (stream or sweep).
 *
 * Settling an event twice is harmless. After it, each event has its deliveries, or asks for none; or they stand there as failed,
 * with the reason not_planned, since PostgreSQL rejects its data; or it waits in this process to be tried again, unsettled.
 */
#ifndef SHARELINK_NOTIFICATIONS_SETTLE_EVENTS_H
#define SHARELINK_NOTIFICATIONS_SETTLE_EVENTS_H

#include "services/notifications/plan/group.h"

/* What plans the events of a group, one by one when need be. Each process has one for every group, whatever its roles are. */
struct pg_work *settle_events_work(struct daemon *daemon, const struct notifications *notifications, const struct group *group);

struct settling;

/* In the flow's arena, with room for most events of a group. */
struct settling *settling_new(struct flow *flow, const struct group *group, size_t most);
/* stream and entry_id: where it came from, "" from the sweep. All borrowed until the end. */
void settling_add(struct settling *settling, const char *event_id, const char *stream, const char *entry_id);
void settling_add_dead(struct settling *settling, const char *stream, const char *entry_id, const char *event_id,
                       const char *fault);

/* Takes flow->state. Goes on with settled, or with failed when PostgreSQL is away. */
struct next *settle_events(struct flow *flow, struct settling *settling, flow_step *settled, flow_step *failed) FLOW_NEXT;

#endif
