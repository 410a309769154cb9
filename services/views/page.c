/* page.c - see the header. Pages run no inline script and no inline style, load only what is ours (media may be redirected to
 * where the platform keeps them), and tell no other site where the reader came from.
 */
#include "services/views/page.h"

#include "common/http/http.h"
#include "services/views/views.h"

/* Media are paths of this page that lead on to where they are kept. */
#define PAGE_POLICY(more)                                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:" more "; media-src 'self' https:" more "; "  \
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

static void set_headers(struct flow *flow);

struct next *page_reply(struct flow *flow, int status, const char *template, const struct page_value *values)
{
    struct buf page = { 0 };

    set_headers(flow);
    html_page_fill(&page, template, assets_path(flow->arena), values);
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", page.data, page.length);
    buf_clear(&page);
    return next;
}

static void set_headers(struct flow *flow)
{
    http_set_page_headers(flow, views_of(flow)->settings->allow_http_media ? PAGE_POLICY(" http:") : PAGE_POLICY(""));
}
