/* page.c - see the header. Pages run no inline script and no inline style, load only what is ours (media may be redirected to
 * where the platform keeps them), and tell no other site where the reader came from.
 */
#include "services/views/page.h"

#include <string.h>

#include "common/http/http.h"
#include "common/base/str.h"
#include "services/views/views.h"

/* Media are paths of this page that lead on to where they are kept. */
#define PAGE_POLICY(more)                                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:" more "; media-src 'self' https:" more "; "  \
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

static void set_headers(struct flow *flow);
static void fill_in(struct arena *arena, struct buf *page, const char *template, const struct page_value *values);
static const char *value_of(const struct page_value *values, const char *name, size_t length);

struct next *page_reply(struct flow *flow, int status, const char *template, const struct page_value *values)
{
    struct buf page = { 0 };

    set_headers(flow);
    fill_in(flow->arena, &page, template, values);
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", page.data, page.length);
    buf_clear(&page);
    return next;
}

static void set_headers(struct flow *flow)
{
    http_set_page_headers(flow, views_of(flow)->settings->allow_http_media ? PAGE_POLICY(" http:") : PAGE_POLICY(""));
}

static void fill_in(struct arena *arena, struct buf *page, const char *template, const struct page_value *values)
{
    const char *from = template;
    const struct page_value own[] = { { "assets", assets_path(arena) }, { NULL, NULL } };

    for (const char *open; (open = strstr(from, "{{"));) {
        const char *close = strstr(open, "}}");
        buf_add(page, from, (size_t)(open - from));
        const char *text = value_of(own, open + 2, (size_t)(close - open - 2));
        buf_add_html(page, *text ? text : value_of(values, open + 2, (size_t)(close - open - 2)));
        from = close + 2;
    }
    buf_add_text(page, from);
}

static const char *value_of(const struct page_value *values, const char *name, size_t length)
{
    while (values->name && !(strlen(values->name) == length && memcmp(values->name, name, length) == 0)) {
        values++;
    }
    return values->name ? values->text : "";
}
