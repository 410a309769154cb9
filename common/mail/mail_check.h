/* mail_check.h - what a mail may say. The door for injected headers and recipients is shut here, and only here: libcurl passes CR
 * and LF on, in addresses and in header lines. mail_check_from is here too.
 */
#ifndef SHARELINK_MAIL_CHECK_H
#define SHARELINK_MAIL_CHECK_H

#include "common/base/arena.h"
#include "common/mail/mail.h"

/* Both: NULL when fine, else what is wrong, one line without addresses; in the arena. */
const char *mail_check(struct arena *arena, const struct mail *mail);
/* "Name <address>" or an address, taken apart; *name is NULL without one. */
const char *mail_check_sender(struct arena *arena, const char *sender, const char **name, const char **address);

#endif
