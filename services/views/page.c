/* page.c - see the header. Pages run no inline script; of inline style they have the account's colours, which the policy names by
 * their digest. They load only what is ours (media may be redirected to where the platform keeps them), and tell no other site
 * where the reader came from.
 */
#include "services/views/page.h"

#include "common/http/http.h"
#include "services/views/views.h"

#define VALUES_MAX 32

static const char *style_element(struct flow *flow, const char *style);
static void set_headers(struct flow *flow, const struct page *page, const char *style);

struct next *page_reply(struct flow *flow, int status, const struct page *page, const char *template,
                        const struct page_value *values)
{
    const char *style = brand_style(flow->arena, &page->brand);
    const char *title = words_text(page->language, PAGES_GATE_TITLE);
    struct page_value all[VALUES_MAX + 1] = {
        { "language", words_tag(page->language) },
        { "direction", words_direction(page->locale) },
        { "title", title },
        { "html_style", style_element(flow, style) },
        { "html_brand", brand_mark(flow->arena, &page->brand, title) },
    };
    struct buf text = { 0 };
    size_t count = 5;

    for (; values->name && count < VALUES_MAX; values++) {
        all[count++] = *values;
    }
    set_headers(flow, page, style);
    html_page_fill(&text, template, assets_path(flow->arena), all);
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", text.data, text.length);
    buf_clear(&text);
    return next;
}

static const char *style_element(struct flow *flow, const char *style)
{
    return *style ? arena_printf(flow->arena, "<style>%s</style>", style) : "";
}

static void set_headers(struct flow *flow, const struct page *page, const char *style)
{
    const char *http = views_of(flow)->settings->allow_http_media ? " http:" : "";
    const char *own_style = *style ? brand_style_source(flow->arena, style) : "";

    http_set_page_headers(
        flow,
        arena_printf(flow->arena,
                     "default-src 'none'; script-src 'self'; style-src 'self'%s%s; img-src 'self' https:%s; media-src 'self' "
                     "https:%s; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                     *own_style ? " " : "", own_style, http, http));
    http_set_header(flow, "Content-Language", words_tag(page->language));
    http_set_header(flow, "Vary", "Accept-Language, Cookie");
}
