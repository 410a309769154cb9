/* same_origin.c - lets a browser change something only from our own page.
 *
 * A browser sends Origin with every POST and PUT; it must be that of PUBLIC_URL. Without Origin, Sec-Fetch-Site must be
 * same-origin or absent: a plain client sends neither header and holds no cookie that somebody could ride on.
 */
#include "common/problem.h"
#include "services/views/handlers.h"
#include "services/views/views.h"

struct next *check_same_origin(struct flow *flow)
{
    const char *origin = http_header(flow, "Origin");
    const char *site = http_header(flow, "Sec-Fetch-Site");
    bool ours = origin ? str_equal(origin, flow->daemon->settings->public_url) : !site || str_equal(site, "same-origin");

    if (!ours) {
        return problem_reply(flow, 403, "cross_origin", "This can be done from the shared page only.");
    }
    return router_proceed(flow);
}
