/* get_reviewer.c - GET /v1/share-links/{id}/reviewers/{rid}: one reviewer; with URL and passcode for a key that may write.
 *
 * The tag is that of the link, which the calls that change a reviewer want in If-Match.
 */
#include <string.h>

#include "common/daemon/session.h"
#include "services/links/change.h"
#include "services/links/found_link.h"
#include "services/links/get_reviewer.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/show_secrets.h"

static struct next *reply_reviewer(struct flow *flow);

struct next *get_reviewer(struct flow *flow)
{
    struct get_reviewer_in in = {
        .account_id = caller_of(flow)->account_id,
        .share_link_id = router_param(flow, "id"),
        .reviewer_id = router_param(flow, "rid"),
    };
    return get_reviewer_query(flow, flow->daemon->pg, &in, reply_reviewer);
}

static struct next *reply_reviewer(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (!pg_found(flow)) {
        return change_reply_not_found(flow);
    }
    const char *error;
    struct get_reviewer_out out = get_reviewer_get(flow, 0);
    json_t *reviewer = json_parse(flow->arena, out.reviewer, strlen(out.reviewer), &error);
    if (session_may_copy(flow)) {
        show_sealed_secrets(flow, reviewer, out.sealed);
    }
    return found_reviewer_reply(flow, reviewer, out.version);
}
