/* show_activity.c - GET /v1/share-links/{id}/activity: opens and feedback of the last days, a row for each, as the owner's clock
 * has them. */
#include "common/base/str.h"
#include "common/http/conditional.h"
#include "common/http/parameters.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/show_activity.sql.h"

enum { DAYS_USUAL = 30, DAYS_MAX = 365 };

static struct next *reply_activity(struct flow *flow);

struct next *show_activity(struct flow *flow)
{
    static const char *const names[] = { "days", NULL };
    const char *days = http_query(flow, "days");
    struct faults *faults = faults_new(flow->arena);
    struct show_activity_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .days = DAYS_USUAL,
    };

    parameters_only(flow, faults, names);
    if (days && !str_parse_int(days, 1, DAYS_MAX, &in.days)) {
        faults_add(faults, "?days", "out_of_range", "This must be a whole number from 1 to 365.");
    }
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    return show_activity_query(flow, flow->daemon->pg, &in, reply_activity);
}

static struct next *reply_activity(struct flow *flow)
{
    if (!pg_found(flow)) {
        return problem_reply_not_found(flow, "There is no share link with this id.");
    }
    struct show_activity_out out = show_activity_get(flow, 0);
    return conditional_reply_json(flow, conditional_tag_of(flow->arena, out.activity), out.activity);
}
