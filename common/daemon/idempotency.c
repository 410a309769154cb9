/* idempotency.c - takes the key, gives a stored answer again, or stores the new one; see idempotency.h. */
#include "common/daemon/idempotency.h"

#include <stdlib.h>
#include <string.h>

#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"
#include "common/daemon/session.h"
#include "common/daemon/idempotency_claim.sql.h"
#include "common/daemon/idempotency_store.sql.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/pg/transaction.h"
#include "common/http/problem.h"
#include "common/base/str.h"
#include "common/data/compress.h"
#include "common/data/json_digest.h"

#define KEY_LENGTH_MAX 255
/* At one time. More such requests wait their turn. */
#define CONNECTIONS 4
/* Of a stored answer, before it was made smaller. */
#define ANSWER_MAX (64 * 1024 * 1024)

enum outcome { OUTCOME_STORED, OUTCOME_REPLAYED, OUTCOME_REUSED, OUTCOME_IN_FLIGHT, OUTCOME_UNKEPT, OUTCOME_FULL, OUTCOMES };

struct idempotency {
    struct pg_transactions *transactions;
    struct keyed *in_flight;
    int64_t bytes_max; /* of an account in a day */
    struct metric *outcomes[OUTCOMES];
};

/* A request with a key. */
struct keyed {
    struct idempotency *owner;
    struct keyed *next, **link; /* in flight in this process */
    const struct flow *flow;
    const char *about; /* NULL: nobody */
    flow_step *then;
    uint8_t id[CRYPTO_HASH_SIZE];
    char fingerprint[2 * CRYPTO_HASH_SIZE + 1];
    const char *bound; /* what its box is tied to */
    json_t *stored;    /* by an earlier request */
    int64_t retry_s;   /* when the account has too much stored */
    /* what the handler answered */
    int status;
    const char *content_type, *body;
    size_t length;
};

/* In the order in which they run. */
static bool is_key(const char *key);
static struct keyed *identify(struct flow *flow, struct idempotency *idempotency, const char *key);
static void add_content(struct flow *flow, struct buf *text);
static bool enter(struct flow *flow, struct keyed *keyed);
static struct next *take_key(struct flow *flow, struct keyed *keyed);
static struct next *judge(struct flow *flow);
static struct next *reply_in_flight(struct flow *flow, struct idempotency *idempotency);
static struct next *reply_full(struct flow *flow);
static struct next *replay(struct flow *flow, struct keyed *keyed, const uint8_t *box, size_t length);
static struct next *reply_again(struct flow *flow);
static struct next *store(struct flow *flow, void *arg, int status, const char *content_type, const void *body, size_t length);
static json_t *describe(struct flow *flow, const struct keyed *keyed);
static struct next *reply_stored(struct flow *flow);
static struct next *reply_refused(struct flow *flow);

struct idempotency *idempotency_new(struct daemon *daemon)
{
    static const char *const outcomes[OUTCOMES] = { "stored", "replayed", "reused", "in_flight", "unkept", "full" };
    struct idempotency *idempotency = mem_alloc(sizeof *idempotency);
    struct metric_family *requests = metrics_counter("sharelink_idempotent_requests_total",
                                                     "Requests with an Idempotency-Key, by what became of them.", "outcome");

    for (int i = 0; i < OUTCOMES; i++) {
        idempotency->outcomes[i] = metrics_series(requests, &outcomes[i]);
    }
    idempotency->bytes_max = daemon->settings->idempotency_mb * 1024 * 1024;
    idempotency->transactions =
        pg_transactions_new(daemon->base, &(struct pg_pool_options){
                                              .name = arena_printf(daemon->arena, "%s-idempotent", daemon->spec->name),
                                              .url = daemon->settings->database_url,
                                              .connections = CONNECTIONS,
                                              .answer_limit_ms = 10000,
                                              .lock_wait_ms = (int)daemon->settings->database_lock_seconds * 1000,
                                              .has_limits = true,
                                              .unnamed = daemon->settings->database_unnamed_statements,
                                          });
    return idempotency;
}

