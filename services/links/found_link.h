/* found_link.h - the answer to a GET of one link, advanced or basic, or of one reviewer. */
#ifndef SHARELINK_LINKS_FOUND_LINK_H
#define SHARELINK_LINKS_FOUND_LINK_H

#include "common/loop/flow.h"
#include "common/data/json.h"

/* 200, or 304 for a caller who has it: see the story of found_link.c. */
struct next *found_link_reply(struct flow *flow, const json_t *link, int64_t version) FLOW_NEXT;
/* The same of one reviewer; the version is the link's. */
struct next *found_reviewer_reply(struct flow *flow, const json_t *reviewer, int64_t version) FLOW_NEXT;

#endif
