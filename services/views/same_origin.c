/* same_origin.c - lets a browser change something only from our own page.
 *
 * A browser sends Origin with every POST and PUT; it must be that of PUBLIC_URL. Without Origin, Sec-Fetch-Site must be
 * same-origin or absent: a plain client sends neither header and holds no cookie that somebody could ride on.
 */
#include <ctype.h>
#include <string.h>

#include "common/http/problem.h"
#include "common/base/str.h"
#include "services/views/handlers.h"
#include "services/views/views.h"

struct next *check_same_origin(struct flow *flow)
{
    const char *origin = http_header(flow, "Origin");
    const char *site = http_header(flow, "Sec-Fetch-Site");
    bool ours = origin ? str_equal(origin, views_of(flow)->origin) : !site || str_equal(site, "same-origin");

    if (!ours) {
        return problem_reply(flow, 403, "cross_origin", "This can be done from the shared page only.");
    }
    return router_proceed(flow);
}

const char *same_origin_of(struct arena *arena, const char *url)
{
    char *origin = arena_strdup(arena, url);

    for (char *at = origin; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    const char *default_port = str_starts_with(origin, "https:") ? ":443" : ":80";
    if (str_ends_with(origin, default_port)) {
        origin[strlen(origin) - strlen(default_port)] = '\0';
    }
    return origin;
}
