/* notice.h - what all notices about one link have in common: the sentence that they are sent for, one button that leads to the
 * link on the owner's screen, how far its reviewers have come, and the small print.
 *
 * All notices about a link have one subject, so that mail programs show them as one conversation; what has happened stands in the
 * first sentence, which an inbox shows beside the subject.
 */
#ifndef SHARELINK_NOTIFICATIONS_NOTICE_H
#define SHARELINK_NOTIFICATIONS_NOTICE_H

#include "services/notifications/mail/mail_body.h"
#include "services/notifications/mail/mail_kinds.h"

/* strong may be NULL. */
#define notice_start(letter, body, strong, key, ...)                                                                             \
    notice_start_with(letter, body, strong, key, (const struct words_value[]){ __VA_ARGS__, { NULL, NULL } })
void notice_start_with(struct letter *letter, struct mail_body *body, const char *strong, enum words_key key,
                       const struct words_value *values);
/* An answer goes to the reviewer who did it. */
void notice_let_reviewer_answer(struct letter *letter);
/* "When: Monday, …", of a time of the context. */
void notice_when(const struct letter *letter, struct mail_body *body, enum words_key label, const char *name);
/* The button to the mail's link. Nothing where the account has no screen that it could lead to. */
void notice_button(const struct letter *letter, struct mail_body *body, const char *label);
/* "So far: Ingrid 4 of 6, Dmitri not opened." */
void notice_progress(const struct letter *letter, struct mail_body *body);
void notice_end(struct letter *letter, struct mail_body *body);

/* What the account's mails look like. */
struct mail_look notice_look(const struct letter *letter);
/* Where a recruiter sees this link; NULL for nowhere. */
const char *notice_link_url(const struct letter *letter, const char *share_link_id);

#endif