void idempotency_free(struct idempotency *idempotency)
{
    pg_transactions_free(idempotency->transactions);
    free(idempotency);
}

bool idempotency_is_connected(const struct idempotency *idempotency)
{
    return pg_transactions_are_ready(idempotency->transactions);
}

struct next *idempotency_begin(struct flow *flow, struct idempotency *idempotency, flow_step *then)
{
    const char *key = http_method(flow) == HTTP_POST ? http_header(flow, "Idempotency-Key") : NULL;

    if (!key) {
        return then(flow);
    }
    if (!is_key(key)) {
        return problem_reply(flow, 400, "idempotency_key_invalid", "An Idempotency-Key has 1 to 255 printable ASCII characters.");
    }
    struct keyed *keyed = identify(flow, idempotency, key);
    keyed->then = then;
    return enter(flow, keyed) ? take_key(flow, keyed) : reply_in_flight(flow, idempotency);
}

static bool is_key(const char *key)
{
    size_t length = strlen(key);

    for (size_t i = 0; i < length; i++) {
        if (key[i] < ' ' || key[i] > '~') {
            return false;
        }
    }
    return length >= 1 && length <= KEY_LENGTH_MAX;
}

static struct keyed *identify(struct flow *flow, struct idempotency *idempotency, const char *key)
{
    struct keyed *keyed = arena_alloc(flow->arena, sizeof *keyed);
    const char *query = http_query_string(flow);
    char id[2 * CRYPTO_HASH_SIZE + 1];
    uint8_t hash[CRYPTO_HASH_SIZE];
    struct buf text = { 0 };

    /* No part can hold a line's end but the last. Who repeats another recruiter's key and body is not given that one's answer. */
    buf_printf(&text, "%s\n%s%sPOST\n%s\n%s", caller_of(flow)->account_id, session_of(flow) ? session_of(flow)->email : "",
               session_of(flow) ? "\n" : "", http_path(flow), key);
    crypto_hash(keyed->id, text.data, text.length);
    buf_clear(&text);

    buf_printf(&text, "%s\n", query ? query : "");
    add_content(flow, &text);
    crypto_hash(hash, text.data, text.length);
    buf_clear(&text);

    str_hex(keyed->fingerprint, hash, sizeof hash);
    str_hex(id, keyed->id, sizeof keyed->id);
    keyed->bound = arena_printf(flow->arena, "idempotent answer %s", id);
    keyed->owner = idempotency;
    keyed->flow = flow;
    return keyed;
}

/* JSON is the same however it is written, anything else byte by byte; and so is what is too large to be parsed at once. */
static void add_content(struct flow *flow, struct buf *text)
{
    uint8_t hash[CRYPTO_HASH_SIZE];
    size_t length;
    const char *error, *body = http_body(flow, &length);
    bool is_parsed = length > 0 && length <= http_options(flow)->body_max && http_is_json(flow);
    const json_t *json = is_parsed ? http_json(flow, &error) : NULL;

    if (json) {
        json_digest(hash, json);
        buf_add(text, hash, sizeof hash);
    } else {
        buf_add(text, body, length);
    }
}

static void leave(void *arg)
{
    struct keyed *keyed = arg;

    *keyed->link = keyed->next;
    if (keyed->next) {
        keyed->next->link = keyed->link;
    }
}

/* False when this process has the key in hand already: there is no need to ask PostgreSQL. */
static bool enter(struct flow *flow, struct keyed *keyed)
{
    struct keyed **first = &keyed->owner->in_flight;

    for (const struct keyed *each = *first; each; each = each->next) {
        if (crypto_equal(each->id, keyed->id, sizeof keyed->id)) {
            return false;
        }
    }
    keyed->next = *first;
    keyed->link = first;
    if (keyed->next) {
        keyed->next->link = &keyed->next;
    }
    *first = keyed;
    arena_defer(flow->arena, leave, keyed);
    return true;
}

