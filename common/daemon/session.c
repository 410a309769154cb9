/* session.c - checks the tokens of the console's sessions, and what a session may call; see the header.
 *
 * As with keys (api_key.c), a good token is remembered for two seconds, so a session that ended, or whose key did, is over when
 * they are.
 */
#include "common/daemon/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/daemon/caller.h"
#include "common/daemon/daemon.h"
#include "common/daemon/find_session.sql.h"
#include "common/daemon/session_reaches.sql.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "common/http/router.h"

#define REMEMBER_US     (2 * 1000000)
#define ID_LENGTH       26
#define TOKEN_HEAD      (4 + ID_LENGTH + 1) /* slc_ id _ */
#define RECRUITER_BYTES 1200                /* an address, a name, a zone, each with its NUL */

enum { CACHE_SLOTS = 256 };

struct known_session {
    uint8_t hash[CRYPTO_HASH_SIZE];
    int64_t until_us;
    char id[ID_SIZE], account_id[ID_SIZE], plan[32];
    unsigned may;
    bool sees_all, is_from_mail, has_name;
    char texts[RECRUITER_BYTES]; /* address, zone, name */
};

struct session_cache {
    struct known_session slots[CACHE_SLOTS];
};

struct checking {
    struct session_cache *cache;
    struct bad_keys *bad;
    flow_step *then;
    char id[ID_SIZE];
    uint8_t token_hash[CRYPTO_HASH_SIZE];
    char secret_hash[2 * CRYPTO_HASH_SIZE + 1]; /* hexadecimal */
};

/* In the order in which they run. */
static struct next *judge(struct flow *flow);
static bool has_token(struct flow *flow, const char *tokens, const char *secret_hash);
static bool remember(struct known_session *known, const struct checking *checking, const struct find_session_out *out);
static struct next *go_on(struct flow *flow, const struct known_session *known, flow_step *then);
static struct next *refuse(struct flow *flow);
static struct next *check_reach(struct flow *flow);

static unsigned right_of(const char *name)
{
    return str_equal(name, "share")       ? SESSION_SHARE
           : str_equal(name, "manage")    ? SESSION_MANAGE
           : str_equal(name, "templates") ? SESSION_TEMPLATES
                                          : 0;
}

struct session_cache *session_cache_new(void)
{
    return mem_alloc(sizeof(struct session_cache));
}

void session_cache_free(struct session_cache *cache)
{
    free(cache);
}

bool session_is_token(const char *text)
{
    return str_starts_with(text, "slc_");
}

static struct known_session *slot_of(struct session_cache *cache, const uint8_t *hash)
{
    uint32_t index;

    memcpy(&index, hash, sizeof index);
    return &cache->slots[index % CACHE_SLOTS];
}

struct next *session_check(struct flow *flow, struct session_cache *cache, struct bad_keys *bad, const char *token,
                           flow_step *then)
{
    struct checking *checking = arena_alloc(flow->arena, sizeof *checking);
    uint8_t secret_hash[CRYPTO_HASH_SIZE];

    *checking = (struct checking){ .cache = cache, .bad = bad, .then = then };
    crypto_hash(checking->token_hash, token, strlen(token));
    const struct known_session *known = slot_of(cache, checking->token_hash);
    bool was_good = crypto_equal(known->hash, checking->token_hash, sizeof known->hash);
    if (was_good && known->until_us > clock_mono_us()) {
        return go_on(flow, known, then);
    }
    if (bad_keys_know(bad, checking->token_hash)) {
        return refuse(flow);
    }
    snprintf(checking->id, sizeof checking->id, "cns_%.*s", ID_LENGTH, token + 4);
    int64_t wait_s = was_good ? 0 : bad_keys_wait_s(bad, http_client_address(flow), checking->id);
    if (wait_s > 0) {
        http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)wait_s));
        return problem_reply(flow, 429, "too_many_bad_keys",
                             "Too many bad API keys came from this network, or with this key's id.");
    }
    crypto_hash(secret_hash, token + TOKEN_HEAD, strlen(token + TOKEN_HEAD));
    str_hex(checking->secret_hash, secret_hash, sizeof secret_hash);
    flow->state = checking;
    return find_session_query(flow, flow->daemon->pg, &(struct find_session_in){ .session_id = checking->id }, judge);
}

static struct next *judge(struct flow *flow)
{
    struct checking *checking = flow->state;
    struct known_session *known = slot_of(checking->cache, checking->token_hash);

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 1) {
        struct find_session_out out = find_session_get(flow, 0);
        if (has_token(flow, out.tokens, checking->secret_hash) && remember(known, checking, &out)) {
            flow->state = NULL;
            return go_on(flow, known, checking->then);
        }
    }
    if (crypto_equal(known->hash, checking->token_hash, sizeof known->hash)) {
        *known = (struct known_session){ 0 }; /* it was good, and is not any more */
    }
    bad_keys_note(checking->bad, checking->token_hash, http_client_address(flow), checking->id);
    return refuse(flow);
}

