/* compose.h - from what a mail says to its header lines and bodies, as plain data. */
#ifndef SHARELINK_MAIL_COMPOSE_H
#define SHARELINK_MAIL_COMPOSE_H

#include "common/base/arena.h"
#include "common/mail/mail.h"

/* All of it in the arena. */
struct mail_letter {
    const char *from, *to;      /* envelope: checked addresses, without <> */
    const char *const *headers; /* "Name: value" lines ended by NULL; folded with CRLF and a blank, no CRLF at the end;
                                 * all but those of MIME */
    const char *text, *html;    /* with CRLF line ends; one of them may be NULL */
};

/* sender: the operator's "Name <address>" or address. Fills *letter; NULL when fine, else what is wrong, one line
 * without addresses. */
const char *mail_compose(struct arena *arena, const char *sender, const struct mail *mail, struct mail_letter *letter);

#endif
