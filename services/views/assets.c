/* assets.c - GET /assets/{version}/{name}: what the reviewer's page loads, see common/pages/assets.h. */
#include "common/pages/assets.h"

#include "common/base/arena.h"
#include "services/views/handlers.h"
#include "services/views/page.h"

static const struct asset list[] = {
    {
        "api.js",
        ASSET_SCRIPT,
#include "services/views/pages/api.js.inc"
    },
    {
        "ask.js",
        ASSET_SCRIPT,
#include "services/views/pages/ask.js.inc"
    },
    {
        "base.css",
        ASSET_STYLE,
#include "common/pages/base.css.inc"
    },
    {
        "closed.js",
        ASSET_SCRIPT,
#include "services/views/pages/closed.js.inc"
    },
    {
        "dom.js",
        ASSET_SCRIPT,
#include "common/pages/dom.js.inc"
    },
    {
        "drafts.js",
        ASSET_SCRIPT,
#include "services/views/pages/drafts.js.inc"
    },
    {
        "feedback.js",
        ASSET_SCRIPT,
#include "services/views/pages/feedback.js.inc"
    },
    {
        "gate.js",
        ASSET_SCRIPT,
#include "services/views/pages/gate.js.inc"
    },
    {
        "icon.svg",
        ASSET_ICON,
#include "common/pages/icon.svg.inc"
    },
    {
        "interview.js",
        ASSET_SCRIPT,
#include "services/views/pages/interview.js.inc"
    },
    {
        "list.js",
        ASSET_SCRIPT,
#include "services/views/pages/list.js.inc"
    },
    {
        "main.js",
        ASSET_SCRIPT,
#include "services/views/pages/main.js.inc"
    },
    {
        "page.css",
        ASSET_STYLE,
#include "services/views/pages/page.css.inc"
    },
    {
        "parts.js",
        ASSET_SCRIPT,
#include "services/views/pages/parts.js.inc"
    },
    {
        "player.js",
        ASSET_SCRIPT,
#include "services/views/pages/player.js.inc"
    },
    {
        "text.js",
        ASSET_SCRIPT,
#include "common/pages/text.js.inc"
    },
    {
        "times.js",
        ASSET_SCRIPT,
#include "services/views/pages/times.js.inc"
    },
};

static struct assets assets = { .list = list, .count = sizeof list / sizeof list[0] };

const char *assets_path(struct arena *arena)
{
    return arena_printf(arena, "/assets/%s", assets_version(&assets));
}

struct next *show_asset(struct flow *flow)
{
    return assets_reply(flow, &assets);
}
