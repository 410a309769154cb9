/* health.c - see health.h. */
#include "common/daemon/health.h"

#include <stdlib.h>
#include <sysexits.h>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/daemon/find_readiness.sql.h"
#include "common/daemon/selfcheck.h"
#include "common/http/http.h"
#include "common/http/listen.h"
#include "common/http/problem.h"
#include "common/pg/pg.h"
#include "common/redis/redis.h"

enum { CONNECTIONS_MAX = 64 };

/* Readiness asks both servers for real: a connection that is up may still get no answer. */
struct readiness {
    bool postgres, writable, redis;
};

/* In the order in which they run. */
static struct next *dispatch(struct flow *flow);
static struct next *show_health(struct flow *flow);
static struct next *show_readiness(struct flow *flow);
static struct next *ask_redis(struct flow *flow);
static void on_pong(void *arg, const struct redis_value *reply, const char *errstr);
static struct next *reply_readiness(struct flow *flow);
static json_t *find_missing(const struct readiness *readiness, const char **detail);
static struct next *show_metrics(struct flow *flow);

const struct route health_routes[HEALTH_ROUTES] = {
    { HTTP_GET, "/healthz", show_health, .scope = NULL },
    { HTTP_GET, "/readyz", show_readiness, .scope = NULL },
    { HTTP_GET, "/metrics", show_metrics, .scope = NULL },
};

static struct health_options asked;
static bool is_ending;

struct http_server *health_start(const struct health_options *options)
{
    struct arena *arena = arena_new();
    const char *error = NULL;
    const char *listen = options->listen ? options->listen : http_listen_beside(arena, options->listen_main);

    asked = *options;
    struct http_server *server = http_server_new(options->base,
                                                 &(struct http_server_options){
                                                     .listen = listen,
                                                     .connections_max = CONNECTIONS_MAX,
                                                     .first_byte_limit_ms = 2000,
                                                     .header_max = 8 * 1024,
                                                     .body_max = 0,
                                                     .read_limit_ms = 5000,
                                                     .write_limit_ms = 10000,
                                                     .idle_limit_ms = 60000,
                                                     .deadline_ms = 12000,
                                                     .is_apart = true,
                                                     .reply_fields = options->reply_fields,
                                                     .daemon = options->daemon,
                                                     .app = options->app,
                                                     .handle = dispatch,
                                                 },
                                                 &error);
    if (server) {
        log_info("daemon.health_listening", LOG_TEXT("listen", listen), LOG_INT("port", http_server_port(server)));
    } else if (options->listen) {
        log_error("daemon.cannot_listen", LOG_TEXT("listen", listen), LOG_TEXT("error", error));
        exit(EX_OSERR);
    } else {
        log_warn("daemon.no_health_listener", LOG_TEXT("listen", listen), LOG_TEXT("error", error),
                 LOG_TEXT("detail", "set SHARELINK_HEALTH_LISTEN; until then health is where the clients are"));
    }
    arena_free(arena);
    return server;
}

void health_end_soon(void)
{
    is_ending = true;
}

/* The router's table is the clients'. */
static struct next *dispatch(struct flow *flow)
{
    enum http_method method = http_method(flow);

    for (size_t i = 0; i < HEALTH_ROUTES; i++) {
        const struct route *route = &health_routes[i];
        if (str_equal(http_path(flow), route->pattern)) {
            http_remember_route(flow, route->pattern);
            if (method == HTTP_GET || method == HTTP_HEAD) {
                return route->handle(flow);
            }
            http_set_header(flow, "Allow", "GET, HEAD");
            return problem_reply(flow, 405, "method_not_allowed", "This method is not one of those in Allow.");
        }
    }
    return problem_reply(flow, 404, "not_found", "There is nothing here but /healthz, /readyz and /metrics.");
}

static struct next *show_health(struct flow *flow)
{
    return http_reply_json(flow, 200, "{\"status\":\"alive\"}");
}

static struct next *show_readiness(struct flow *flow)
{
    flow->state = arena_alloc(flow->arena, sizeof(struct readiness));
    return find_readiness_query(flow, asked.pg, ask_redis);
}

static struct next *ask_redis(struct flow *flow)
{
    struct readiness *readiness = flow->state;

    readiness->postgres = pg_outcome(flow) == PG_OK && asked.is_connected(asked.daemon);
    readiness->writable = pg_outcome(flow) == PG_OK && find_readiness_get(flow, 0).is_writable;
    redis_call(asked.redis, 0, on_pong, flow_wait_begin(flow, reply_readiness), "PING", NULL);
    return flow_waiting();
}

static void on_pong(void *arg, const struct redis_value *reply, const char *errstr)
{
    static const bool yes = true;
    bool pong = !errstr && redis_kind(reply) == REDIS_TEXT;

    flow_wait_end(arg, pong ? &yes : NULL);
}

static struct next *reply_readiness(struct flow *flow)
{
    struct readiness *readiness = flow->state;
    const char *detail = NULL;

    readiness->redis = flow->answer != NULL;
    json_t *missing = find_missing(readiness, &detail);
    if (!detail) {
        json_decref(missing);
        return http_reply_json(flow, 200, "{\"status\":\"ready\"}");
    }
    http_set_header(flow, "Retry-After", "1");
    return problem_reply_with(flow, 503, "not_ready", detail, json_pack("{s:o}", "missing", missing));
}

/* Leaves *detail when nothing is missing. */
static json_t *find_missing(const struct readiness *readiness, const char **detail)
{
    static const char away[] = "A server that this daemon needs does not answer, or its schema is not there.";
    json_t *missing = json_array();

    if (!readiness->postgres) {
        json_array_append_new(missing, json_string("postgresql"));
        *detail = away;
    } else if (!selfcheck_has_schema(asked.selfcheck)) {
        json_array_append_new(missing, json_string("schema"));
        *detail = away;
    }
    if (!readiness->redis) {
        json_array_append_new(missing, json_string("redis"));
        *detail = away;
    }
    if (readiness->postgres && !readiness->writable) {
        json_array_append_new(missing, json_string("writable_postgresql"));
        *detail = "The database is read only: a standby, or set to read only. Nothing can be stored.";
    }
    if (is_ending) {
        json_array_append_new(missing, json_string("accepting"));
        *detail = "This process is ending: it finishes what it has in hand, and takes no more.";
    }
    return missing;
}

static struct next *show_metrics(struct flow *flow)
{
    struct buf text = { 0 };

    metrics_write(&text);
    struct next *next = http_reply(flow, 200, "text/plain; version=0.0.4; charset=utf-8", text.data, text.length);
    buf_clear(&text);
    return next;
}
