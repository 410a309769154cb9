/* assets.c - the page's script and style, compiled in. */
#include "services/views/handlers.h"
#include "services/views/page.h"

static const char gate_script[] =
#include "services/views/pages/gate.js.inc"
    ;
static const char style[] =
#include "services/views/pages/page.css.inc"
    ;

struct next *show_gate_script(struct flow *flow)
{
    return page_reply_asset(flow, "text/javascript; charset=utf-8", gate_script);
}

struct next *show_style(struct flow *flow)
{
    return page_reply_asset(flow, "text/css; charset=utf-8", style);
}
