/* show_embed.c - GET /console/embed.js: what a platform's page may load to put a session's page into an element of its own. */
#include <string.h>

#include "common/http/http.h"
#include "common/pages/assets.h"
#include "services/console/handlers.h"

static const char script[] =
#include "services/console/pages/embed.js.inc"
    ;

/* Kept for a while, not for good: its address has no version. */
struct next *show_embed(struct flow *flow)
{
    http_set_header(flow, "Cache-Control", "public, max-age=3600");
    http_set_header(flow, "Cross-Origin-Resource-Policy", "cross-origin");
    return http_reply(flow, 200, ASSET_SCRIPT, script, strlen(script));
}
