/* preferences.c - see the header. */
#include "services/notifications/preferences.h"

#include <string.h>

#include "common/conditional.h"
#include "common/http.h"
#include "common/problem.h"

#define NO_VERSION (-1) /* that no row has */

const char *preferences_address(struct flow *flow)
{
    const char *address = router_param(flow, "email");

    return str_is_mail_address(address) ? address : NULL;
}

struct next *preferences_refuse_address(struct flow *flow)
{
    return problem_reply(flow, 404, "not_found", "Preferences belong to a mail address, and this is none.");
}

struct next *preferences_reply(struct flow *flow, const char *version, const char *preferences)
{
    const char *tag = arena_printf(flow->arena, "\"v%s\"", version);

    if (http_method(flow) != HTTP_PUT) {
        return conditional_reply_json(flow, tag, preferences);
    }
    http_set_header(flow, "ETag", tag);
    return http_reply_json(flow, 200, preferences);
}

void preferences_wanted_version(struct flow *flow, struct pg_params *params)
{
    const char *tag = http_header(flow, "If-Match");
    int64_t version = NO_VERSION;

    if (!tag || str_equal(tag, "*")) {
        pg_null(params);
        return;
    }
    size_t length = strlen(tag);
    if (length >= 4 && str_starts_with(tag, "\"v") && tag[length - 1] == '"') {
        str_parse_int(arena_strndup(flow->arena, tag + 2, length - 3), 0, INT32_MAX, &version);
    }
    pg_int(params, version);
}
