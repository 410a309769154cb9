/* report_done.c - POST /s/{token}/done: the reviewer says that nothing more will come, with a note to the owner perhaps.
 *
 * It is told of once, by an event and a mail; the next change of a review takes it back. A note that is changed later is stored;
 * it is told of by itself once an hour at most, and a mail that has not gone yet has it.
 */
#include "common/data/id.h"
#include "common/http/fields.h"
#include "common/http/problem.h"
#include "common/redis/stream.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/report_done.sql.h"
#include "services/views/session.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

/* In the order in which they run. */
static struct next *store(struct flow *flow, const char *note);
static struct next *reply_done(struct flow *flow);

#define NOTE_MAX 2000

struct next *report_done(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    const json_t *body = problem_read_optional(flow, &refusal);

    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    const char *note =
        fields_text(&root, "note", FIELDS_OPTIONAL, &(struct text_rule){ .max = NOTE_MAX, .newlines = true, .nullable = true });
    fields_end(&root);
    if (faults_any(faults)) {
        return session_reply_faults(flow, faults);
    }
    return store(flow, note && *note ? note : NULL);
}

static struct next *store(struct flow *flow, const char *note)
{
    char event_id[ID_SIZE];

    id_new(event_id, "evt_");
    struct report_done_in in = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .note = note,
        .event_id = event_id,
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return report_done_query(flow, flow->daemon->pg, &in, reply_done);
}

static struct next *reply_done(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct report_done_out out = report_done_get(flow, 0);
    if (out.door != DOOR_OPEN) {
        return door_refuse(flow, out.door);
    }
    if (out.event) {
        stream_add(flow->daemon->redis, STREAM_VIEWS, "sharelink.review.completed.v1", out.event);
    }
    return http_reply_json(flow, 200, arena_printf(flow->arena, "{\"done_at\":\"%s\"}", out.done_at));
}
