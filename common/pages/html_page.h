/* html_page.h - HTML from embedded templates. */
#ifndef SHARELINK_HTML_PAGE_H
#define SHARELINK_HTML_PAGE_H

#include "common/base/buf.h"

struct page_value {
    const char *name; /* the template has {{name}}; NULL ends the list */
    const char *text; /* shown as text, escaped; HTML as it is when the name begins with html_. NULL is none */
};

/* Appends the template; {{assets}} becomes the path below which it loads what it needs. What no value is given for is left out.
 */
void html_page_fill(struct buf *page, const char *template, const char *assets, const struct page_value *values);

#endif
