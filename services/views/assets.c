/* assets.c - GET /assets/{version}/{name}: what the reviewer's page loads, see common/pages/assets.h and common/pages/bundle. */
#include "common/pages/assets.h"

#include "common/base/arena.h"
#include "services/views/handlers.h"
#include "services/views/page.h"

static const struct asset list[] = {
#include "services/views/pages/assets.inc"
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
