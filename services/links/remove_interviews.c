/* remove_interviews.c - POST /v1/share-links/{id}/interviews/remove: fewer members; those that are not there, or exist no more,
 * are no error. A link may be left with none: its reviewers then see an empty list.
 */
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/publish.h"

static struct next *reply_removed(struct flow *flow);

static const struct pg_statement remove_some = { .name = "remove_interviews", .sql =
#include "services/links/remove_interviews.sql.inc"
};

struct next *remove_interviews(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct wanted_ids wanted = { .count = 0 };
    struct next *refusal = NULL;
    struct pg_params params;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    link_fields_interviews(&root, &wanted);
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    change_params_init(flow, &params);
    pg_text_array(&params, wanted.ids, wanted.count);
    change_event_ids(&params, 1);
    return pg_query(flow, flow->daemon->pg, &remove_some, &params, reply_removed);
}

static struct next *reply_removed(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (!str_equal(change_outcome(flow), "ok")) {
        return change_refuse(flow, change_outcome(flow));
    }
    publish_events(flow, pg_get(flow, 0, 2));
    return http_reply_json(flow, 200, pg_get(flow, 0, 1));
}
