/* problem.c - composes problem+json, collects faults, and reads a request's JSON object; see problem.h. */
#include "common/http/problem.h"

#include <stdlib.h>
#include <string.h>

#include "common/http/fault_page.h"
#include "common/http/http.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/pg/pg.h"

#define POINTER_MAX 256 /* bytes; only a member name that the caller made up can be longer */

struct faults {
    struct arena *arena;
    json_t *list;
};

static bool says_when(const struct flow *flow);
static json_t *text_or_empty(const char *text);
static bool is_json(struct flow *flow, struct next **reply);
static json_t *as_object(struct flow *flow, json_t *value, const char *error, struct next **reply);
static const char *cut_pointer(struct arena *arena, const char *pointer);
static struct next *reply_other_type(struct flow *flow);

struct next *problem_reply(struct flow *flow, int status, const char *code, const char *detail)
{
    return problem_reply_with(flow, status, code, detail, NULL);
}

struct next *problem_reply_with(struct flow *flow, int status, const char *code, const char *detail, json_t *members)
{
    json_t *problem = json_keep(flow->arena, json_object());

    json_object_set_new(problem, "type", json_string("about:blank"));
    json_object_set_new(problem, "title", json_string(http_status_phrase(status)));
    json_object_set_new(problem, "status", json_integer(status));
    json_object_set_new(problem, "code", json_string(code));
    json_object_set_new(problem, "detail", text_or_empty(detail));
    json_object_set_new(problem, "request_id", text_or_empty(flow->request_id));
    if (members) {
        json_object_update_missing(problem, members);
        json_decref(members);
    }
    if (status == 503 && !says_when(flow)) {
        http_set_header(flow, "Retry-After", "1");
    }
    struct next *page = fault_page_reply(flow, status, code);
    if (page) {
        return page;
    }
    const char *text = json_text(flow->arena, problem);
    return http_reply(flow, status, "application/problem+json", text, strlen(text));
}

static void note_when(void *arg, const char *name, const char *value)
{
    bool *says = arg;
    (void)value;

    *says = *says || str_equal(name, "Retry-After");
}

static bool says_when(const struct flow *flow)
{
    bool says = false;

    http_reply_headers(flow, note_when, &says);
    return says;
}

/* jansson takes no text that is not UTF-8; a problem must go out all the same. */
static json_t *text_or_empty(const char *text)
{
    json_t *value = text ? json_string(text) : NULL;

    return value ? value : json_string("");
}

struct next *problem_reply_pg(struct flow *flow)
{
    switch (pg_outcome(flow)) {
    case PG_UNAVAILABLE:
        return pg_is_refused(flow)
                   ? problem_reply(flow, 503, "database_error",
                                   "The database has a fault on our side, not in the request; try again.")
                   : problem_reply(flow, 503, "database_unavailable", "The database does not answer right now; try again.");
    case PG_RETRY:
        return problem_reply(flow, 503, "database_busy",
                             "Others are changing the same data, or there is too much to do; try again.");
    case PG_REJECTED:
        log_error("pg.statement_rejected", LOG_TEXT("request_id", flow->request_id), LOG_TEXT("sqlstate", pg_sqlstate(flow)),
                  LOG_TEXT("constraint", pg_constraint(flow)));
        break;
    case PG_OK:
        log_error("problem.without_failure", LOG_TEXT("request_id", flow->request_id));
        break;
    }
    return problem_reply(flow, 500, "internal_error", "Something went wrong on our side; the request_id helps to find out what.");
}

struct next *problem_reply_not_found(struct flow *flow, const char *detail)
{
    return pg_outcome(flow) == PG_OK ? problem_reply(flow, 404, "not_found", detail) : problem_reply_pg(flow);
}

/* --- faults --- */

struct faults *faults_new(struct arena *arena)
{
    struct faults *faults = arena_alloc(arena, sizeof *faults);

