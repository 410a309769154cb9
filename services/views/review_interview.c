/* review_interview.c - PUT and GET /s/{token}/interviews/{id}/review: a reviewer's own feedback on one interview. Its
 * first and its latest revisions are kept; the version counts all.
 *
 * The page saves by itself while somebody types, from two tabs perhaps. If-Match names the version that the caller has seen;
 * when another was saved meanwhile the answer is a 412 with it. Saving again what is there already changes nothing.
 */
#include <string.h>

#include "common/http/conditional.h"
#include "common/http/fields.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "common/redis/stream.h"
#include "services/views/door.h"
#include "services/views/find_review.sql.h"
#include "services/views/handlers.h"
#include "services/views/review_interview.sql.h"
#include "services/views/session.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

/* In the order in which they run. */
static const json_t *read_question_ratings(struct fields *root);
static struct next *save(struct flow *flow, const json_t *rating, const char *recommendation, const char *comment,
                         const json_t *question_ratings);
static struct next *reply_saved(struct flow *flow);

static const char *wanted_tags(struct flow *flow);
static const json_t *read_rating(struct fields *fields);
static const char *read_recommendation(struct fields *root);
static struct next *reply_unknown_questions(struct flow *flow, const char *places);
static struct next *reply_mismatch(struct flow *flow, const struct review_interview_out *out);
static struct next *reply_review(struct flow *flow, int status, const char *review, int64_t version);
static void set_etag(struct flow *flow, int64_t version);
static struct next *reply_found(struct flow *flow);

#define COMMENT_MAX          10000
#define NOTE_MAX             2000
#define QUESTION_RATINGS_MAX 100

struct next *review_interview(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    const json_t *body = problem_read_object(flow, &refusal);

    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    const json_t *rating = read_rating(&root);
    const char *recommendation = read_recommendation(&root);
    const char *comment = fields_text(&root, "comment", FIELDS_OPTIONAL,
                                      &(struct text_rule){ .max = COMMENT_MAX, .newlines = true, .nullable = true });
    const json_t *question_ratings = read_question_ratings(&root);
    fields_end(&root);
    if (faults_any(faults)) {
        return session_reply_faults(flow, faults);
    }
    return save(flow, rating, recommendation, comment ? comment : "", question_ratings);
}

/* JSON null, or a whole number from 1 to 5. */
static const json_t *read_rating(struct fields *fields)
{
    bool has_rating = fields_has(fields, "rating");

    return has_rating ? json_keep(fields->arena, json_integer(fields_int(fields, "rating", FIELDS_OPTIONAL, 1, 5))) : json_null();
}

/* NULL for none: null, or left out. */
static const char *read_recommendation(struct fields *root)
{
    static const char *const names[] = { "strong_yes", "yes", "no", "strong_no" };

    if (fields_is_null(root, "recommendation")) {
        return NULL;
    }
    int chosen = fields_choice(root, "recommendation", FIELDS_OPTIONAL, "strong_yes|yes|no|strong_no");
    return chosen < 0 ? NULL : names[chosen];
}

/* What says nothing about its question is left out. */
static const json_t *read_question_ratings(struct fields *root)
{
    bool is_given = fields_has(root, "question_ratings");
    const json_t *list = is_given ? fields_array(root, "question_ratings", FIELDS_OPTIONAL, 0, QUESTION_RATINGS_MAX) : NULL;
    json_t *read = json_keep(root->arena, json_array()), *seen = json_keep(root->arena, json_object());

    for (size_t i = 0; i < json_array_size(list); i++) {
        struct fields entry = fields_element(root, "question_ratings", list, i);
        const char *id =
            fields_text(&entry, "question_id", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 128, .verbatim = true });
        const json_t *rating = read_rating(&entry);
        const char *note = fields_text(&entry, "note", FIELDS_OPTIONAL,
                                       &(struct text_rule){ .max = NOTE_MAX, .newlines = true, .nullable = true });
        fields_end(&entry);
        if (!id) {
            continue;
        }
        if (json_object_get(seen, id)) {
            fields_fault(&entry, "question_id", "duplicate", "This question has a rating already.");
        }
        json_object_set_new(seen, id, json_true());
        bool says_something = json_is_integer(rating) || (note && *note);
        if (!says_something) {
            continue;
        }
        json_array_append_new(read, json_pack("{s:s, s:O, s:s}", "question_id", id, "rating", rating, "note", note ? note : ""));
    }
    return read;
}