static bool has_token(struct flow *flow, const char *tokens, const char *secret_hash)
{
    const char *error;
    const json_t *list = json_parse(flow->arena, tokens, strlen(tokens), &error);
    bool found = false;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        found |= json_string_length(each) == 2 * CRYPTO_HASH_SIZE &&
                 crypto_equal(json_string_value(each), secret_hash, 2 * CRYPTO_HASH_SIZE);
    }
    return found;
}

static bool remember(struct known_session *known, const struct checking *checking, const struct find_session_out *out)
{
    struct known_session found = { .until_us = clock_mono_us() + REMEMBER_US,
                                   .sees_all = out->sees_all,
                                   .is_from_mail = out->is_from_mail,
                                   .has_name = out->recruiter_name != NULL };
    char may[64], *rest = may;

    memcpy(found.hash, checking->token_hash, sizeof found.hash);
    snprintf(found.id, sizeof found.id, "%s", checking->id);
    snprintf(found.account_id, sizeof found.account_id, "%s", out->account_id);
    snprintf(found.plan, sizeof found.plan, "%s", out->plan);
    snprintf(may, sizeof may, "%s", out->may);
    for (const char *name; (name = strsep(&rest, " "));) {
        found.may |= right_of(name);
    }
    int length = snprintf(found.texts, sizeof found.texts, "%s%c%s%c%s", out->recruiter_email, '\0', out->time_zone, '\0',
                          out->recruiter_name ? out->recruiter_name : "");
    *known = found;
    return length < (int)sizeof found.texts;
}

static struct next *go_on(struct flow *flow, const struct known_session *known, flow_step *then)
{
    struct caller *caller = arena_alloc(flow->arena, sizeof *caller);
    struct session *session = arena_alloc(flow->arena, sizeof *session);
    const char *email = known->texts, *zone = email + strlen(email) + 1, *name = zone + strlen(zone) + 1;

    *session = (struct session){
        .id = arena_strdup(flow->arena, known->id),
        .email = arena_strdup(flow->arena, email),
        .time_zone = arena_strdup(flow->arena, zone),
        .name = known->has_name ? arena_strdup(flow->arena, name) : NULL,
        .may = known->may,
        .sees_all = known->sees_all,
        .is_from_mail = known->is_from_mail,
    };
    *caller = (struct caller){
        .key_id = session->id,
        .account_id = arena_strdup(flow->arena, known->account_id),
        .plan = arena_strdup(flow->arena, known->plan),
        .scopes = "",
        .session = session,
    };
    flow->identity = caller;
    return then(flow);
}

static struct next *refuse(struct flow *flow)
{
    http_set_header(flow, "WWW-Authenticate", "Bearer");
    return problem_reply(flow, 401, "unauthorized", "This session is over, or was never there: ask for a new one.");
}

const struct session *session_of(const struct flow *flow)
{
    return caller_of(flow) ? caller_of(flow)->session : NULL;
}

const char *session_id_of(const struct flow *flow)
{
    const struct session *session = session_of(flow);

    return session ? session->id : NULL;
}

const char *session_owner_of(const struct flow *flow)
{
    const struct session *session = session_of(flow);

    return session && !(session->sees_all && !session->is_from_mail) ? session->email : NULL;
}

bool session_may_copy(const struct flow *flow)
{
    const struct session *session = session_of(flow);

    return session ? !session->is_from_mail && session->may & (SESSION_SHARE | SESSION_MANAGE)
                   : caller_may(caller_of(flow), "links.write");
}

/* --- what a session may call --- */

/* What the id in the path is of; NULL for paths without one that has an owner. */
static const char *kind_in_path(const char *pattern)
{
    return str_starts_with(pattern, "/v1/share-links/{id}")  ? "share_link"
           : str_starts_with(pattern, "/v1/interviews/{id}") ? "interview"
                                                             : NULL;
}

struct next *session_allow(struct flow *flow, flow_step *then)
{
    const struct session *session = session_of(flow);
    const struct route *route = router_route(flow);
    unsigned wanted = route->sessions;

    if (!wanted) {
        return problem_reply_with(flow, 403, "not_for_sessions", "Sessions of the console may not make this call; a key may.",
                                  json_pack("{s:s}", "required_scope", route->scope));
    }
    if (!(wanted & (SESSION_READ | session->may))) {
        return problem_reply_with(flow, 403, "not_permitted", "This session of the console may not do that.",
                                  json_pack("{s:s}", "required_scope", route->scope));
    }
    flow->state = (void *)then;
    const char *kind = kind_in_path(route->pattern);
    if (!kind) {
        return then(flow);
    }
    struct session_reaches_in in = { .session_id = session->id, .kind = kind, .id = router_param(flow, "id") };
    return session_reaches_query(flow, flow->daemon->pg, &in, check_reach);
}

static struct next *check_reach(struct flow *flow)
{
    flow_step *then = (flow_step *)flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    flow->state = NULL;
    if (session_reaches_get(flow, 0).reaches) {
        return then(flow);
    }
    bool is_link = str_equal(kind_in_path(router_route(flow)->pattern), "share_link");
    return problem_reply(flow, 404, "not_found",
                         is_link ? "There is no share link with this id." : "There is no interview with this id.");
}
