/* page.h - HTML pages from embedded templates, and what they load. */
#ifndef SHARELINK_VIEWS_PAGE_H
#define SHARELINK_VIEWS_PAGE_H

#include "common/loop/flow.h"
#include "common/pages/html_page.h"

struct next *page_reply(struct flow *flow, int status, const char *template, const struct page_value *values) FLOW_NEXT;
/* Where the pages' scripts and style are: /assets/<version>, in the arena. */
const char *assets_path(struct arena *arena);

#endif
