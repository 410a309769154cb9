/* group.h - the consumer groups: who turns events into deliveries of a channel. Each has settled marks, a cursor of the sweep
 * (a row in notifications.cursors) and dead entries of its own, so that each is late or fails alone.
 */
#ifndef SHARELINK_NOTIFICATIONS_GROUP_H
#define SHARELINK_NOTIFICATIONS_GROUP_H

#include "common/pg/work.h"
#include "services/notifications/notifications.h"

/* What came of a plan. Valid as long as the answer. */
struct planned {
    const char *leased;  /* a JSON array of what the group's leases take; NULL when its plan leases none */
    const char *unknown; /* a JSON array of the event ids that are not in the log */
    int64_t asked_us;    /* clock_boot_us() before it was sent: leases are counted from then */
    int stored;          /* deliveries that are to be sent at once */
};

struct group {
    const char *name; /* of the Redis group, in notifications.settled, .cursors and .dead_entries */
    const char *work; /* its plan's name in metrics and logs */
    enum role role;   /* a process with it reads the group's streams and sends what it is leased */
    /* Makes deliveries of these events, and may lease some to this process when it has the role. */
    struct next *(*plan)(struct flow *flow, struct pg_texts event_ids, struct pg_limits limits, flow_step *then);
    /* Reads its answer, when that is PG_OK. */
    struct planned (*planned)(const struct flow *flow);
    /* Takes what the plan has leased; not called without the role. */
    void (*take)(const struct notifications *notifications, const struct planned *planned);
    /* Settles an event that PostgreSQL rejects: its deliveries have failed. */
    struct next *(*condemn)(struct flow *flow, const char *event_id, const char *error, flow_step *then);
    /* How many that are, when its answer is PG_OK. */
    int64_t (*condemned)(const struct flow *flow);
};

/* All of them, whatever this process's roles are: ended by a NULL name. */
extern const struct group groups[];

#endif