static struct next *save(struct flow *flow, const json_t *rating, const char *recommendation, const char *comment,
                         const json_t *question_ratings)
{
    int64_t stars = json_integer_value(rating);
    char review_id[ID_SIZE], event_id[ID_SIZE];

    id_new(review_id, "fbk_");
    id_new(event_id, "evt_");
    struct review_interview_in in = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .interview_id = router_param(flow, "id"),
        .rating = json_is_integer(rating) ? &stars : NULL,
        .recommendation = recommendation,
        .comment = comment,
        .question_ratings = json_text(flow->arena, question_ratings),
        .tags = wanted_tags(flow),
        .review_id = review_id,
        .revisions_max = views_of(flow)->settings->review_revisions,
        .revisions_kb_max = views_of(flow)->settings->review_revisions_kb,
        .event_id = event_id,
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return review_interview_query(flow, flow->daemon->pg, &in, reply_saved);
}

/* If-Match names versions; If-None-Match: * wants that there is none yet, which is no version's tag. */
static const char *wanted_tags(struct flow *flow)
{
    const char *unwanted = http_header(flow, "If-None-Match");

    return unwanted && str_equal(unwanted, "*") ? "*" : conditional_tags(flow);
}

static struct next *reply_saved(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        /* The interview was there when the statement looked, and has been erased since. */
        return str_equal(pg_sqlstate(flow), "23503") ? door_refuse(flow, DOOR_NO_INTERVIEW) : problem_reply_pg(flow);
    }
    struct review_interview_out out = review_interview_get(flow, 0);
    if (out.event) {
        stream_add(flow->daemon->redis, STREAM_VIEWS, arena_printf(flow->arena, "sharelink.%s.v1", out.event_type), out.event);
    }
    switch (out.outcome) {
    case REVIEW_INTERVIEW_CREATED:
        return reply_review(flow, 201, out.review, out.version);
    case REVIEW_INTERVIEW_UPDATED:
    case REVIEW_INTERVIEW_SAME:
        return reply_review(flow, 200, out.review, out.version);
    case REVIEW_INTERVIEW_UNKNOWN_QUESTION:
        return reply_unknown_questions(flow, out.unknown_places);
    case REVIEW_INTERVIEW_VERSION_MISMATCH:
        return reply_mismatch(flow, &out);
    case REVIEW_INTERVIEW_REFUSED:
        break;
    }
    return door_refuse(flow, out.door);
}

/* One that the settings hide is as unknown as one that was made up. */
static struct next *reply_unknown_questions(struct flow *flow, const char *places)
{
    const char *error;
    const json_t *list = json_parse(flow->arena, places, strlen(places), &error);
    struct faults *faults = faults_new(flow->arena);

    for (size_t i = 0; i < json_array_size(list); i++) {
        faults_add(faults,
                   arena_printf(flow->arena, "/question_ratings/%lld/question_id",
                                (long long)json_integer_value(json_array_get(list, i))),
                   "unknown_question", "This interview has no such question.");
    }
    return faults_reply(flow, faults);
}

static struct next *reply_mismatch(struct flow *flow, const struct review_interview_out *out)
{
    const char *error;
    json_t *current = out->review ? json_parse(flow->arena, out->review, strlen(out->review), &error) : json_null();

    if (out->has_version) {
        set_etag(flow, out->version);
    }
    return problem_reply_with(
        flow, 412, "precondition_failed",
        conditional_detail(flow, "Your feedback was changed elsewhere meanwhile; current is what is saved now."),
        json_pack("{s:O}", "current", current));
}

static struct next *reply_review(struct flow *flow, int status, const char *review, int64_t version)
{
    set_etag(flow, version);
    return http_reply_json(flow, status, review);
}

static void set_etag(struct flow *flow, int64_t version)
{
    http_set_header(flow, "ETag", arena_printf(flow->arena, "\"v%lld\"", (long long)version));
}

struct next *show_review(struct flow *flow)
{
    struct find_review_in in = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .interview_id = router_param(flow, "id"),
    };
    return find_review_query(flow, flow->daemon->pg, &in, reply_found);
}

static struct next *reply_found(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct find_review_out out = find_review_get(flow, 0);
    if (out.door != DOOR_OPEN) {
        return door_refuse(flow, out.door);
    }
    if (!out.review) {
        return problem_reply(flow, 404, "no_review", "You have given no feedback on this interview yet.");
    }
    return reply_review(flow, 200, out.review, out.version);
}
