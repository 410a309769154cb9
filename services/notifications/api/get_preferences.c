/* get_preferences.c - GET /v1/notification-preferences/{email}: what a recruiter wants to be told of; the defaults when that
 * was never said. */
#include "common/http/problem.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/preferences.h"

static struct next *reply_preferences(struct flow *flow);

static const struct pg_statement read_preferences = { .name = "get_preferences", .sql =
#include "services/notifications/api/get_preferences.sql.inc"
};

struct next *get_preferences(struct flow *flow)
{
    const char *address = preferences_address(flow);
    struct pg_params params;

    if (!address) {
        return preferences_refuse_address(flow);
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, address);
    return pg_query(flow, flow->daemon->pg, &read_preferences, &params, reply_preferences);
}

static struct next *reply_preferences(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    return preferences_reply(flow, pg_get(flow, 0, 0), pg_get(flow, 0, 1));
}
