/* report_watch.c - POST /s/{token}/interviews/{id}/watch: so many more seconds of an answer were really seen.
 *
 * Pages report every few seconds while a video plays. Reports that arrive together are stored together: see
 * common/pg/batch.h.
 */
#include "common/http/fields.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "common/redis/stream.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/report_watch.sql.h"
#include "services/views/session.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

/* In the order in which they run. */
static struct next *store(struct flow *flow, const char *question_id, double seconds, double position);
static struct next *reply_watched(struct flow *flow);

static double to_ms(double seconds);
static struct next *reply_unknown_question(struct flow *flow);

#define SECONDS_MAX  300
#define POSITION_MAX 86400

struct pg_batch *report_watch_batch_new(struct daemon *daemon)
{
    return report_watch_batch(daemon->pg, daemon->arena, 64, 4096);
}

struct next *report_watch(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    const json_t *body = problem_read_object(flow, &refusal);

    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    const char *question_id =
        fields_text(&root, "question_id", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 128, .verbatim = true });
    double seconds = fields_number(&root, "seconds", FIELDS_REQUIRED, 0, SECONDS_MAX);
    double position = fields_number(&root, "position", FIELDS_REQUIRED, 0, POSITION_MAX);
    fields_end(&root);
    if (faults_any(faults)) {
        return session_reply_faults(flow, faults);
    }
    return store(flow, question_id, seconds, position);
}

static struct next *store(struct flow *flow, const char *question_id, double seconds, double position)
{
    char *event_id = arena_alloc(flow->arena, ID_SIZE);

    id_new(event_id, "evt_");
    struct report_watch_item item = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .interview_id = router_param(flow, "id"),
        .question_id = question_id,
        .seconds = to_ms(seconds),
        .position = to_ms(position),
        .event_id = event_id,
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return report_watch_add(flow, views_of(flow)->watches, &item, reply_watched);
}

/* What is smaller is nothing to PostgreSQL's real, or an error. */
static double to_ms(double seconds)
{
    return (double)(int64_t)(seconds * 1000 + 0.5) / 1000;
}

static struct next *reply_watched(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        /* The interview was there when the statement looked, and has been erased since. */
        return str_equal(pg_sqlstate(flow), "23503") ? door_refuse(flow, DOOR_NO_INTERVIEW) : problem_reply_pg(flow);
    }
    struct report_watch_out out = report_watch_get(flow, 0);
    switch (out.outcome) {
    case REPORT_WATCH_REFUSED:
        return door_refuse(flow, out.door);
    case REPORT_WATCH_UNKNOWN_QUESTION:
        return reply_unknown_question(flow);
    case REPORT_WATCH_SEEN:
    case REPORT_WATCH_NOT_KEPT:
        break;
    }
    if (out.event) {
        stream_add(flow->daemon->redis, STREAM_VIEWS, "sharelink.interview.watched.v1", out.event);
    }
    return http_reply_json(flow, 200, out.answer);
}

static struct next *reply_unknown_question(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);

    faults_add(faults, "/question_id", "unknown_question", "This interview has no such question.");
    return faults_reply(flow, faults);
}
