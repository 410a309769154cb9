/* unsubscribe_page.h - the small page behind the link in a notice: no script, no picture, nothing from elsewhere; in the language
 * that the reader's browser asks for, else in the mail's. */
#ifndef SHARELINK_NOTIFICATIONS_UNSUBSCRIBE_PAGE_H
#define SHARELINK_NOTIFICATIONS_UNSUBSCRIBE_PAGE_H

#include "common/loop/flow.h"
#include "common/words/words.h"
#include "services/notifications/mail/unsubscribe_token.h"

/* Asks: buttons for what this link may switch off. */
struct next *unsubscribe_page_ask(struct flow *flow, const struct unsubscribe *who) FLOW_NEXT;
/* Says one thing; who may be NULL. */
struct next *unsubscribe_page_tell(struct flow *flow, const struct unsubscribe *who, int status, enum words_key heading,
                                   enum words_key text) FLOW_NEXT;
/* The link is not one of ours. */
struct next *unsubscribe_page_unknown(struct flow *flow) FLOW_NEXT;

#endif
