/* basic_link.h - what the calls about an interview's basic link share. */
#ifndef SHARELINK_LINKS_BASIC_LINK_H
#define SHARELINK_LINKS_BASIC_LINK_H

#include "common/loop/flow.h"
#include "common/data/json.h"

#define BASIC_LINK_FEEDBACK "A basic link takes no feedback: this is always true."
#define BASIC_LINK_MAIL     "A basic link sends no mails."

/* POST /v1/share-links with kind "basic". */
struct next *create_listed_basic_link(struct flow *flow, const json_t *body) FLOW_NEXT;

/* sealed: JSON array with the box of its reviewer, or NULL. With url and passcode for a key that may write. */
struct next *basic_link_reply(struct flow *flow, int status, const char *share_link, int64_t version,
                              const char *sealed) FLOW_NEXT;

#endif
