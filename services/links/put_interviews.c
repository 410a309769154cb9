/* put_interviews.c - POST /v1/interviews/batch: create interviews or replace their documents, all of them or none.
 *
 * Four MiB of JSON take longer to parse than the others of this process should wait: each document is parsed and checked by
 * itself, and what comes meanwhile has its turn in between. An account has one batch at work at a time (batches_take_turn).
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "services/links/batches.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/interview_document.h"
#include "services/links/links.h"
#include "services/links/put_interviews.sql.h"

#define INTERVIEWS_MAX 100
#define DOCUMENT_MAX   (1024 * 1024)
/* At once: then others have their turn. */
#define SLICE_US 2000

struct batch {
    struct json_pieces pieces;
    size_t next;                                               /* to be parsed */
    const char **ids, **external_ids, **documents, **metadata; /* of each; NULL: it has none, or is faulty */
    struct faults *faults;
    json_t *known_ids, *known_external_ids; /* all that were sent so far */
};

/* In the order in which they run. */
static struct next *parse_some(struct flow *flow);
static struct next *store(struct flow *flow, const struct batch *batch);
static struct next *reply_stored(struct flow *flow);

static void check_count(struct fields *root, const struct batch *batch);
static const char *parse_next(struct flow *flow, struct batch *batch);
static void check_document(struct flow *flow, struct batch *batch, struct arena *scratch, json_t *document);
static void note_name(struct flow *flow, struct batch *batch, struct fields *root, const char *external_id);
static void note_taken(struct flow *flow, struct faults *faults, const char *listed);
static void note_overfull(struct flow *flow, struct faults *faults, const char *listed);

struct next *put_interviews(struct flow *flow)
{
    struct batch *batch = arena_alloc(flow->arena, sizeof *batch);
    struct next *refusal = NULL;

    const json_t *body = problem_read_pieces(flow, "interviews", INTERVIEWS_MAX, &batch->pieces, &refusal);
    if (!body) {
        return refusal;
    }
    batch->faults = faults_new(flow->arena);
    batch->known_ids = json_keep(flow->arena, json_object());
    batch->known_external_ids = json_keep(flow->arena, json_object());
    batch->ids = arena_calloc(flow->arena, INTERVIEWS_MAX, sizeof *batch->ids);
    batch->external_ids = arena_calloc(flow->arena, INTERVIEWS_MAX, sizeof *batch->external_ids);
    batch->documents = arena_calloc(flow->arena, INTERVIEWS_MAX, sizeof *batch->documents);
    batch->metadata = arena_calloc(flow->arena, INTERVIEWS_MAX, sizeof *batch->metadata);
    struct fields root = fields_of(flow->arena, batch->faults, body, "");
    check_count(&root, batch);
    fields_end(&root);
    if (batch->pieces.count > INTERVIEWS_MAX) {
        return faults_reply(flow, batch->faults);
    }
    flow->state = batch;
    return parse_some(flow);
}

static void check_count(struct fields *root, const struct batch *batch)
{
    size_t count = batch->pieces.count;

    if (!fields_array(root, "interviews", FIELDS_REQUIRED, 0, 0)) {
        return;
    }
    if (count == 0) {
        fields_fault(root, "interviews", "too_short", "This needs at least 1 elements.");
    } else if (count > INTERVIEWS_MAX) {
        fields_fault(root, "interviews", "too_long",
                     arena_printf(root->arena, "This may have at most %d elements.", INTERVIEWS_MAX));
    }
}

static struct next *parse_some(struct flow *flow)
{
    struct batch *batch = flow->state;
    int64_t until_us = clock_mono_us() + SLICE_US;

    while (batch->next < batch->pieces.count) {
        const char *error = parse_next(flow, batch);
        if (error) {
            return problem_reply(flow, 400, "invalid_json", error);
        }
        if (batch->next < batch->pieces.count && clock_mono_us() >= until_us) {
            return flow_yield(flow, parse_some);
        }
    }
    bool may_have_more = json_object_size(batch->known_external_ids) > 0;
    return faults_any(batch->faults) && !may_have_more ? faults_reply(flow, batch->faults) : store(flow, batch);
}

