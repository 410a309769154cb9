/* api_key.c - checks the API key before a handler runs, and has session.c check what is a session's token.
 *
 * A good key is remembered for two seconds under the hash of the whole key, so a busy caller costs one look-up every two
 * seconds, and a revoked key works for two seconds at most. Bad keys are bad_keys.h's.
 */
#include "common/daemon/api_key.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/data/crypto.h"
#include "common/daemon/bad_keys.h"
#include "common/daemon/daemon.h"
#include "common/daemon/find_api_key.sql.h"
#include "common/daemon/session.h"
#include "common/data/id.h"
#include "common/http/problem.h"

#define REMEMBER_US       (2 * 1000000)
#define KEY_ID_LENGTH     26
#define KEY_PREFIX_LENGTH (4 + KEY_ID_LENGTH + 1) /* slk_ id _ */

enum { CACHE_SLOTS = 1024 };

struct known_key {
    uint8_t hash[CRYPTO_HASH_SIZE];
    int64_t until_us;
    char key_id[KEY_PREFIX_LENGTH];
    char account_id[ID_SIZE];
    char plan[32];
    char scopes[160];
};

struct key_cache {
    struct bad_keys *bad;
    struct session_cache *sessions;
    struct known_key slots[CACHE_SLOTS];
};

struct checking {
    struct key_cache *cache;
    flow_step *then;
    const char *key_id;
    uint8_t key_hash[CRYPTO_HASH_SIZE];
    uint8_t secret_hash[CRYPTO_HASH_SIZE];
};

static const char *presented_key(struct flow *flow);
static struct next *look_up(struct flow *flow, struct checking *checking, const char *key);
static struct next *judge(struct flow *flow);
static struct next *go_on(struct flow *flow, const struct known_key *known, flow_step *then);
static struct next *refuse_bad(struct flow *flow, const struct checking *checking);
static struct next *refuse_for_now(struct flow *flow, int64_t wait_s);
static struct next *refuse(struct flow *flow);

struct key_cache *key_cache_new(int64_t bad_per_minute)
{
    struct key_cache *cache = mem_alloc(sizeof *cache);

    cache->bad = bad_keys_new(bad_per_minute);
    cache->sessions = session_cache_new();
    return cache;
}

void key_cache_free(struct key_cache *cache)
{
    bad_keys_free(cache->bad);
    session_cache_free(cache->sessions);
    free(cache);
}

static struct known_key *slot_of(struct key_cache *cache, const uint8_t *hash)
{
    uint32_t index;

    memcpy(&index, hash, sizeof index);
    return &cache->slots[index % CACHE_SLOTS];
}

struct next *api_key_check(struct flow *flow, struct key_cache *cache, flow_step *then)
{
    const char *key = presented_key(flow);
    if (!key) {
        return refuse(flow);
    }

    if (session_is_token(key)) {
        return session_check(flow, cache->sessions, cache->bad, key, then);
    }

    struct checking checking = { .cache = cache, .then = then };
    crypto_hash(checking.key_hash, key, strlen(key));
    const struct known_key *known = slot_of(cache, checking.key_hash);
    bool was_good = crypto_equal(known->hash, checking.key_hash, sizeof known->hash);
    if (was_good && known->until_us > clock_mono_us()) {
        return go_on(flow, known, then);
    }
    if (bad_keys_know(cache->bad, checking.key_hash)) {
        return refuse(flow);
    }
    checking.key_id = arena_strndup(flow->arena, key, KEY_PREFIX_LENGTH - 1);
    /* Who had a good key does not pay for those who try others from his network. */
    int64_t wait_s = was_good ? 0 : bad_keys_wait_s(cache->bad, http_client_address(flow), checking.key_id);
    return wait_s > 0 ? refuse_for_now(flow, wait_s) : look_up(flow, &checking, key);
}

/* The key as the header has it, when it has the form of one. */
static const char *presented_key(struct flow *flow)
{
    const char *header = http_header(flow, "Authorization");

    if (!header || strncasecmp(header, "Bearer ", 7) != 0) {
        return NULL;
    }
    const char *key = header + 7;
    size_t length = strlen(key);
    for (const char *at = key; *at; at++) {
        if (*at <= ' ' || *at > '~') {
            return NULL;
        }
    }
    bool formed = length > KEY_PREFIX_LENGTH && length < 128 && (str_starts_with(key, "slk_") || session_is_token(key)) &&
                  key[KEY_PREFIX_LENGTH - 1] == '_';
    return formed ? key : NULL;
}

static struct next *look_up(struct flow *flow, struct checking *checking, const char *key)
{
    const char *secret = key + KEY_PREFIX_LENGTH;

    crypto_hash(checking->secret_hash, secret, strlen(secret));
    flow->state = memcpy(arena_alloc(flow->arena, sizeof *checking), checking, sizeof *checking);
    return find_api_key_query(flow, flow->daemon->pg, &(struct find_api_key_in){ .key_id = checking->key_id }, judge);
}

static struct next *judge(struct flow *flow)
{
    struct checking *checking = flow->state;
    size_t length = 0;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) != 1) {
        return refuse_bad(flow, checking);
    }
    struct find_api_key_out out = find_api_key_get(flow, 0);
    const uint8_t *stored = pg_decode_bytes(flow->arena, out.secret_hash, &length);
    if (length != CRYPTO_HASH_SIZE || !crypto_equal(stored, checking->secret_hash, CRYPTO_HASH_SIZE)) {
        return refuse_bad(flow, checking);
    }

    struct known_key known = { .until_us = clock_mono_us() + REMEMBER_US };
    memcpy(known.hash, checking->key_hash, sizeof known.hash);
    snprintf(known.key_id, sizeof known.key_id, "%s", checking->key_id);
    snprintf(known.account_id, sizeof known.account_id, "%s", out.account_id);
    snprintf(known.scopes, sizeof known.scopes, "%s", out.scopes);
    snprintf(known.plan, sizeof known.plan, "%s", out.plan);
    *slot_of(checking->cache, known.hash) = known;
    flow->state = NULL;
    return go_on(flow, &known, checking->then);
}

static struct next *go_on(struct flow *flow, const struct known_key *known, flow_step *then)
{
    struct caller *caller = arena_alloc(flow->arena, sizeof *caller);

    caller->key_id = arena_strdup(flow->arena, known->key_id);
    caller->account_id = arena_strdup(flow->arena, known->account_id);
    caller->plan = arena_strdup(flow->arena, known->plan);
    caller->scopes = arena_strdup(flow->arena, known->scopes);
    caller->session = NULL;
    flow->identity = caller;
    return then(flow);
}

static struct next *refuse_bad(struct flow *flow, const struct checking *checking)
{
    struct known_key *known = slot_of(checking->cache, checking->key_hash);

    if (crypto_equal(known->hash, checking->key_hash, sizeof known->hash)) {
        *known = (struct known_key){ 0 }; /* it was good, and is not any more */
    }
    bad_keys_note(checking->cache->bad, checking->key_hash, http_client_address(flow), checking->key_id);
    return refuse(flow);
}

static struct next *refuse_for_now(struct flow *flow, int64_t wait_s)
{
    http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)wait_s));
    return problem_reply(flow, 429, "too_many_bad_keys", "Too many bad API keys came from this network, or with this key's id.");
}

static struct next *refuse(struct flow *flow)
{
    http_set_header(flow, "WWW-Authenticate", "Bearer");
    return problem_reply(flow, 401, "unauthorized", "Send a valid API key: Authorization: Bearer slk_…");
}
