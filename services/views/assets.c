/* assets.c - GET /assets/{version}/{name}: the page's modules, style and icon, compiled in.
 *
 * The version is a digest of all of them, so a browser may keep what it has for good. While a new release is rolled out, a page
 * of the one may ask a process of the other: that answers with its own, to be kept by nobody.
 */
#include <stdio.h>
#include <string.h>

#include "common/data/crypto.h"
#include "common/http/problem.h"
#include "common/http/router.h"
#include "common/base/str.h"
#include "services/views/handlers.h"
#include "services/views/page.h"

#define SCRIPT "text/javascript; charset=utf-8"
#define STYLE  "text/css; charset=utf-8"

static const struct asset {
    const char *name, *type, *text;
} assets[] = {
    {
        "api.js",
        SCRIPT,
#include "services/views/pages/api.js.inc"
    },
    {
        "ask.js",
        SCRIPT,
#include "services/views/pages/ask.js.inc"
    },
    {
        "closed.js",
        SCRIPT,
#include "services/views/pages/closed.js.inc"
    },
    {
        "dom.js",
        SCRIPT,
#include "services/views/pages/dom.js.inc"
    },
    {
        "drafts.js",
        SCRIPT,
#include "services/views/pages/drafts.js.inc"
    },
    {
        "feedback.js",
        SCRIPT,
#include "services/views/pages/feedback.js.inc"
    },
    {
        "gate.js",
        SCRIPT,
#include "services/views/pages/gate.js.inc"
    },
    {
        "icon.svg",
        "image/svg+xml",
#include "services/views/pages/icon.svg.inc"
    },
    {
        "interview.js",
        SCRIPT,
#include "services/views/pages/interview.js.inc"
    },
    {
        "list.js",
        SCRIPT,
#include "services/views/pages/list.js.inc"
    },
    {
        "main.js",
        SCRIPT,
#include "services/views/pages/main.js.inc"
    },
    {
        "page.css",
        STYLE,
#include "services/views/pages/page.css.inc"
    },
    {
        "parts.js",
        SCRIPT,
#include "services/views/pages/parts.js.inc"
    },
    {
        "player.js",
        SCRIPT,
#include "services/views/pages/player.js.inc"
    },
    {
        "text.js",
        SCRIPT,
#include "services/views/pages/text.js.inc"
    },
};

enum { ASSET_COUNT = sizeof assets / sizeof assets[0], VERSION_SIZE = 17 };

static const char *version(void)
{
    static char made[VERSION_SIZE];
    uint8_t hash[CRYPTO_HASH_SIZE];
    struct buf all = { 0 };

    if (*made) {
        return made;
    }
    for (size_t i = 0; i < ASSET_COUNT; i++) {
        buf_add_text(&all, assets[i].text);
    }
    crypto_hash(hash, all.data, all.length);
    buf_clear(&all);
    str_hex(made, hash, (VERSION_SIZE - 1) / 2);
    return made;
}

const char *assets_path(struct arena *arena)
{
    return arena_printf(arena, "/assets/%s", version());
}

struct next *show_asset(struct flow *flow)
{
    bool is_this_release = str_equal(router_param(flow, "version"), version());

    for (size_t i = 0; i < ASSET_COUNT; i++) {
        if (str_equal(router_param(flow, "name"), assets[i].name)) {
            http_set_header(flow, "Cache-Control", is_this_release ? "public, max-age=31536000, immutable" : "no-store");
            return http_reply(flow, 200, assets[i].type, assets[i].text, strlen(assets[i].text));
        }
    }
    return problem_reply(flow, 404, "not_found", "There is nothing at this address.");
}
