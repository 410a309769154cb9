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
#include "services/views/session.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

/* In the order in which they run. */
static struct next *store(struct flow *flow, const char *question_id, double seconds, double position);
static struct next *reply_watched(struct flow *flow);

#define SECONDS_MAX  300
#define POSITION_MAX 86400

enum column { TOKEN_HASH, SESSION_HASH, INTERVIEW_ID, QUESTION_ID, SECONDS, POSITION, EVENT_ID, REQUEST_ID, TRACEPARENT, COLUMNS };

static const struct pg_statement report_watches = { .name = "report_watch", .sql =
#include "services/views/report_watch.sql.inc"
};

struct pg_batch *report_watch_batch_new(struct pg_pool *pool)
{
    return pg_batch_new(pool, &(struct pg_batch_options){
                                  .statement = &report_watches, .columns = COLUMNS, .most = 64, .waiting_limit = 4096 });
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
    const char *question_id = fields_text(&root, "question_id", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 128 });
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
    const char **columns = arena_calloc(flow->arena, COLUMNS, sizeof *columns);
    char *event_id = arena_alloc(flow->arena, ID_SIZE);

    id_new(event_id, "evt_");
    columns[TOKEN_HASH] = pg_bytea_text(flow->arena, visitor_token_hash(flow), CRYPTO_HASH_SIZE);
    columns[SESSION_HASH] = pg_bytea_text(flow->arena, visitor_session_hash(flow), CRYPTO_HASH_SIZE);
    columns[INTERVIEW_ID] = router_param(flow, "id");
    columns[QUESTION_ID] = question_id;
    columns[SECONDS] = arena_printf(flow->arena, "%.3f", seconds);
    columns[POSITION] = arena_printf(flow->arena, "%.3f", position);
    columns[EVENT_ID] = event_id;
    columns[REQUEST_ID] = flow->request_id;
    columns[TRACEPARENT] = flow->traceparent;
    return pg_batch_add(flow, views_of(flow)->watches, columns, reply_watched);
}

static struct next *reply_watched(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        /* The interview was there when the statement looked, and has been erased since. */
        return str_equal(pg_sqlstate(flow), "23503") ? door_refuse(flow, "no_interview") : problem_reply_pg(flow);
    }
    const char *outcome = pg_get(flow, 0, 1);
    if (str_equal(outcome, "unknown_question")) {
        struct faults *faults = faults_new(flow->arena);
        faults_add(faults, "/question_id", "unknown_question", "This interview has no such question.");
        return faults_reply(flow, faults);
    }
    if (!str_equal(outcome, "seen") && !str_equal(outcome, "not_kept")) {
        return door_refuse(flow, outcome);
    }
    if (!pg_is_null(flow, 0, 3)) {
        stream_add(flow->daemon->redis, STREAM_VIEWS, "sharelink.interview.watched.v1", pg_get(flow, 0, 3));
    }
    return http_reply_json(flow, 200, pg_get(flow, 0, 2));
}
