/* page.h - HTML pages from embedded templates, and the headers that every page and asset carries. */
#ifndef SHARELINK_VIEWS_PAGE_H
#define SHARELINK_VIEWS_PAGE_H

#include "common/flow.h"

struct page_value {
    const char *name; /* the template has {{name}}; NULL ends the list */
    const char *text; /* shown as text: escaped */
};

struct next *page_reply(struct flow *flow, int status, const char *template, const struct page_value *values) FLOW_NEXT;
/* A script or a style sheet. */
struct next *page_reply_asset(struct flow *flow, const char *content_type, const char *text) FLOW_NEXT;

#endif
