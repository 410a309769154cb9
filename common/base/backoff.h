/* backoff.h - how long to wait before trying again: doubled each time, and scattered so that many do not come at once. */
#ifndef SHARELINK_BACKOFF_H
#define SHARELINK_BACKOFF_H

/* For a server that this process cannot do without: soon at first, and never long after it is back. */
enum { BACKOFF_FIRST_MS = 100, BACKOFF_MOST_MS = 5000 };

/* attempt counts from 0. first_ms is doubled per attempt up to most_ms; the delay lies by chance between half of that and
 * the whole. */
int backoff_ms(unsigned attempt, int first_ms, int most_ms);

#endif
