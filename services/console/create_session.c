/* create_session.c - POST /v1/console-sessions: a session for one recruiter; its URL is in this answer alone.
 *
 * The id stands in the path, so that the page is answered with this session's rules, and the code in the fragment, which no
 * server hears of and no log holds.
 */
#include <string.h>

#include "common/base/str.h"
#include "common/data/crypto.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "services/console/console.h"
#include "services/console/create_session.sql.h"
#include "services/console/handlers.h"
#include "services/console/wanted_session.h"

struct creation {
    struct faults *faults;
    struct wanted_session wanted;
    char id[ID_SIZE], code[CRYPTO_SECRET_SIZE];
};

/* In the order in which they run. */
static struct next *store_session(struct flow *flow);
static struct next *reply_created(struct flow *flow);
static void note_missing(struct flow *flow, const struct creation *creation, const struct create_session_out *out);
static json_t *describe(struct flow *flow, const struct creation *creation, const struct create_session_out *out);
static json_t *text_or_null(const char *text);

struct next *create_session(struct flow *flow)
{
    struct creation *creation = arena_alloc(flow->arena, sizeof *creation);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    creation->faults = faults_new(flow->arena);
    wanted_session_read(flow->arena, creation->faults, body, &creation->wanted);
    flow->state = creation;
    return store_session(flow);
}

static struct next *store_session(struct flow *flow)
{
    struct creation *creation = flow->state;
    const struct wanted_session *wanted = &creation->wanted;
    uint8_t code_hash[CRYPTO_HASH_SIZE];

    id_new(creation->id, "cns_");
    crypto_secret_new(creation->code);
    crypto_hash(code_hash, creation->code, strlen(creation->code));
    struct create_session_in in = {
        .account_id = caller_of(flow)->account_id,
        .key_id = caller_of(flow)->key_id,
        .session_id = creation->id,
        .recruiter_email = wanted->email,
        .recruiter_name = wanted->name,
        .time_zone = wanted->time_zone,
        .view = wanted->view,
        .interview_ids = wanted->interview_ids,
        .share_link_id = wanted->share_link_id,
        .may = wanted->may,
        .sees = wanted->sees,
        .origin = wanted->origin,
        .return_url = wanted->return_url,
        .locale = wanted->locale,
        .scheme = wanted->scheme,
        .accent = wanted->accent,
        .code_hash = pg_bytes_of(code_hash, sizeof code_hash),
        .expires_in_s = wanted->expires_in_s,
        .is_sound = !faults_any(creation->faults),
        .sessions_max = console_settings_of(flow->daemon)->sessions_per_account,
    };
    return create_session_query(flow, flow->daemon->pg, &in, reply_created);
}

static struct next *reply_created(struct flow *flow)
{
    struct creation *creation = flow->state;

    if (pg_outcome(flow) == PG_REJECTED && str_equal(pg_sqlstate(flow), "22023")) {
        faults_add(creation->faults, "/recruiter/time_zone", "invalid",
                   "This must be a time zone of the IANA database such as Europe/Berlin.");
        return faults_reply(flow, creation->faults);
    }
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct create_session_out out = create_session_get(flow, 0);
    switch (out.outcome) {
    case CREATE_SESSION_CREATED:
        return http_reply_json(flow, 201, json_text(flow->arena, describe(flow, creation, &out)));
    case CREATE_SESSION_FAULTY:
        note_missing(flow, creation, &out);
        return faults_reply(flow, creation->faults);
    case CREATE_SESSION_FULL:
        http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)(out.has_retry_s ? out.retry_s : 1)));
        return problem_reply(flow, 429, "too_many_sessions",
                             "The account has as many sessions of the console as it may have; end some first.");
    case CREATE_SESSION_GONE: /* its key is remembered for a moment */
        break;
    }
    return problem_reply_not_found(flow, "The account is gone.");
}

static void note_missing(struct flow *flow, const struct creation *creation, const struct create_session_out *out)
{
    const char *error;
    const json_t *places = json_parse(flow->arena, out->missing_interviews, strlen(out->missing_interviews), &error);

    for (size_t i = 0; i < json_array_size(places); i++) {
        faults_add(creation->faults,
                   arena_printf(flow->arena, "/interview_ids/%lld", (long long)json_integer_value(json_array_get(places, i))),
                   "not_found", "There is no such interview.");
    }
    if (out->is_link_missing) {
        faults_add(creation->faults, "/share_link_id", "not_found", "There is no such share link of this recruiter's.");
    }
    if (out->is_origin_refused) {
        faults_add(creation->faults, "/origin", "not_allowed", "The account's console_origins do not have this origin.");
    }
    if (out->wants_plan) {
        faults_add(creation->faults, "/view", "plan_required",
                   "Without advanced links, which the plan has not, one interview alone can be shared.");
    }
}

static json_t *describe(struct flow *flow, const struct creation *creation, const struct create_session_out *out)
{
    const struct wanted_session *wanted = &creation->wanted;
    json_t *answer = json_keep(flow->arena, json_object()), *recruiter = json_object(), *ids = json_array(), *may = json_array();

    for (size_t i = 0; i < wanted->interview_ids.count; i++) {
        json_array_append_new(ids, json_string(wanted->interview_ids.list[i]));
    }
    for (size_t i = 0; i < wanted->may.count; i++) {
        json_array_append_new(may, json_string(wanted->may.list[i]));
    }
    json_object_set_new(recruiter, "email", json_string(wanted->email));
    json_object_set_new(recruiter, "name", text_or_null(wanted->name));
    json_object_set_new(recruiter, "time_zone", json_string(wanted->time_zone));
    json_object_set_new(answer, "id", json_string(creation->id));
    json_object_set_new(answer, "url",
                        json_string(arena_printf(flow->arena, "%s/console/%s#%s", flow->daemon->settings->public_url,
                                                 creation->id, creation->code)));
    json_object_set_new(answer, "created_at", json_string(out->created_at));
    json_object_set_new(answer, "expires_at", json_string(out->expires_at));
    json_object_set_new(answer, "recruiter", recruiter);
    json_object_set_new(answer, "view", json_string(wanted->view));
    json_object_set_new(answer, "interview_ids", ids);
    json_object_set_new(answer, "share_link_id", text_or_null(wanted->share_link_id));
    json_object_set_new(answer, "may", may);
    json_object_set_new(answer, "sees", json_string(wanted->sees));
    json_object_set_new(answer, "origin", text_or_null(wanted->origin));
    json_object_set_new(answer, "return_url", text_or_null(wanted->return_url));
    json_object_set_new(answer, "locale", text_or_null(wanted->locale));
    json_object_set_new(answer, "theme",
                        json_pack("{s:s, s:o}", "scheme", wanted->scheme, "accent", text_or_null(wanted->accent)));
    return answer;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}
