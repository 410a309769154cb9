/* daemon.c - the life of a daemon, in the order in which it happens. See daemon.h.
 *
 * SIGTERM or SIGINT starts the drain: no more connections are taken, work in hand goes on until it is done or
 * drain_seconds have passed, then everything is freed. A second signal ends the process at once.
 */
#include "common/daemon/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/http/http.h"
#include "common/data/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/notify.h"
#include "common/http/problem.h"
#include "common/base/process.h"
#include "common/daemon/common_settings.h"
#include "common/daemon/health.h"
#include "common/daemon/known_settings.h"
#include "common/daemon/selfcheck.h"
#include "common/loop/timer.h"

enum { BIG_BLOCK = 256 * 1024 };
enum { FIRST_CONNECT_MS = 2000, CONNECT_POLL_MS = 5, DRAIN_POLL_MS = 20, TELL_DROPPED_MS = 1000 };
/* That connections of clients may not have: PostgreSQL's, Redis', the health listener's, files and pipes. */
enum { OTHER_DESCRIPTORS = 256 };

struct life {
    struct daemon daemon;
    struct event *signals[2];
    struct event *check;    /* runs while draining */
    struct event *telling;  /* of lines that were dropped */
    struct event *watchdog; /* of systemd; NULL without */
    int64_t drain_until_us;
    bool draining;
};

static void print_help(const struct daemon_spec *spec, const struct config_setting *const *tables);
static void load_settings(struct daemon *daemon, const struct config_setting *const *tables);
static void wipe(const char *secret);
static void open_pools(struct life *life);
static void await_connections(struct daemon *daemon);
static bool is_connected(struct daemon *daemon);
static void wake(evutil_socket_t fd, short what, void *arg);
static void serve(struct life *life);
static void tell_supervisor(struct life *life);
static void feed_watchdog(evutil_socket_t fd, short what, void *arg);
static void tell_dropped(evutil_socket_t fd, short what, void *arg);
static void watch_signals(struct life *life);
static void on_signal(evutil_socket_t number, short what, void *arg);
static void check_drain(evutil_socket_t fd, short what, void *arg);
static void close_all(struct life *life);
static int connections_max(struct daemon *daemon);
static const struct http_fixed_field *reply_fields(const struct daemon *daemon);
static const struct route *routes_with_ours(struct daemon *daemon);

int daemon_main(const struct daemon_spec *spec, int argc, char **argv)
{
    const struct config_setting *const tables[] = { common_settings, spec->settings, spec->guard_settings, NULL };
    struct life life = { .daemon = { .spec = spec, .arena = arena_new() } };

    if (argc > 1) {
        print_help(spec, tables);
        arena_free(life.daemon.arena);
        return strcmp(argv[1], "--help") == 0 ? EX_OK : EX_USAGE;
    }
    process_ignore_signals();
    mallopt(M_MMAP_THRESHOLD, BIG_BLOCK); /* a big answer's memory is given back when it was read */
    log_never_wait();
    load_settings(&life.daemon, tables);
    log_setup(spec->name, (enum log_format)life.daemon.settings->log_format, (enum log_level)life.daemon.settings->log_level);
    config_warn_exposed(tables);
    config_wipe_environment(tables);
    if (!life.daemon.settings->allow_cores) {
        process_forbid_cores();
    }
    crypto_setup();
    process_metrics_setup(spec->name);
    life.daemon.base = event_base_new();
    if (!life.daemon.base || event_base_priority_init(life.daemon.base, 2) < 0) {
        log_error("daemon.no_event_base");
        return EX_OSERR;
    }
    open_pools(&life);
    if (spec->start) {
        spec->start(&life.daemon);
    }
    await_connections(&life.daemon);
    serve(&life);
    watch_signals(&life);
    life.telling = timer_every(life.daemon.base, TELL_DROPPED_MS, tell_dropped, NULL);
    tell_supervisor(&life);
    event_base_dispatch(life.daemon.base);
    close_all(&life);
    return EX_OK;
}

static void print_help(const struct daemon_spec *spec, const struct config_setting *const *tables)
{
    struct buf text = { 0 };

    buf_printf(&text, "sharelink-%s %s - %s\n\nSettings come from the environment:\n\n", spec->name, SHARELINK_VERSION,
               spec->about);
    config_describe(tables, &text);
    fputs(text.data, stdout);
    buf_clear(&text);
}

static void load_settings(struct daemon *daemon, const struct config_setting *const *tables)
{
    void *settings = arena_alloc(daemon->arena, daemon->spec->settings_size);
    struct buf faults = { 0 };

    int count = config_load(tables, settings, daemon->arena, &faults);
    if (daemon->spec->check_settings) {
        count += daemon->spec->check_settings(settings, &faults);
    }
    count += config_find_unknown(known_settings, &faults);
    if (count > 0) {
        fprintf(stderr, "sharelink-%s: the settings are wrong; nothing was started:\n%s", daemon->spec->name, faults.data);
        exit(EX_CONFIG);
    }
    buf_clear(&faults);
    daemon->settings = settings;
}

