/* guard.c - the checks before a handler with a scope, in their order; see guard.h. */
#include "common/daemon/guard.h"

#include <stdlib.h>

#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"
#include "common/daemon/idempotency.h"
#include "common/http/problem.h"
#include "common/daemon/ratelimit.h"
#include "common/daemon/session.h"
#include "common/base/str.h"

#define FIELD(member) offsetof(struct daemon_settings, member)

const struct config_setting guard_settings[] = {
    { .name = "RATE_LIMIT_BURST",
      .kind = CONFIG_INT,
      .offset = FIELD(rate_limit_burst),
      .fallback = "300",
      .min = 0,
      .max = 1000000,
      .about = "Calls that an API key may make at once; 0 sets no limit." },
    { .name = "RATE_LIMIT_PER_SECOND",
      .kind = CONFIG_INT,
      .offset = FIELD(rate_limit_per_second),
      .fallback = "50",
      .min = 0,
      .max = 100000,
      .about = "Calls a second that an API key may make in the long run; 0 sets no limit." },
    { .name = "SESSION_RATE_LIMIT_BURST",
      .kind = CONFIG_INT,
      .offset = FIELD(session_rate_limit_burst),
      .fallback = "60",
      .min = 0,
      .max = 1000000,
      .about = "Calls that a session of the console may make at once; 0 sets no limit." },
    { .name = "SESSION_RATE_LIMIT_PER_SECOND",
      .kind = CONFIG_INT,
      .offset = FIELD(session_rate_limit_per_second),
      .fallback = "10",
      .min = 0,
      .max = 100000,
      .about = "Calls a second that a session of the console may make in the long run; 0 sets no limit." },
    { .name = "BAD_KEYS_PER_MINUTE",
      .kind = CONFIG_INT,
      .offset = FIELD(bad_keys_per_minute),
      .fallback = "300",
      .min = 0,
      .max = 1000000,
      .about = "Bad API keys that are looked up a minute from one network, or for one key's id; 0 sets no limit." },
    { .name = "IDEMPOTENCY_MB_PER_ACCOUNT",
      .kind = CONFIG_INT,
      .offset = FIELD(idempotency_mb),
      .fallback = "256",
      .min = 1,
      .max = 1048576,
      .about = "MiB of answers to requests with an Idempotency-Key that an account may have stored within a day." },
    { .name = NULL },
};

struct guard {
    struct key_cache *keys;
    struct ratelimit *limit, *session_limit;
    struct idempotency *idempotency;
};

/* In the order in which they run. */
static struct next *take_permit(struct flow *flow);
static struct next *check_scope(struct flow *flow);
static struct next *take_turn(struct flow *flow);
static struct next *take_key(struct flow *flow);

struct guard *guard_new(struct daemon *daemon)
{
    struct guard *guard = mem_alloc(sizeof *guard);

    guard->keys = key_cache_new(daemon->settings->bad_keys_per_minute);
    guard->limit =
        ratelimit_new(daemon->base, daemon->redis, daemon->settings->rate_limit_burst, daemon->settings->rate_limit_per_second);
    guard->session_limit = ratelimit_new(daemon->base, daemon->redis, daemon->settings->session_rate_limit_burst,
                                         daemon->settings->session_rate_limit_per_second);
    guard->idempotency = idempotency_new(daemon);
    return guard;
}

void guard_free(struct guard *guard)
{
    key_cache_free(guard->keys);
    ratelimit_free(guard->limit);
    ratelimit_free(guard->session_limit);
    idempotency_free(guard->idempotency);
    free(guard);
}

bool guard_is_connected(const struct guard *guard)
{
    return idempotency_is_connected(guard->idempotency);
}

struct next *guard_check(struct flow *flow)
{
    return api_key_check(flow, flow->daemon->guard->keys, take_permit);
}

static struct next *take_permit(struct flow *flow)
{
    const struct guard *guard = flow->daemon->guard;

    return ratelimit_take(flow, session_of(flow) ? guard->session_limit : guard->limit, caller_of(flow)->key_id, check_scope);
}

static struct next *check_scope(struct flow *flow)
{
    const char *scope = router_route(flow)->scope;

    if (session_of(flow)) {
        return session_allow(flow, take_turn);
    }
    if (!caller_may(caller_of(flow), scope)) {
        return problem_reply_with(flow, 403, "insufficient_scope", "The API key lacks the scope that this call needs.",
                                  json_pack("{s:s}", "required_scope", scope));
    }
    return take_turn(flow);
}

static struct next *take_turn(struct flow *flow)
{
    flow->state = NULL;
    return flow->daemon->spec->take_turn ? flow->daemon->spec->take_turn(flow, take_key) : take_key(flow);
}

static struct next *take_key(struct flow *flow)
{
    flow->state = NULL;
    return idempotency_begin(flow, flow->daemon->guard->idempotency, router_proceed);
}

void guard_concerns(const struct flow *flow, const char *subject)
{
    idempotency_concerns(flow->daemon->guard->idempotency, flow, subject);
}
