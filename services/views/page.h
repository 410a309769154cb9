/* page.h - HTML pages from embedded templates, in the reader's language and the account's colours, and what they load. */
#ifndef SHARELINK_VIEWS_PAGE_H
#define SHARELINK_VIEWS_PAGE_H

#include "common/loop/flow.h"
#include "common/pages/html_page.h"
#include "common/words/words.h"
#include "services/views/brand.h"

/* Whose page it is, and in which language. */
struct page {
    enum words_language language;
    const char *locale; /* the reader's own, by which the page runs from left or from right; NULL when it is not known */
    struct brand brand;
};

/* The template gets {{language}}, {{direction}}, {{title}}, {{html_style}} and {{html_brand}} besides. */
struct next *page_reply(struct flow *flow, int status, const struct page *page, const char *template,
                        const struct page_value *values) FLOW_NEXT;
/* Where the pages' scripts and style are: /assets/<version>, in the arena. */
const char *assets_path(struct arena *arena);

#endif
