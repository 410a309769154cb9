/* smtp_verdict.h - what became of a mail: from the server's code, and from what was heard when there is none. */
#ifndef SHARELINK_MAIL_SMTP_VERDICT_H
#define SHARELINK_MAIL_SMTP_VERDICT_H

#include "common/mail/smtp.h"
#include "common/mail/smtp_wire.h"

/* outcome and code: libcurl's, of the transaction that the wire listened to. Fills *report. */
void smtp_judge(const struct smtp_wire *wire, CURLcode outcome, int code, struct mail_report *report);

#endif
