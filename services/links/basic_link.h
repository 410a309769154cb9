/* basic_link.h - what the calls about an interview's basic link share. */
#ifndef SHARELINK_LINKS_BASIC_LINK_H
#define SHARELINK_LINKS_BASIC_LINK_H

#include "common/flow.h"

#define BASIC_LINK_FEEDBACK "A basic link takes no feedback: this is always true."

/* From a row of outcome, link, version and sealed URLs; with url and passcode for a key that may write. */
struct next *basic_link_reply(struct flow *flow, int status) FLOW_NEXT;

#endif
