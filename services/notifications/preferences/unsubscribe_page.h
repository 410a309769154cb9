/* unsubscribe_page.h - the page behind the link in a notice: no script, no picture, nothing from elsewhere; in the language
 * that the reader's browser asks for, else in the mail's. */
#ifndef SHARELINK_NOTIFICATIONS_UNSUBSCRIBE_PAGE_H
#define SHARELINK_NOTIFICATIONS_UNSUBSCRIBE_PAGE_H

#include "common/loop/flow.h"
#include "common/words/words.h"
#include "services/notifications/mail/unsubscribe_token.h"

/* What the reader hears of now. */
struct unsubscribe_present {
    const char *title; /* of the link that the mail was about; NULL when it is not to be named */
    bool is_daily, is_first, is_muted, is_off;
};

/* Asks: buttons for fewer mails, and for none. */
struct next *unsubscribe_page_ask(struct flow *flow, const struct unsubscribe *who,
                                  const struct unsubscribe_present *present) FLOW_NEXT;
/* Says one thing; who may be NULL. undo: what its button sends as "before"; NULL for no button. */
struct next *unsubscribe_page_tell(struct flow *flow, const struct unsubscribe *who, int status, enum words_key heading,
                                   enum words_key text, const char *undo) FLOW_NEXT;
/* The link is not one of ours. */
struct next *unsubscribe_page_unknown(struct flow *flow) FLOW_NEXT;

#endif