/* A text of the settings that nobody needs any more. It lies in our own arena. */
static void wipe(const char *secret)
{
    if (secret) {
        explicit_bzero((char *)(uintptr_t)secret, strlen(secret));
    }
}

static void open_pools(struct life *life)
{
    struct daemon *daemon = &life->daemon;
    const struct daemon_settings *settings = daemon->settings;

    daemon->keyring = keyring_new(settings->secret_key, settings->secret_key_previous);
    wipe(settings->secret_key);
    wipe(settings->secret_key_previous);
    daemon->pg = pg_pool_new(daemon->base, &(struct pg_pool_options){
                                               .name = daemon->spec->name,
                                               .url = settings->database_url,
                                               .connections = (int)settings->database_connections,
                                               .queue_limit = 512,
                                               .answer_limit_ms = 10000,
                                               .lock_wait_ms = (int)settings->database_lock_seconds * 1000,
                                               .heavy_connections = (int)settings->database_heavy_connections,
                                               .heavy_waiting_limit = (int)settings->database_heavy_waiting,
                                               .has_limits = true,
                                               .unnamed = settings->database_unnamed_statements,
                                           });
    daemon->redis = redis_new(daemon->base, &(struct redis_options){
                                                .name = daemon->spec->name,
                                                .url = settings->redis_url,
                                                .connect_limit_ms = 3000,
                                                .command_limit_ms = 2000,
                                            });
    daemon->selfcheck = selfcheck_new(daemon->base, daemon->pg, daemon->redis);
}

/* Who comes too early is turned away by the kernel, and a gateway tries elsewhere: a 503 to a POST could not be tried again.
 * But a server that is away must not keep the door closed. */
static void await_connections(struct daemon *daemon)
{
    int64_t until_us = clock_mono_us() + FIRST_CONNECT_MS * (int64_t)1000;
    struct event *tick = timer_every(daemon->base, CONNECT_POLL_MS, wake, NULL);

    while (!is_connected(daemon) && clock_mono_us() < until_us) {
        event_base_loop(daemon->base, EVLOOP_ONCE);
    }
    event_free(tick);
}

static bool is_connected(struct daemon *daemon)
{
    return pg_pool_is_ready(daemon->pg) && (!daemon->spec->is_connected || daemon->spec->is_connected(daemon));
}

static void wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static void serve(struct life *life)
{
    struct daemon *daemon = &life->daemon;
    const char *error = NULL;

    router_setup(&(struct router_options){ .routes = routes_with_ours(daemon), .guard = daemon->spec->guard });
    daemon->http = http_server_new(daemon->base,
                                   &(struct http_server_options){
                                       .listen = daemon->settings->listen,
                                       .trusted_proxies = daemon->settings->trusted_proxies,
                                       .connections_max = connections_max(daemon),
                                       .first_byte_limit_ms = (int)daemon->settings->first_byte_seconds * 1000,
                                       .header_max = 17 * 1024, /* the client's 16 KiB, and what a gateway adds */
                                       .body_max = 1024 * 1024,
                                       .large = daemon->spec->large,
                                       .waiting_max = (size_t)daemon->settings->waiting_answers_mb << 20,
                                       .read_limit_ms = 15000,
                                       .write_limit_ms = 30000,
                                       .write_rate_min = 4096,
                                       .idle_limit_ms = 75000,
                                       .deadline_ms = 12000,
                                       .reply_fields = reply_fields(daemon),
                                       .fault_words = daemon->spec->fault_words,
                                       .fault_reader = daemon->spec->fault_reader,
                                       .daemon = daemon,
                                       .app = daemon->app,
                                       .handle = router_handle,
                                   },
                                   &error);
    if (!daemon->http) {
        log_error("daemon.cannot_listen", LOG_TEXT("listen", daemon->settings->listen), LOG_TEXT("error", error));
        exit(EX_OSERR);
    }
    log_info("daemon.listening", LOG_TEXT("listen", daemon->settings->listen), LOG_INT("port", http_server_port(daemon->http)),
             LOG_TEXT("version", SHARELINK_VERSION));
    daemon->health = health_start(&(struct health_options){
        .base = daemon->base,
        .listen = daemon->settings->health_listen,
        .listen_main = daemon->settings->listen,
        .reply_fields = reply_fields(daemon),
        .daemon = daemon,
        .app = daemon->app,
        .pg = daemon->pg,
        .redis = daemon->redis,
        .selfcheck = daemon->selfcheck,
        .is_connected = is_connected,
    });
}

/* A listener that runs out of descriptors would leave none for the health listener's connections, nor for PostgreSQL's. */
static int connections_max(struct daemon *daemon)
{
    int64_t wanted = daemon->settings->connections_max;
    int64_t possible = process_raise_descriptors(wanted + OTHER_DESCRIPTORS) - OTHER_DESCRIPTORS;

    if (possible >= wanted) {
        return (int)wanted;
    }
    possible = possible > 1 ? possible : 1;
    log_warn("daemon.few_descriptors", LOG_INT("connections_wanted", wanted), LOG_INT("connections_possible", possible),
             LOG_TEXT("detail", "the limit of open files (ulimit -n, LimitNOFILE) is too low for SHARELINK_CONNECTIONS_MAX"));
    return (int)possible;
}

