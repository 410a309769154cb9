/* show_interview.c - GET /s/{token}/interviews/{id}: one interview, whole, as this link's settings let it be seen.
 *
 * The statement that makes it proves the session, too. The ETag is a digest of what is shown, so it can tell of nothing else.
 */
#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/show_interview.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_shown(struct flow *flow);

struct next *show_interview(struct flow *flow)
{
    struct show_interview_in in = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .interview_id = router_param(flow, "id"),
        .media_path = arena_printf(flow->arena, "%s/media/", visitor_path(flow)),
    };
    return show_interview_query(flow, flow->daemon->pg, &in, reply_shown);
}

static struct next *reply_shown(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct show_interview_out out = show_interview_get(flow, 0);
    if (out.door != DOOR_OPEN) {
        return door_refuse(flow, out.door);
    }
    const char *etag = conditional_tag_of(flow->arena, out.interview);
    http_set_header(flow, "ETag", etag);
    return conditional_is_known(flow, etag) ? http_reply_empty(flow, 304) : http_reply_json(flow, 200, out.interview);
}