/* NULL, or how it is broken. */
static const char *parse_next(struct flow *flow, struct batch *batch)
{
    const struct json_piece *piece = &batch->pieces.list[batch->next];
    const char *error = NULL;

    if (piece->length > DOCUMENT_MAX) {
        faults_add(batch->faults, arena_printf(flow->arena, "/interviews/%zu", batch->next), "too_large",
                   "One interview may have at most 1 MiB.");
    } else {
        struct arena *scratch = arena_new();
        json_t *document = json_parse_piece(scratch, &batch->pieces, piece, &error);
        if (document) {
            check_document(flow, batch, scratch, document);
        }
        error = arena_strdup(flow->arena, error);
        arena_free(scratch);
    }
    batch->next++;
    return error;
}

static void check_document(struct flow *flow, struct batch *batch, struct arena *scratch, json_t *document)
{
    struct fields root = fields_of(scratch, batch->faults, document, arena_printf(scratch, "/interviews/%zu", batch->next));
    const char *id =
        fields_text(&root, "id", FIELDS_REQUIRED,
                    &(struct text_rule){ .min = 1, .max = 128, .verbatim = true, .check = fields_check_external_id });

    if (id && json_object_get(batch->known_ids, id)) {
        fields_fault(&root, "id", "duplicate", "Another interview of this batch has the same id.");
    } else if (id) {
        json_object_set_new(batch->known_ids, id, json_true());
    }
    if (!root.object) {
        return;
    }
    struct platform_data data;
    interview_document_check(&root, document, media_urls_of(flow->daemon), &data);
    note_name(flow, batch, &root, data.external_id);
    batch->ids[batch->next] = arena_strdup(flow->arena, id);
    batch->metadata[batch->next] = arena_strdup(flow->arena, data.metadata);
    if (!faults_any(batch->faults)) {
        batch->documents[batch->next] = interview_document_text(flow->arena, document);
    }
}

static void note_name(struct flow *flow, struct batch *batch, struct fields *root, const char *external_id)
{
    if (external_id && json_object_get(batch->known_external_ids, external_id)) {
        platform_data_note_taken(flow->arena, batch->faults, root->pointer, "interview");
    } else if (external_id) {
        json_object_set_new(batch->known_external_ids, external_id, json_true());
        batch->external_ids[batch->next] = arena_strdup(flow->arena, external_id);
    }
}

static struct next *store(struct flow *flow, const struct batch *batch)
{
    size_t count = batch->pieces.count;
    struct put_interviews_in in = {
        .account_id = caller_of(flow)->account_id,
        .is_sound = !faults_any(batch->faults),
        .content_max = change_content_max(flow),
        .ids = { batch->ids, count },
        .external_ids = { batch->external_ids, count },
        .documents = { batch->documents, count },
        .metadata = { batch->metadata, count },
    };
    return put_interviews_query(flow, flow->daemon->pg, &in, reply_stored);
}

static struct next *reply_stored(struct flow *flow)
{
    const struct batch *batch = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct put_interviews_out out = put_interviews_get(flow, 0);
    note_taken(flow, batch->faults, out.taken);
    note_overfull(flow, batch->faults, out.faults);
    if (faults_any(batch->faults)) {
        return faults_reply(flow, batch->faults);
    }
    return http_reply_json(flow, 200, arena_printf(flow->arena, "{\"data\": %s}", out.interviews));
}

/* Listed: [place]. */
static void note_taken(struct flow *flow, struct faults *faults, const char *listed)
{
    const char *error;
    const json_t *list = listed ? json_parse(flow->arena, listed, strlen(listed), &error) : NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        long long place = json_integer_value(json_array_get(list, i));
        platform_data_note_taken(flow->arena, faults, arena_printf(flow->arena, "/interviews/%lld", place), "interview");
    }
}

/* Listed: [[place, link, size]]. */
static void note_overfull(struct flow *flow, struct faults *faults, const char *listed)
{
    const char *error;
    const json_t *list = listed ? json_parse(flow->arena, listed, strlen(listed), &error) : NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        change_note_overfull_link(
            flow, faults, arena_printf(flow->arena, "/interviews/%lld", (long long)json_integer_value(json_array_get(each, 0))),
            json_string_value(json_array_get(each, 1)), json_integer_value(json_array_get(each, 2)));
    }
}