/* An answer of an API is no document; should a browser take it for one, it loads and runs nothing. */
static const struct http_fixed_field *reply_fields(const struct daemon *daemon)
{
    static const struct http_fixed_field of_an_api[] = { { "Content-Security-Policy",
                                                           "default-src 'none'; frame-ancestors 'none'" },
                                                         { "Cross-Origin-Resource-Policy", "same-origin" },
                                                         { "Referrer-Policy", "no-referrer" },
                                                         { .name = NULL } };

    return daemon->spec->reply_fields ? daemon->spec->reply_fields : of_an_api;
}

static const struct route *routes_with_ours(struct daemon *daemon)
{
    size_t theirs = 0;

    while (daemon->spec->routes[theirs].pattern) {
        theirs++;
    }
    struct route *all = arena_calloc(daemon->arena, theirs + HEALTH_ROUTES + OPENAPI_ROUTES + 1, sizeof *all);
    memcpy(all, daemon->spec->routes, theirs * sizeof *all);
    memcpy(all + theirs, health_routes, sizeof health_routes);
    openapi_setup(daemon->arena, &daemon->spec->openapi, &daemon->spec->openapi_v1, daemon->settings->public_url);
    openapi_routes(all + theirs + HEALTH_ROUTES);
    return all;
}

/* Ready means here: it listens. Whether PostgreSQL and Redis answer is asked at /readyz; a start must not hang on them. */
static void tell_supervisor(struct life *life)
{
    int64_t watchdog_us = notify_watchdog_us();

    notify_send("READY=1");
    if (watchdog_us > 0) {
        life->watchdog = timer_every(life->daemon.base, (watchdog_us + 999) / 1000, feed_watchdog, NULL);
    }
}

/* From the loop itself: a loop that hangs is what the watchdog is for. */
static void feed_watchdog(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    notify_send("WATCHDOG=1");
}

static void tell_dropped(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    log_tell_dropped();
}

static void watch_signals(struct life *life)
{
    static const int numbers[] = { SIGTERM, SIGINT };

    for (size_t i = 0; i < 2; i++) {
        life->signals[i] = evsignal_new(life->daemon.base, numbers[i], on_signal, life);
        evsignal_add(life->signals[i], NULL);
    }
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    struct life *life = arg;
    (void)what;

    if (life->draining) {
        log_warn("daemon.ended_by_second_signal", LOG_INT("signal", number));
        _exit(EX_SOFTWARE);
    }
    log_info("daemon.draining", LOG_INT("signal", number), LOG_INT("flows", flow_count()));
    notify_send("STOPPING=1");
    life->draining = true;
    health_end_soon();
    life->drain_until_us = clock_mono_us() + life->daemon.settings->drain_seconds * 1000000;
    http_server_drain(life->daemon.http);
    if (life->daemon.spec->drain) {
        life->daemon.spec->drain(&life->daemon);
    }
    life->check = timer_every(life->daemon.base, DRAIN_POLL_MS, check_drain, life);
}

static void check_drain(evutil_socket_t fd, short what, void *arg)
{
    struct life *life = arg;
    struct daemon *daemon = &life->daemon;
    bool late = clock_mono_us() > life->drain_until_us;
    (void)fd;
    (void)what;

    if (!late && (!http_server_is_quiet(daemon->http) || (daemon->spec->is_quiet && !daemon->spec->is_quiet(daemon)))) {
        return;
    }
    log_info("daemon.drained", LOG_BOOL("in_time", !late), LOG_INT("flows_left", flow_count()));
    if (late) {
        _exit(EX_OK); /* what still hangs holds memory that cannot be freed in order */
    }
    event_base_loopbreak(daemon->base);
}

static void close_all(struct life *life)
{
    struct daemon *daemon = &life->daemon;

    if (daemon->spec->stop) {
        daemon->spec->stop(daemon);
    }
    http_server_free(daemon->http);
    http_server_free(daemon->health);
    selfcheck_free(daemon->selfcheck);
    pg_pool_free(daemon->pg);
    redis_free(daemon->redis);
    for (size_t i = 0; i < 2; i++) {
        event_free(life->signals[i]);
    }
    event_free(life->check);
    event_free(life->telling);
    if (life->watchdog) {
        event_free(life->watchdog);
    }
    /* What was to come at the next turn, such as a numeric address from resolve.c, finds nobody and frees itself. One turn runs
     * one priority. */
    event_base_loop(daemon->base, EVLOOP_NONBLOCK);
    event_base_loop(daemon->base, EVLOOP_NONBLOCK);
    keyring_free(daemon->keyring);
    event_base_free(daemon->base);
    libevent_global_shutdown();
    arena_free(daemon->arena);
}
