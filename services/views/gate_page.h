/* gate_page.h - what a link's page says before anybody is let in, and when nobody is let in any more. */
#ifndef SHARELINK_VIEWS_GATE_PAGE_H
#define SHARELINK_VIEWS_GATE_PAGE_H

#include "common/loop/flow.h"
#include "services/views/page.h"

/* A link, as far as nobody has to be let in. Times are those of words_moment (common/words/words.h); each text may be NULL but
 * sender and session. */
struct gate {
    const char *sender;
    const char *session; /* live | over | none: of this browser */
    int64_t candidate_count, job_count;
    double seconds;                     /* recorded */
    const char *expires_at, *closed_at; /* closed: switched off */
    const char *closed_code;            /* manual | unusual_activity | max_age */
    bool is_expired;
};

/* The page of a link that is open, and of one that is over (410). */
struct next *gate_page_reply(struct flow *flow, const struct page *page, const struct gate *gate) FLOW_NEXT;
struct next *gate_page_reply_over(struct flow *flow, const struct page *page, const struct gate *gate) FLOW_NEXT;
/* Why and when it ended, in a sentence or two of the page's language; good for as long as the flow. */
const char *gate_page_why_over(struct flow *flow, const struct page *page, const struct gate *gate);
/* A page without a brand that says two sentences. again: it offers to try again. */
struct next *gate_page_say(struct flow *flow, int status, enum words_key heading, enum words_key text, bool again) FLOW_NEXT;
/* To who asked the sender by a form: that it was done, and what to expect. */
struct next *gate_page_reply_asked(struct flow *flow, const struct page *page, const char *sender, bool is_open,
                                   bool is_basic) FLOW_NEXT;

#endif
