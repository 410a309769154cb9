/* fetcher.h - what interviews and accounts name and we keep ourselves, fetched in the background: captions of answers, made into
 * lines of what is said, and logos.
 *
 * A row of views.fetches is a job. It is leased, fetched within FETCH_TIMEOUT_SECONDS under the rules of webhooks (common/fetch),
 * and stored; what cannot be had is put off, longer each time, and given up after FETCH_TRIES. Nobody waits for it: a page shows
 * what is there. A process that dies leaves its jobs to whoever claims them after their leases.
 */
#ifndef SHARELINK_VIEWS_FETCHER_H
#define SHARELINK_VIEWS_FETCHER_H

#include "services/views/views.h"

struct fetcher *fetcher_new(struct daemon *daemon, const struct views *views);
/* Claims nothing more, and breaks off what is under way: it is put off, to be claimed by others at once. */
void fetcher_pause(struct fetcher *fetcher);
bool fetcher_is_empty(const struct fetcher *fetcher);
void fetcher_free(struct fetcher *fetcher);

#endif
