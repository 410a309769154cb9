/* preferences.c - see the header. */
#include "services/notifications/preferences/preferences.h"

#include "common/daemon/session.h"
#include "common/data/idn.h"
#include "common/http/conditional.h"
#include "common/http/http.h"
#include "common/http/problem.h"

const char *preferences_address(struct flow *flow)
{
    const char *address = router_param(flow, "email");

    if (session_of(flow) &&
        (!str_is_mail_address(address) || !str_equal(idn_canonical_address(flow->arena, address), session_of(flow)->email))) {
        return NULL;
    }
    return str_is_mail_address(address) ? idn_canonical_address(flow->arena, address) : NULL;
}

struct next *preferences_refuse_address(struct flow *flow)
{
    return problem_reply(flow, 404, "not_found",
                         session_of(flow) ? "A session of the console has the preferences of its recruiter alone."
                                          : "Preferences belong to a mail address, and this is none.");
}

struct next *preferences_reply(struct flow *flow, int64_t version, const char *preferences)
{
    const char *tag = arena_printf(flow->arena, "\"v%lld\"", (long long)version);

    if (http_method(flow) != HTTP_PUT) {
        return conditional_reply_json(flow, tag, preferences);
    }
    http_set_header(flow, "ETag", tag);
    return http_reply_json(flow, 200, preferences);
}
