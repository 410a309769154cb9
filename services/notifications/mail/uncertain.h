/* uncertain.h - mails whose content the server took without saying what became of it: they may have arrived.
 *
 * Such a mail is sent once more, with the same Message-ID: some minutes later, or as soon as another mail has gone through. While
 * mails end so and none goes through it is the server's trouble, and no mail's: those that are to be sent once more wait on, and
 * none is given up for it. This is what one process has seen since it began.
 */
#ifndef SHARELINK_NOTIFICATIONS_UNCERTAIN_H
#define SHARELINK_NOTIFICATIONS_UNCERTAIN_H

#include "common/daemon/daemon.h"

struct uncertain;

/* pause_seconds: before the one more try, unless another mail goes through. */
struct uncertain *uncertain_new(struct daemon *daemon, int64_t pause_seconds);
void uncertain_free(struct uncertain *uncertain);
bool uncertain_is_quiet(const struct uncertain *uncertain);

/* Whether a mail that has ended so that often may be tried now. */
bool uncertain_may_try(const struct uncertain *uncertain, int times);
/* How long it is to wait, with some chance in it. */
int64_t uncertain_pause_ms(const struct uncertain *uncertain);
/* It has ended so. Whether it is the server's trouble: others have, too, since a mail last went through. */
bool uncertain_note(struct uncertain *uncertain, const char *delivery_id);
/* A mail has gone through: those that wait are tried soon. */
void uncertain_note_sent(struct uncertain *uncertain, const char *delivery_id);

#endif
