/* settle_events.h - from events to deliveries: the one way, whoever brings the events (stream or sweep).
 *
 * Settling an event twice is harmless. After it, each event has its deliveries, or asks for none, or is kept as a dead
 * entry with the reason.
 */
#ifndef SHARELINK_NOTIFICATIONS_SETTLE_EVENTS_H
#define SHARELINK_NOTIFICATIONS_SETTLE_EVENTS_H

#include "services/notifications/plan/group.h"

struct settling;

/* In the flow's arena, with room for most events of a group. */
struct settling *settling_new(struct flow *flow, const struct group *group, size_t most);
/* stream and entry_id: where it came from, "" from the sweep. All borrowed until the end. */
void settling_add(struct settling *settling, const char *event_id, const char *stream, const char *entry_id);
void settling_add_dead(struct settling *settling, const char *stream, const char *entry_id, const char *event_id,
                       const char *fault);

/* Takes flow->state. Goes on with settled, or with failed when PostgreSQL could not do it now. */
struct next *settle_events(struct flow *flow, struct settling *settling, flow_step *settled, flow_step *failed) FLOW_NEXT;

#endif
