/* show_docs.c - GET /docs: the contract for people. The page fetches /openapi.json: at the front door that of all of /v1, here
 * this daemon's own. It runs no script and no style but ours, and sets text as text (trusted types), whatever a document holds.
 */
#include <string.h>

#include "common/http/conditional.h"
#include "common/http/http.h"
#include "common/pages/assets.h"
#include "common/pages/html_page.h"
#include "services/links/handlers.h"

#define POLICY                                                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "             \
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

static const char template[] =
#include "services/links/pages/docs.html.inc"
    ;

static const struct asset list[] = {
    {
        "base.css",
        ASSET_STYLE,
#include "common/pages/base.css.inc"
    },
    {
        "call.js",
        ASSET_SCRIPT,
#include "services/links/pages/call.js.inc"
    },
    {
        "contract.js",
        ASSET_SCRIPT,
#include "services/links/pages/contract.js.inc"
    },
    {
        "copy.js",
        ASSET_SCRIPT,
#include "common/pages/copy.js.inc"
    },
    {
        "curl.js",
        ASSET_SCRIPT,
#include "services/links/pages/curl.js.inc"
    },
    {
        "docs.css",
        ASSET_STYLE,
#include "services/links/pages/docs.css.inc"
    },
    {
        "docs.js",
        ASSET_SCRIPT,
#include "services/links/pages/docs.js.inc"
    },
    {
        "dom.js",
        ASSET_SCRIPT,
#include "common/pages/dom.js.inc"
    },
    {
        "icon.svg",
        ASSET_ICON,
#include "common/pages/icon.svg.inc"
    },
    {
        "markdown.js",
        ASSET_SCRIPT,
#include "common/pages/markdown.js.inc"
    },
    {
        "menu.js",
        ASSET_SCRIPT,
#include "services/links/pages/menu.js.inc"
    },
    {
        "schema.js",
        ASSET_SCRIPT,
#include "services/links/pages/schema.js.inc"
    },
    {
        "text.js",
        ASSET_SCRIPT,
#include "common/pages/text.js.inc"
    },
};

static struct assets assets = { .list = list, .count = sizeof list / sizeof list[0] };

struct next *show_docs(struct flow *flow)
{
    struct buf page = { 0 };

    html_page_fill(&page, template, arena_printf(flow->arena, "/docs/%s", assets_version(&assets)),
                   (const struct page_value[]){ { NULL, NULL } });
    const char *etag = conditional_tag_of(flow->arena, page.data);
    http_set_page_headers(flow, POLICY);
    http_set_header(flow, "ETag", etag);
    http_set_header(flow, "Cache-Control", "no-cache");
    struct next *next = conditional_is_known(flow, etag)
                            ? http_reply_empty(flow, 304)
                            : http_reply(flow, 200, "text/html; charset=utf-8", page.data, page.length);
    buf_clear(&page);
    return next;
}

struct next *show_docs_asset(struct flow *flow)
{
    return assets_reply(flow, &assets);
}