    faults->arena = arena;
    faults->list = json_keep(arena, json_array());
    return faults;
}

void faults_add(struct faults *faults, const char *pointer, const char *code, const char *detail)
{
    if (json_array_size(faults->list) >= FAULTS_MAX) {
        return;
    }
    json_t *fault = json_object();
    json_object_set_new(fault, "pointer", text_or_empty(cut_pointer(faults->arena, pointer)));
    json_object_set_new(fault, "code", text_or_empty(code));
    json_object_set_new(fault, "detail", text_or_empty(detail));
    json_array_append_new(faults->list, fault);
}

static const char *cut_pointer(struct arena *arena, const char *pointer)
{
    size_t length = POINTER_MAX;

    if (strlen(pointer) <= POINTER_MAX) {
        return pointer;
    }
    while (length > 0 && ((unsigned char)pointer[length] & 0xC0) == 0x80) {
        length--; /* not inside a character */
    }
    return arena_printf(arena, "%.*s...", (int)length, pointer);
}

bool faults_any(const struct faults *faults)
{
    return json_array_size(faults->list) > 0;
}

const json_t *faults_list(const struct faults *faults)
{
    return faults->list;
}

struct next *faults_reply(struct flow *flow, const struct faults *faults)
{
    json_t *members = json_object();

    json_object_set(members, "errors", faults->list);
    return problem_reply_with(flow, 422, "validation_failed", "The request breaks the rules listed in errors.", members);
}

/* --- the body --- */

json_t *problem_read_object(struct flow *flow, struct next **reply)
{
    const char *error;

    if (!is_json(flow, reply)) {
        return NULL;
    }
    json_t *value = http_json(flow, &error);
    return as_object(flow, value, error, reply);
}

json_t *problem_read_pieces(struct flow *flow, const char *name, size_t most, struct json_pieces *pieces, struct next **reply)
{
    size_t length = 0;
    const char *error;

    if (!is_json(flow, reply)) {
        return NULL;
    }
    const char *body = http_body(flow, &length);
    json_divide(flow->arena, body, length, name, most, pieces);
    if (pieces->rest.length > http_options(flow)->body_max) {
        *reply = problem_reply(flow, 413, "body_too_large", "The body is larger than this server takes.");
        return NULL;
    }
    json_t *value = json_parse_piece(flow->arena, pieces, &pieces->rest, &error);
    return as_object(flow, value, error, reply);
}

static bool is_json(struct flow *flow, struct next **reply)
{
    size_t length = 0;

    http_body(flow, &length);
    if (length == 0) {
        *reply = problem_reply(flow, 400, "body_required", "The request needs a JSON object as its body.");
        return false;
    }
    if (!http_is_json(flow)) {
        *reply = reply_other_type(flow);
        return false;
    }
    return true;
}

static json_t *as_object(struct flow *flow, json_t *value, const char *error, struct next **reply)
{
    if (!value) {
        *reply = problem_reply(flow, 400, "invalid_json", error);
        return NULL;
    }
    if (!json_is_object(value)) {
        struct faults *faults = faults_new(flow->arena);
        faults_add(faults, "", "wrong_type", "The body must be an object.");
        *reply = faults_reply(flow, faults);
        return NULL;
    }
    return value;
}

/* Of what a PATCH takes, Accept-Patch tells (router.c). */
static struct next *reply_other_type(struct flow *flow)
{
    if (http_method(flow) == HTTP_PATCH) {
        return problem_reply(flow, 415, "unsupported_media_type",
                             "The body must be application/json or application/merge-patch+json.");
    }
    http_set_header(flow, "Accept", "application/json");
    return problem_reply(flow, 415, "unsupported_media_type", "The body must be application/json.");
}

json_t *problem_read_optional(struct flow *flow, struct next **reply)
{
    size_t length = 0;

    http_body(flow, &length);
    return length == 0 ? json_keep(flow->arena, json_object()) : problem_read_object(flow, reply);
}
