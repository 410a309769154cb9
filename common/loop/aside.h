/* aside.h - work that blocks, or takes longer than the loop should wait, on a thread of its own.
 *
 * For what is seldom and counted by its user: each piece has its own thread, so one that hangs (a folder of another machine's
 * that does not answer) holds up none of the others. How many may hang is up to who starts them.
 */
#ifndef SHARELINK_ASIDE_H
#define SHARELINK_ASIDE_H

#include <stdbool.h>

struct event_base;

typedef void aside_work(void *arg);
/* has_run: false when no thread was to be had. */
typedef void aside_done(void *arg, bool has_run);

/* Runs work in the thread, then done in the loop; exactly once, never before this returns. arg is the thread's from here on, and
 * the loop's again in done. */
void aside_run(struct event_base *base, aside_work *work, aside_done *done, void *arg);

#endif
