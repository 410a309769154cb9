/* start_session.c - POST /console/{id}/start {code}: the token with which the page calls the API, for the code of the URL. */
#include <string.h>

#include "common/data/crypto.h"
#include "common/http/fields.h"
#include "common/http/router.h"
#include "services/console/console.h"
#include "services/console/handlers.h"
#include "services/console/start_session.sql.h"

struct start {
    const char *id;
    char secret[CRYPTO_SECRET_SIZE];
};

static struct next *reply_started(struct flow *flow);
static struct next *reply_token(struct flow *flow, const char *text);

struct next *start_session(struct flow *flow)
{
    struct start *start = arena_alloc(flow->arena, sizeof *start);
    struct faults *faults = faults_new(flow->arena);
    uint8_t code_hash[CRYPTO_HASH_SIZE], token_hash[CRYPTO_HASH_SIZE];
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    struct fields root = fields_of(flow->arena, faults, body, "");
    const char *code = fields_text(&root, "code", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 100, .verbatim = true });
    fields_end(&root);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    start->id = router_param(flow, "id");
    crypto_secret_new(start->secret);
    crypto_hash(code_hash, code, strlen(code));
    crypto_hash(token_hash, start->secret, strlen(start->secret));
    struct start_session_in in = {
        .session_id = start->id,
        .code_hash = pg_bytes_of(code_hash, sizeof code_hash),
        .token_hash = pg_bytes_of(token_hash, sizeof token_hash),
    };
    flow->state = start;
    return start_session_query(flow, flow->daemon->pg, &in, reply_started);
}

static struct next *reply_started(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct start_session_out out = start_session_get(flow, 0);
    switch (out.outcome) {
    case START_SESSION_OK:
        return reply_token(flow, out.session);
    case START_SESSION_OVER:
        return problem_reply(flow, 410, "session_over", "This session is over: ask for a new one.");
    case START_SESSION_USED:
        return problem_reply(flow, 410, "code_used", "This code was used already, or is too old: ask for a new session.");
    case START_SESSION_WRONG:
        return problem_reply(flow, 401, "wrong_code", "That is not the code of this session.");
    case START_SESSION_NOT_FOUND:
        break;
    }
    return problem_reply(flow, 404, "not_found", "There is no session with this id.");
}

static struct next *reply_token(struct flow *flow, const char *text)
{
    const struct start *start = flow->state;
    const char *error;
    json_t *session = json_parse(flow->arena, text, strlen(text), &error);

    json_object_set_new(session, "token",
                        json_string(arena_printf(flow->arena, "slc_%s_%s", start->id + strlen("cns_"), start->secret)));
    return http_reply_json(flow, 200, json_text(flow->arena, session));
}
