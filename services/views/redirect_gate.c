/* redirect_gate.c - GET /s/{token}/: to the page without the slash that somebody typed. A browser keeps the passcode's fragment.
 */
#include "common/base/str.h"
#include "common/http/http.h"
#include "services/views/handlers.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

struct next *redirect_gate(struct flow *flow)
{
    const char *query = http_query_string(flow);
    const char *page = arena_printf(flow->arena, "%s%s%s", visitor_path(flow), query ? "?" : "", query ? query : "");
    struct buf body = { 0 };

    http_set_header(flow, "Location", page);
    buf_add_text(&body, "<!doctype html><title>Shared interviews</title><p><a href=\"");
    buf_add_html(&body, page);
    buf_add_text(&body, "\">The page is here.</a></p>\n");
    struct next *next = http_reply(flow, 308, "text/html; charset=utf-8", body.data, body.length);
    buf_clear(&body);
    return next;
}
