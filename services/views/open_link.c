/* open_link.c - POST /s/{token}/open: the only thing that is an open. With the right passcode it makes a visit and a session,
 * and the recruiter's event.
 *
 * Opens that arrive together are stored together: see common/pg_batch.h.
 */
#include <string.h>

#include "common/fields.h"
#include "common/id.h"
#include "common/problem.h"
#include "common/stream.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

/* In the order in which they run. */
static struct next *judge(struct flow *flow, const char *passcode);
static struct next *reply_outcome(struct flow *flow);

enum column {
    TOKEN_HASH,
    PASSCODE_HASH,
    PASSCODE_HASH_BEFORE,
    VISIT_ID,
    SESSION_HASH,
    COOKIE_HASH,
    EVENT_ID,
    NETWORK,
    DEVICE,
    REQUEST_ID,
    TRACEPARENT,
    COLUMNS,
};

struct opening {
    char visit_id[ID_SIZE];
    char event_id[ID_SIZE];
    char session[CRYPTO_SECRET_SIZE];
    const char *columns[COLUMNS];
};

static const struct pg_statement open_links = { "open_link",
#include "services/views/open_link.sql.inc"
};

static const char *passcode_hash(struct flow *flow, int which, const char *passcode);
static const char *as_bytea(struct arena *arena, const uint8_t *bytes, size_t length);
static struct next *welcome(struct flow *flow, const struct opening *opening);

struct pg_batch *open_link_batch_new(struct pg_pool *pool)
{
    return pg_batch_new(pool, &(struct pg_batch_options){
                                  .statement = &open_links, .columns = COLUMNS, .most = 128, .waiting_limit = 4096 });
}

struct next *open_link(struct flow *flow)
{
    struct faults *faults = faults_new(flow->arena);
    struct next *refusal = NULL;
    const json_t *body = problem_read_object(flow, &refusal);

    if (!body) {
        return refusal;
    }
    struct fields fields = fields_of(flow->arena, faults, body, "");
    const char *passcode = fields_text(&fields, "passcode", FIELDS_REQUIRED, &(struct text_rule){ .max = 100 });
    fields_end(&fields);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    return judge(flow, passcode);
}

static struct next *judge(struct flow *flow, const char *typed)
{
    struct opening *opening = arena_alloc(flow->arena, sizeof *opening);
    char passcode[CRYPTO_PASSCODE_SIZE];
    uint8_t session_hash[CRYPTO_HASH_SIZE];

    /* What cannot be a passcode is judged all the same: a link that is over says so first. */
    bool formed = crypto_passcode_normalise(passcode, typed);
    id_new(opening->visit_id, "vst_");
    id_new(opening->event_id, "evt_");
    crypto_secret_new(opening->session);
    crypto_hash(session_hash, opening->session, strlen(opening->session));
    const uint8_t *cookie_hash = visitor_session_hash(flow);

    opening->columns[TOKEN_HASH] = as_bytea(flow->arena, visitor_token_hash(flow), CRYPTO_HASH_SIZE);
    opening->columns[PASSCODE_HASH] = formed ? passcode_hash(flow, 0, passcode) : NULL;
    opening->columns[PASSCODE_HASH_BEFORE] = formed ? passcode_hash(flow, 1, passcode) : NULL;
    opening->columns[VISIT_ID] = opening->visit_id;
    opening->columns[SESSION_HASH] = as_bytea(flow->arena, session_hash, CRYPTO_HASH_SIZE);
    opening->columns[COOKIE_HASH] = cookie_hash ? as_bytea(flow->arena, cookie_hash, CRYPTO_HASH_SIZE) : NULL;
    opening->columns[EVENT_ID] = opening->event_id;
    opening->columns[NETWORK] = visitor_network(flow->arena, http_client_address(flow));
    opening->columns[DEVICE] = visitor_device(http_header(flow, "User-Agent"));
    opening->columns[REQUEST_ID] = flow->request_id;
    opening->columns[TRACEPARENT] = flow->traceparent;
    flow->state = opening;
    return pg_batch_add(flow, views_of(flow)->opens, opening->columns, reply_outcome);
}

static const char *passcode_hash(struct flow *flow, int which, const char *passcode)
{
    uint8_t hash[CRYPTO_KEYED_HASH_SIZE];

    if (!crypto_passcode_hash(flow->daemon->keyring, which, router_param(flow, "token"), passcode, hash)) {
        return NULL;
    }
    return as_bytea(flow->arena, hash, sizeof hash);
}

static const char *as_bytea(struct arena *arena, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 + 2 * length + 1);

    text[0] = '\\';
    text[1] = 'x';
    for (size_t i = 0; i < length; i++) {
        text[2 + 2 * i] = digits[bytes[i] >> 4];
        text[3 + 2 * i] = digits[bytes[i] & 15];
    }
    return text;
}

static struct next *reply_outcome(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const char *outcome = pg_get(flow, 0, 1);
    if (str_equal(outcome, "open")) {
        return welcome(flow, flow->state);
    }
    if (str_equal(outcome, "wrong_passcode")) {
        return problem_reply(flow, 401, "wrong_passcode", "That is not the passcode of this link.");
    }
    return door_refuse(flow, outcome);
}

static struct next *welcome(struct flow *flow, const struct opening *opening)
{
    bool same_visit = pg_get_bool(flow, 0, 5);

    if (!same_visit) {
        stream_add(flow->daemon->redis, STREAM_VIEWS, "sharelink.link.opened.v1", pg_get(flow, 0, 6));
        visitor_set_session(flow, opening->session);
    }
    struct buf reply = { 0 };
    buf_printf(&reply, "{\"visit_id\":\"%s\",\"reviewer_name\":", pg_get(flow, 0, 2));
    buf_add_json(&reply, pg_get(flow, 0, 3), pg_get_length(flow, 0, 3));
    buf_printf(&reply, ",\"first\":%s}", pg_get_bool(flow, 0, 4) ? "true" : "false");
    struct next *next = http_reply_json(flow, 200, reply.data);
    buf_clear(&reply);
    return next;
}
