/* show_page.c - GET /console/{id}: the page of a session. It needs no secret and shows none: the code stands in the fragment,
 * which no server hears of. Whose pages may frame it, and how it looks, are this session's. */
#include "common/http/problem.h"
#include "common/http/router.h"
#include "common/pages/accent.h"
#include "common/pages/assets.h"
#include "common/pages/html_page.h"
#include "common/words/words.h"
#include "services/console/console.h"
#include "services/console/find_session_page.sql.h"
#include "services/console/handlers.h"

#define TRUSTED_TYPES "; require-trusted-types-for 'script'"

static const char page_template[] =
#include "services/console/pages/page.html.inc"
    ;
static const char over_template[] =
#include "services/console/pages/over.html.inc"
    ;
static const struct asset list[] = {
#include "services/console/pages/assets.inc"
};

static struct assets assets = { .list = list, .count = sizeof list / sizeof list[0] };

/* In the order in which they run. */
static struct next *reply_page(struct flow *flow);
static struct next *reply_session(struct flow *flow, enum words_language language, const struct find_session_page_out *out);
static struct next *reply_over(struct flow *flow, int status, enum words_language language, const char *origin,
                               enum words_key heading, enum words_key text);
static const char *style_of(struct flow *flow, const struct find_session_page_out *out);
static struct next *reply_html(struct flow *flow, int status, enum words_language language, const char *origin, const char *style,
                               const char *template, const struct page_value *values);

struct next *show_page(struct flow *flow)
{
    struct find_session_page_in in = { .session_id = router_param(flow, "id") };

    return find_session_page_query(flow, flow->daemon->pg, &in, reply_page);
}

static struct next *reply_page(struct flow *flow)
{
    const char *accepted = http_header(flow, "Accept-Language");

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return reply_over(flow, 404, words_choose(NULL, accepted, NULL), NULL, PAGES_CONSOLE_UNKNOWN, PAGES_CONSOLE_UNKNOWN_TEXT);
    }
    struct find_session_page_out out = find_session_page_get(flow, 0);
    enum words_language language = words_choose(out.locale, accepted, out.account_locale);
    return out.is_live ? reply_session(flow, language, &out)
                       : reply_over(flow, 410, language, out.origin, PAGES_CONSOLE_OVER, PAGES_CONSOLE_OVER_TEXT);
}

static struct next *reply_session(struct flow *flow, enum words_language language, const struct find_session_page_out *out)
{
    const struct page_value values[] = {
        { "title", words_text(language, PAGES_CONSOLE_TITLE) },
        { "no_script", words_text(language, PAGES_CONSOLE_NO_SCRIPT) },
        { "scheme", out->scheme },
        { "session", router_param(flow, "id") },
        { "origin", out->origin },
        { NULL, NULL },
    };

    return reply_html(flow, 200, language, out->origin, style_of(flow, out), page_template, values);
}

static struct next *reply_over(struct flow *flow, int status, enum words_language language, const char *origin,
                               enum words_key heading, enum words_key text)
{
    const struct page_value values[] = {
        { "heading", words_text(language, heading) },
        { "text", words_text(language, text) },
        { NULL, NULL },
    };

    return reply_html(flow, status, language, origin, "", over_template, values);
}

/* The accent, and of a scheme that was asked for its colours in both. */
static const char *style_of(struct flow *flow, const struct find_session_page_out *out)
{
    struct accent accent;

    if (!accent_of(out->accent, &accent)) {
        return "";
    }
    return arena_printf(flow->arena, "data-light=\"%s %s %s\" data-dark=\"%s %s %s\"", accent.light.accent,
                        accent.light.on_accent, accent.light.tint, accent.dark.accent, accent.dark.on_accent, accent.dark.tint);
}

static struct next *reply_html(struct flow *flow, int status, enum words_language language, const char *origin, const char *style,
                               const char *template, const struct page_value *values)
{
    struct page_value all[16] = { { "language", words_tag(language) }, { "html_accent", style } };
    struct buf text = { 0 };
    size_t count = 2;

    for (; values->name; values++) {
        all[count++] = *values;
    }
    http_set_page_headers(
        flow, arena_printf(flow->arena,
                           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; "
                           "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors %s" TRUSTED_TYPES,
                           origin ? origin : "'none'"));
    if (origin) {
        http_unset_header(flow, "X-Frame-Options");
        http_set_header(flow, "Cross-Origin-Resource-Policy", "cross-origin");
    }
    http_set_header(flow, "Content-Language", words_tag(language));
    http_set_header(flow, "Vary", "Accept-Language");
    html_page_fill(&text, template, arena_printf(flow->arena, "/console/assets/%s", assets_version(&assets)), all);
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", text.data, text.length);
    buf_clear(&text);
    return next;
}

struct next *show_asset(struct flow *flow)
{
    return assets_reply(flow, &assets);
}
