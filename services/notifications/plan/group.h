/* group.h - the consumer groups: who turns events into deliveries of a channel. Each has settled marks, a cursor of the sweep
 * (a row in notifications.cursors) and dead entries of its own, so that each is late or fails alone.
 */
#ifndef SHARELINK_NOTIFICATIONS_GROUP_H
#define SHARELINK_NOTIFICATIONS_GROUP_H

#include "common/pg/pg.h"
#include "services/notifications/notifications.h"

struct group {
    const char *name; /* of the Redis group, in notifications.settled, .cursors and .dead_entries */
    enum role role;   /* a process with it reads the group's streams and sends what it is leased */
    /* $1 event ids, $2 lease in seconds, $3 lease holder, $4 how many deliveries to lease to it. Its columns: the leased as a
     * JSON array, how many deliveries were stored, the ids that are not in the log as a JSON array. */
    const struct pg_statement *plan;
    /* Adds parameters of the group's own, from $5 on; may be NULL. */
    void (*add_params)(const struct notifications *notifications, struct pg_params *params);
    /* How many deliveries this process may be leased now; 0 in one without the role. */
    int (*room)(const struct notifications *notifications);
    /* Takes what the plan has leased; not called without the role. stored as the plan has it. */
    void (*take)(const struct notifications *notifications, const char *leased, int stored);
};

/* All of them, whatever this process's roles are: ended by a NULL name. */
extern const struct group groups[];

#endif