static struct next *take_key(struct flow *flow, struct keyed *keyed)
{
    struct pg_params params;
    int64_t lock;

    memcpy(&lock, keyed->id, sizeof lock);
    flow->state = keyed;
    struct idempotency_claim_in in = { .key_hash = pg_bytes_of(keyed->id, sizeof keyed->id),
                                       .lock = lock,
                                       .account_id = caller_of(flow)->account_id };
    idempotency_claim_params(&params, flow->arena, &in);
    return pg_transaction_begin(flow, keyed->owner->transactions, &idempotency_claim_statement, &params, judge);
}

static struct next *judge(struct flow *flow)
{
    struct keyed *keyed = flow->state;
    size_t length = 0;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct idempotency_claim_out out = idempotency_claim_get(flow, 0);
    if (!out.is_mine) {
        return reply_in_flight(flow, keyed->owner);
    }
    if (out.box) {
        const uint8_t *box = pg_decode_bytes(flow->arena, out.box, &length);
        return replay(flow, keyed, box, length);
    }
    if (out.used_bytes >= keyed->owner->bytes_max) {
        keyed->retry_s = out.retry_s > 1 ? out.retry_s : 1;
        return pg_transaction_roll_back(flow, reply_full);
    }
    http_before_reply(flow, store, keyed);
    flow->state = NULL;
    return keyed->then(flow);
}

static struct next *reply_in_flight(struct flow *flow, struct idempotency *idempotency)
{
    metrics_add(idempotency->outcomes[OUTCOME_IN_FLIGHT], 1);
    http_set_header(flow, "Retry-After", "1");
    return problem_reply(flow, 409, "idempotency_key_in_flight",
                         "A request with this Idempotency-Key is at work; ask again for its answer.");
}

static struct next *reply_full(struct flow *flow)
{
    const struct keyed *keyed = flow->state;

    metrics_add(keyed->owner->outcomes[OUTCOME_FULL], 1);
    http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)keyed->retry_s));
    return problem_reply(flow, 429, "idempotency_store_full",
                         arena_printf(flow->arena,
                                      "The account has had %lld MiB of answers stored within a day; use keys more sparingly.",
                                      (long long)(keyed->owner->bytes_max / 1024 / 1024)));
}

/* The key is free again when the answer leaves, so that whoever asks once more is not told that it is in use. */
static struct next *replay(struct flow *flow, struct keyed *keyed, const uint8_t *box, size_t length)
{
    const char *error = NULL, *opened = crypto_open(flow->daemon->keyring, flow->arena, keyed->bound, box, length, &length);
    const char *text = opened ? compress_restore(flow->arena, opened, length, ANSWER_MAX, &length) : NULL;

    keyed->stored = text ? json_parse(flow->arena, text, length, &error) : NULL;
    return pg_transaction_roll_back(flow, reply_again);
}

static struct next *reply_again(struct flow *flow)
{
    static const char reused[] = "Another request had this Idempotency-Key; a new request needs a new key.";
    const struct keyed *keyed = flow->state;
    const json_t *body = json_object_get(keyed->stored, "body");
    const char *name;
    json_t *value;

