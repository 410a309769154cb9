/* open_link.c - POST /s/{token}/open: the only thing that is an open. With the right passcode it makes a visit and a session,
 * and the recruiter's event. Who guesses has to pause, and a link that too many use is switched off: docs/limits.md.
 *
 * Opens that arrive together are stored together: see common/pg/batch.h.
 */
#include <string.h>

#include "common/http/fields.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "common/redis/stream.h"
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

enum answer { PLACE, OUTCOME, VISIT, REVIEWER_NAME, IS_FIRST, SAME_VISIT, EVENT_TYPE, EVENT, PAUSE_S };

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
static void tell(struct flow *flow);
static struct next *welcome(struct flow *flow, const struct opening *opening);
static struct next *ask_to_pause(struct flow *flow);

struct pg_batch *open_link_batch_new(struct daemon *daemon, const struct views_settings *settings)
{
    /* In the order of the statement's parameters. */
    const int64_t limits[] = { settings->guess_tries_per_network, settings->guess_tries_per_link, settings->guess_window_seconds,
                               settings->guess_pause_seconds,     settings->guess_pause_most_seconds, settings->unusual_opens,
                               settings->unusual_networks,        settings->guess_link_pause_seconds };
    enum { COUNT = sizeof limits / sizeof limits[0] };
    const char **constants = arena_calloc(daemon->arena, COUNT, sizeof *constants);

    for (size_t i = 0; i < COUNT; i++) {
        constants[i] = arena_printf(daemon->arena, "%lld", (long long)limits[i]);
    }
    return pg_batch_new(daemon->pg, &(struct pg_batch_options){ .statement = &open_links,
                                                                .columns = COLUMNS,
                                                                .most = 128,
                                                                .waiting_limit = 4096,
                                                                .constants = constants,
                                                                .constant_count = COUNT });
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
    const char *outcome = pg_get(flow, 0, OUTCOME);
    tell(flow);
    if (str_equal(outcome, "open")) {
        return welcome(flow, flow->state);
    }
    if (str_equal(outcome, "wrong_passcode")) {
        return problem_reply(flow, 401, "wrong_passcode", "That is not the passcode of this link.");
    }
    if (str_equal(outcome, "paused")) {
        return ask_to_pause(flow);
    }
    return door_refuse(flow, outcome);
}

static void tell(struct flow *flow)
{
    const char *type = pg_get(flow, 0, EVENT_TYPE);

    if (*type) {
        /* What is about the link itself goes where the links service puts such events. */
        const char *stream = str_equal(type, "link.deactivated") ? STREAM_LINKS : STREAM_VIEWS;
        stream_add(flow->daemon->redis, stream, arena_printf(flow->arena, "sharelink.%s.v1", type), pg_get(flow, 0, EVENT));
    }
}

static struct next *welcome(struct flow *flow, const struct opening *opening)
{
    if (!pg_get_bool(flow, 0, SAME_VISIT)) {
        visitor_set_session(flow, opening->session);
    }
    struct buf reply = { 0 };
    buf_printf(&reply, "{\"visit_id\":\"%s\",\"reviewer_name\":", pg_get(flow, 0, VISIT));
    buf_add_json(&reply, pg_get(flow, 0, REVIEWER_NAME), pg_get_length(flow, 0, REVIEWER_NAME));
    buf_printf(&reply, ",\"first\":%s}", pg_get_bool(flow, 0, IS_FIRST) ? "true" : "false");
    struct next *next = http_reply_json(flow, 200, reply.data);
    buf_clear(&reply);
    return next;
}

/* Says nothing of whether the passcode was right. */
static struct next *ask_to_pause(struct flow *flow)
{
    int64_t pause_s = pg_get_int(flow, 0, PAUSE_S);

    http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)(pause_s > 1 ? pause_s : 1)));
    return problem_reply(flow, 429, "too_many_tries", "There were too many wrong passcodes. Wait a little, then try again.");
}
