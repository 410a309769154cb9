/* scheduler.h - what time does to share links: link.expired, and the end of links that were active for too long.
 *
 * Whether a link is open never waits for it: that is read from expires_at itself.
 */
#ifndef SHARELINK_LINKS_SCHEDULER_H
#define SHARELINK_LINKS_SCHEDULER_H

#include <stdint.h>

struct daemon;
struct scheduler;

/* Every process takes turns; a lock in the statement lets one of them find something. */
struct scheduler *scheduler_new(struct daemon *daemon, int64_t interval_ms, int64_t max_age_days);
/* Takes no further turn; the one under way ends as a flow does. */
void scheduler_pause(struct scheduler *scheduler);
void scheduler_free(struct scheduler *scheduler);

#endif