    if (!keyed->stored) { /* its SECRET_KEY is gone */
        log_warn("idempotency.unreadable", LOG_TEXT("request_id", flow->request_id));
        return problem_reply(flow, 409, "idempotency_answer_lost",
                             "The request with this Idempotency-Key was done, but its answer cannot be read any more.");
    }
    if (!str_equal(json_string_value(json_object_get(keyed->stored, "fingerprint")), keyed->fingerprint)) {
        metrics_add(keyed->owner->outcomes[OUTCOME_REUSED], 1);
        struct faults *faults = faults_new(flow->arena);
        faults_add(faults, "", "idempotency_key_reused", reused);
        return problem_reply_with(flow, 422, "idempotency_key_reused", reused, json_pack("{sO}", "errors", faults_list(faults)));
    }
    metrics_add(keyed->owner->outcomes[OUTCOME_REPLAYED], 1);
    json_object_foreach(json_object_get(keyed->stored, "headers"), name, value)
    {
        http_set_header(flow, name, json_string_value(value));
    }
    http_set_header(flow, "Idempotency-Replayed", "true");
    return http_reply(flow, (int)json_integer_value(json_object_get(keyed->stored, "status")),
                      json_string_value(json_object_get(keyed->stored, "content_type")), json_string_value(body),
                      json_string_length(body));
}

/* The handler replies: first the answer is stored, or what an error must not leave is undone. */
static struct next *store(struct flow *flow, void *arg, int status, const char *content_type, const void *body, size_t length)
{
    struct keyed *keyed = arg;
    struct pg_params params;
    size_t small_length = 0, box_length = 0;

    keyed->status = status;
    keyed->content_type = arena_strdup(flow->arena, content_type);
    keyed->body = arena_strndup(flow->arena, body ? body : "", length);
    keyed->length = length;
    flow->state = keyed;
    if (status >= 400) {
        metrics_add(keyed->owner->outcomes[OUTCOME_UNKEPT], 1);
        return pg_transaction_roll_back(flow, reply_refused);
    }
    const char *text = json_text(flow->arena, describe(flow, keyed));
    const uint8_t *small = compress_text(flow->arena, text, strlen(text), &small_length);
    const uint8_t *box = crypto_seal(flow->daemon->keyring, flow->arena, keyed->bound, small, small_length, &box_length);
    struct idempotency_store_in in = { .key_hash = pg_bytes_of(keyed->id, sizeof keyed->id),
                                       .box = pg_bytes_of(box, box_length),
                                       .about = keyed->about,
                                       .account_id = caller_of(flow)->account_id };
    idempotency_store_params(&params, flow->arena, &in);
    return pg_transaction_commit(flow, &idempotency_store_statement, &params, reply_stored);
}

void idempotency_concerns(struct idempotency *idempotency, const struct flow *flow, const char *subject)
{
    for (struct keyed *keyed = idempotency->in_flight; keyed; keyed = keyed->next) {
        if (keyed->flow == flow) {
            keyed->about = arena_strdup(flow->arena, subject);
        }
    }
}

/* Where the caller stands with its limit is said anew each time. */
static void add_header(void *arg, const char *name, const char *value)
{
    if (!str_starts_with(name, "RateLimit")) {
        json_object_set_new(arg, name, json_string(value));
    }
}

static json_t *describe(struct flow *flow, const struct keyed *keyed)
{
    json_t *answer = json_keep(flow->arena, json_object());
    json_t *headers = json_object();

    http_reply_headers(flow, add_header, headers);
    json_object_set_new(answer, "fingerprint", json_string(keyed->fingerprint));
    json_object_set_new(answer, "status", json_integer(keyed->status));
    json_object_set_new(answer, "content_type", keyed->content_type ? json_string(keyed->content_type) : json_null());
    json_object_set_new(answer, "headers", headers);
    json_object_set_new(answer, "body", json_stringn_nocheck(keyed->body, keyed->length));
    return answer;
}

static struct next *reply_stored(struct flow *flow)
{
    const struct keyed *keyed = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        http_unset_header(flow, "Location");
        http_unset_header(flow, "ETag");
        return problem_reply_pg(flow);
    }
    metrics_add(keyed->owner->outcomes[OUTCOME_STORED], 1);
    return http_reply(flow, keyed->status, keyed->content_type, keyed->body, keyed->length);
}

static struct next *reply_refused(struct flow *flow)
{
    const struct keyed *keyed = flow->state;

    return http_reply(flow, keyed->status, keyed->content_type, keyed->body, keyed->length);
}
