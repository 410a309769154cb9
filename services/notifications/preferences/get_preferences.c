/* get_preferences.c - GET /v1/notification-preferences/{email}: what a recruiter wants to be told of; the defaults when that
 * was never said. */
#include "common/http/problem.h"
#include "services/notifications/preferences/get_preferences.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/preferences/preferences.h"

static struct next *reply_preferences(struct flow *flow);

struct next *get_preferences(struct flow *flow)
{
    const char *address = preferences_address(flow);

    if (!address) {
        return preferences_refuse_address(flow);
    }
    struct get_preferences_in in = { .account_id = caller_of(flow)->account_id, .address = address };
    return get_preferences_query(flow, flow->daemon->pg, &in, reply_preferences);
}

static struct next *reply_preferences(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct get_preferences_out out = get_preferences_get(flow, 0);
    return preferences_reply(flow, out.version, out.preferences);
}
