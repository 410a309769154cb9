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
#include "services/views/open_link.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

/* In the order in which they run. */
static struct next *judge(struct flow *flow, const char *passcode);
static struct next *reply_outcome(struct flow *flow);

struct opening {
    char visit_id[ID_SIZE];
    char event_id[ID_SIZE];
    char session[CRYPTO_SECRET_SIZE];
};

static struct pg_bytes passcode_hash(struct flow *flow, int which, const char *passcode);
static void publish_event(struct flow *flow, const struct open_link_out *out);
static struct next *reply_visit(struct flow *flow, const struct open_link_out *out);
static struct next *reply_pause(struct flow *flow, const struct open_link_out *out);
static struct next *reply_too_many_opens(struct flow *flow, const struct open_link_out *out);
static void set_retry(struct flow *flow, const struct open_link_out *out);

struct pg_batch *open_link_batch_new(struct daemon *daemon, const struct views_settings *settings)
{
    struct open_link_in in = {
        .tries_per_network = settings->guess_tries_per_network,
        .tries_per_link = settings->guess_tries_per_link,
        .window_s = settings->guess_window_seconds,
        .pause_s = settings->guess_pause_seconds,
        .link_pause_s = settings->guess_link_pause_seconds,
        .pause_most_s = settings->guess_pause_most_seconds,
        .usual_opens = settings->unusual_opens,
        .usual_networks = settings->unusual_networks,
        .basic_opens_max = settings->basic_opens_per_network,
    };
    return open_link_batch(daemon->pg, daemon->arena, 128, 4096, &in);
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

    /* What cannot be a passcode is asked for all the same: a link that is over says so first. It is not counted as a guess. */
    bool formed = crypto_passcode_normalise(passcode, typed);
    id_new(opening->visit_id, "vst_");
    id_new(opening->event_id, "evt_");
    crypto_secret_new(opening->session);
    crypto_hash(session_hash, opening->session, strlen(opening->session));
    struct open_link_item item = {
        .token_hash = visitor_token_hash(flow),
        .passcode_hash = formed ? passcode_hash(flow, 0, passcode) : (struct pg_bytes){ 0 },
        .passcode_hash_before = formed ? passcode_hash(flow, 1, passcode) : (struct pg_bytes){ 0 },
        .visit_id = opening->visit_id,
        .session_hash = pg_bytes_of(session_hash, sizeof session_hash),
        .cookie_hash = visitor_session_hash(flow),
        .event_id = opening->event_id,
        .network = visitor_network(flow->arena, http_client_address(flow)),
        .device = visitor_device(http_header(flow, "User-Agent")),
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    flow->state = opening;
    return open_link_add(flow, views_of(flow)->opens, &item, reply_outcome);
}

/* With the present key, or with the one before it; none when there is none. */
static struct pg_bytes passcode_hash(struct flow *flow, int which, const char *passcode)
{
    uint8_t *hash = arena_alloc(flow->arena, CRYPTO_KEYED_HASH_SIZE);

    if (!crypto_passcode_hash(flow->daemon->keyring, which, router_param(flow, "token"), passcode, hash)) {
        return (struct pg_bytes){ 0 };
    }
    return pg_bytes_of(hash, CRYPTO_KEYED_HASH_SIZE);
}

static struct next *reply_outcome(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct open_link_out out = open_link_get(flow, 0);
    publish_event(flow, &out);
    switch (out.outcome) {
    case OPEN_LINK_OPEN:
        return reply_visit(flow, &out);
    case OPEN_LINK_WRONG_PASSCODE:
        return problem_reply(flow, 401, "wrong_passcode", "That is not the passcode of this link.");
    case OPEN_LINK_MALFORMED:
        return problem_reply(flow, 401, "wrong_passcode", "That is no passcode: one has 16 letters and digits.");
    case OPEN_LINK_PAUSED:
        return reply_pause(flow, &out);
    case OPEN_LINK_TOO_MANY_OPENS:
        return reply_too_many_opens(flow, &out);
    case OPEN_LINK_UNKNOWN:
        return door_refuse(flow, DOOR_UNKNOWN);
    case OPEN_LINK_EXPIRED:
        return door_refuse(flow, DOOR_EXPIRED);
    case OPEN_LINK_DEACTIVATED:
        break;
    }
    return door_refuse(flow, DOOR_DEACTIVATED);
}

static void publish_event(struct flow *flow, const struct open_link_out *out)
{
    if (out->event_type) {
        /* What is about the link itself goes where the links service puts such events. */
        const char *stream = str_equal(out->event_type, "link.deactivated") ? STREAM_LINKS : STREAM_VIEWS;
        stream_add(flow->daemon->redis, stream, arena_printf(flow->arena, "sharelink.%s.v1", out->event_type), out->event);
    }
}

static struct next *reply_visit(struct flow *flow, const struct open_link_out *out)
{
    const struct opening *opening = flow->state;

    if (!out->same_visit) {
        visitor_set_session(flow, opening->session);
    }
    struct buf reply = { 0 };
    buf_printf(&reply, "{\"visit_id\":\"%s\",\"reviewer_name\":", out->visit_id);
    buf_add_json(&reply, out->reviewer_name, strlen(out->reviewer_name));
    buf_printf(&reply, ",\"first\":%s}", out->is_first ? "true" : "false");
    struct next *next = http_reply_json(flow, 200, reply.data);
    buf_clear(&reply);
    return next;
}

/* Says nothing of whether the passcode was right. */
static struct next *reply_pause(struct flow *flow, const struct open_link_out *out)
{
    set_retry(flow, out);
    return problem_reply(flow, 429, "too_many_tries", "There were too many wrong passcodes. Wait a little, then try again.");
}

/* Of a basic link, behind which there may be any number of people. */
static struct next *reply_too_many_opens(struct flow *flow, const struct open_link_out *out)
{
    set_retry(flow, out);
    return problem_reply(flow, 429, "too_many_opens",
                         "This link was opened very often from your network within the hour. Try again later.");
}

static void set_retry(struct flow *flow, const struct open_link_out *out)
{
    http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)(out->pause_s > 1 ? out->pause_s : 1)));
}
