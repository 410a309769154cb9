/* smtp.h - one SMTP transaction after another over a connection that is kept. Blocks: for a sender thread only. */
#ifndef SHARELINK_MAIL_SMTP_H
#define SHARELINK_MAIL_SMTP_H

#include "common/mail/mail.h"
#include "common/mail/compose.h"

struct mail_smtp;

struct mail_report {
    enum mail_outcome outcome;
    int smtp_code; /* the server's last, 0 for none */
    char detail[160];
};

/* Connects at the first mail. Uses url, require_tls, ca_file and the limits of the options; all is copied. Belongs to
 * one thread at a time. */
struct mail_smtp *mail_smtp_new(const struct mail_pool_options *options);
void mail_smtp_free(struct mail_smtp *smtp);
/* good_until_us: as in struct mail. */
void mail_smtp_send(struct mail_smtp *smtp, const struct mail_letter *letter, const _Atomic int64_t *good_until_us,
                    struct mail_report *report);

#endif
