/* redis.c - one hiredis connection that is looked after: time limits, a handshake, backoff, one callback per command.
 *
 *     idle → resolving → connecting → authenticating → ready → broken → waiting → resolving → …
 *
 * hiredis 0.14 frees its context by itself in places where we would like to free it, and breaks when it is freed in
 * others. So here it is only ever given up from a timer (broken), and the pointer is forgotten in both of its
 * callbacks.
 */
#include "common/redis/redis.h"

#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/loop/resolve.h"
#include "common/base/str.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS  5000
#define CALL_WORDS_MAX   64

enum state {
    STATE_IDLE,
    STATE_RESOLVING,
    STATE_CONNECTING,
    STATE_AUTHENTICATING,
    STATE_READY,
    STATE_BROKEN, /* what is in flight is failed from the loop's next turn, then the context goes */
    STATE_WAITING,
};

struct target {
    char *user, *password; /* NULL without one */
    char *host;            /* NULL for a socket */
    char *socket_path;
    int port;
    int database;
};

struct call {
    STAILQ_ENTRY(call) next;
    struct redis *redis;
    redis_done *done;
    void *arg;
    int limit_ms;
};

STAILQ_HEAD(calls, call);

/* Outlives the connection when that goes while a name is being looked up. */
struct lookup {
    struct redis *redis;
};

struct redis {
    struct event_base *base;
    struct redis_options options;
    struct target target;
    bool has_target;
    enum state state;
    unsigned attempts, address_choice;
    char reason[160]; /* why it broke last */

    struct event *alarm;  /* by state: connect limit, command limit, backoff; at once when broken */
    struct event *refuse; /* fails the calls that came while it was not ready */
    struct lookup *lookup;
    redisAsyncContext *context;
    struct event *readable, *writable;

    struct calls in_flight, refused;
    int64_t waits_since_us; /* the oldest in flight: since it was sent, or the one before it was answered */
    struct buf words;       /* the command being written */

    struct metric *ready, *answered, *failed;
};

static bool read_url(struct target *target, const char *url);
static void forget_target(struct target *target);
static void ring(evutil_socket_t fd, short what, void *arg);
static void start(struct redis *redis);
static void take_address(void *arg, const char *address, const char *error);
static void open_context(struct redis *redis, const char *address);
static void attach(struct redis *redis);
static void take_connected(const redisAsyncContext *context, int status);
static void tune_socket(struct redis *redis);
static void authenticate(struct redis *redis);
static void take_authenticated(void *arg, const struct redis_value *reply, const char *errstr);
static void take_selected(void *arg, const struct redis_value *reply, const char *errstr);
static void take_pong(void *arg, const struct redis_value *reply, const char *errstr);
static void send_call(struct redis *redis, enum state in, const char *const *words, const size_t *lengths, size_t count,
                      int extra_ms, redis_done *done, void *arg);
static void take_reply(redisAsyncContext *context, void *reply, void *privdata);
static void refuse_all(evutil_socket_t fd, short what, void *arg);
static void check_command_limit(struct redis *redis);
static void take_disconnected(const redisAsyncContext *context, int status);
static void give_up(struct redis *redis, const char *reason);
static void bury(struct redis *redis);
static void move(struct redis *redis, enum state to);
static void set_alarm(struct redis *redis, int64_t after_ms);

struct redis *redis_new(struct event_base *base, const struct redis_options *options)
{
    struct redis *redis = mem_alloc(sizeof *redis);
    const char *const answered[] = { options->name, "answered" };
    const char *const failed[] = { options->name, "failed" };

    redis->base = base;
    redis->options = *options;
    STAILQ_INIT(&redis->in_flight);
    STAILQ_INIT(&redis->refused);
    redis->alarm = evtimer_new(base, ring, redis);
    redis->refuse = evtimer_new(base, refuse_all, redis);
    if (!redis->alarm || !redis->refuse) {
        abort();
    }
    redis->ready = metrics_series(
        metrics_gauge("sharelink_redis_connected", "Whether the connection to Redis is up.", "connection"),
        &options->name);
    struct metric_family *commands =
        metrics_counter("sharelink_redis_commands_total", "Commands: answered by Redis, or failed with the connection.",
                        "connection,outcome");
    redis->answered = metrics_series(commands, answered);
    redis->failed = metrics_series(commands, failed);
    redis->has_target = read_url(&redis->target, options->url);
    set_alarm(redis, 0);
    return redis;
}

/* --- the URL --- */

/* user:password, both percent-encoded; password alone, as some write it, is :password. */
static bool read_credentials(struct target *target, const char *text, size_t length)
{
    const char *colon = memchr(text, ':', length);
    size_t user_length = colon ? (size_t)(colon - text) : length;

    if (!colon) {
        return false;
    }
    if (user_length) {
        target->user = strndup(text, user_length);
    }
    target->password = strndup(colon + 1, length - user_length - 1);
    if (!target->password || (user_length && !target->user)) {
        abort();
    }
    return str_url_decode(target->password, false) && (!target->user || str_url_decode(target->user, false));
}

static bool read_port_and_database(struct target *target, const char *rest)
{
    int64_t port = 6379, database = 0;
    char *text = mem_strdup(rest);
    char *slash = strchr(text, '/');
    bool is_good = true;

    if (slash) {
        *slash = '\0';
        is_good = !slash[1] || str_parse_int(slash + 1, 0, 1023, &database);
    }
    if (text[0]) {
        is_good = is_good && text[0] == ':' && str_parse_int(text + 1, 1, 65535, &port);
    }
    target->port = (int)port;
    target->database = (int)database;
    free(text);
    return is_good;
}

static bool read_host(struct target *target, const char *text)
{
    bool is_bracketed = text[0] == '[';
    const char *host = is_bracketed ? text + 1 : text;
    size_t length = strcspn(host, is_bracketed ? "]" : ":/");

    if (!length || (is_bracketed && host[length] != ']')) {
        return false;
    }
    target->host = strndup(host, length);
    if (!target->host) {
        abort();
    }
    return read_port_and_database(target, host + length + (is_bracketed ? 1 : 0));
}

static bool read_url(struct target *target, const char *url)
{
    const char *rest = strstr(url, "://");

    if (!rest) {
        return false;
    }
    rest += 3;
    /* A password may hold an @ that nobody encoded: the last one before the path counts. */
    size_t authority = strcspn(rest, "/");
    const char *at = memrchr(rest, '@', authority);
    if (at && !read_credentials(target, rest, (size_t)(at - rest))) {
        return false;
    }
    rest = at ? at + 1 : rest;
    if (str_starts_with(url, "unix://")) {
        target->socket_path = mem_strdup(rest);
        return rest[0] == '/';
    }
    return str_starts_with(url, "redis://") && read_host(target, rest);
}

static void forget_target(struct target *target)
{
    if (target->password) {
        explicit_bzero(target->password, strlen(target->password));
    }
    free(target->user);
    free(target->password);
    free(target->host);
    free(target->socket_path);
}

const char *redis_check_url(const char *url)
{
    const char *fault = config_check_redis_url(url);
    struct target target = { 0 };

    if (fault) {
        return fault;
    }
    bool can_be_read = read_url(&target, url);
    forget_target(&target);
    return can_be_read ? NULL : "cannot be read: before the @ belongs user:password, with % written as %25, and a database is at most 1023";
}

/* --- from idle to ready --- */

/* The alarm rang: what that means depends on the state. */
static void ring(evutil_socket_t fd, short what, void *arg)
{
    struct redis *redis = arg;
    (void)fd;
    (void)what;

    switch (redis->state) {
    case STATE_IDLE:
    case STATE_WAITING:
        start(redis);
        break;
    case STATE_RESOLVING:
    case STATE_CONNECTING:
    case STATE_AUTHENTICATING:
        give_up(redis, "no connection in time");
        break;
    case STATE_READY:
        check_command_limit(redis);
        break;
    case STATE_BROKEN:
        bury(redis);
        break;
    }
}

static void start(struct redis *redis)
{
    move(redis, STATE_RESOLVING);
    set_alarm(redis, redis->options.connect_limit_ms);
    if (!redis->has_target) {
        give_up(redis, "the URL cannot be read");
        return;
    }
    if (redis->target.socket_path) {
        open_context(redis, NULL);
        return;
    }
    redis->lookup = mem_alloc(sizeof *redis->lookup);
    redis->lookup->redis = redis;
    resolve_start_choice(redis->base, redis->target.host, redis->address_choice, take_address, redis->lookup);
}

static void take_address(void *arg, const char *address, const char *error)
{
    struct lookup *lookup = arg;
    struct redis *redis = lookup->redis;

    free(lookup);
    if (!redis) {
        return;
    }
    redis->lookup = NULL;
    if (!address) {
        give_up(redis, error);
        return;
    }
    open_context(redis, address);
}

static const char *error_text(const redisAsyncContext *context)
{
    return context->errstr && context->errstr[0] ? context->errstr : "the connection was closed";
}

static void open_context(struct redis *redis, const char *address)
{
    move(redis, STATE_CONNECTING);
    redis->context =
        address ? redisAsyncConnect(address, redis->target.port) : redisAsyncConnectUnix(redis->target.socket_path);
    if (!redis->context) {
        abort();
    }
    redis->context->data = redis;
    if (redis->context->err) {
        give_up(redis, error_text(redis->context));
        return;
    }
    attach(redis);
    redisAsyncSetDisconnectCallback(redis->context, take_disconnected);
    redisAsyncSetConnectCallback(redis->context, take_connected);
}

/* --- hiredis on libevent: which directions it wants to be told of --- */

static void handle_io(evutil_socket_t fd, short what, void *arg)
{
    struct redis *redis = arg;
    (void)fd;

    if (what & EV_READ) {
        redisAsyncHandleRead(redis->context);
    } else {
        redisAsyncHandleWrite(redis->context);
    }
}

static void add_read(void *arg)
{
    event_add(((struct redis *)arg)->readable, NULL);
}

static void del_read(void *arg)
{
    event_del(((struct redis *)arg)->readable);
}

static void add_write(void *arg)
{
    event_add(((struct redis *)arg)->writable, NULL);
}

static void del_write(void *arg)
{
    event_del(((struct redis *)arg)->writable);
}

/* Called once, when hiredis frees the context. */
static void detach(void *arg)
{
    struct redis *redis = arg;

    event_free(redis->readable);
    event_free(redis->writable);
    redis->readable = redis->writable = NULL;
}

static void attach(struct redis *redis)
{
    redisAsyncContext *context = redis->context;

    /* Two events, so that a callback that lets the context go is the last thing its event does. */
    redis->readable = event_new(redis->base, context->c.fd, EV_READ | EV_PERSIST, handle_io, redis);
    redis->writable = event_new(redis->base, context->c.fd, EV_WRITE | EV_PERSIST, handle_io, redis);
    if (!redis->readable || !redis->writable) {
        abort();
    }
    context->ev.data = redis;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = detach;
}

/* After a failure hiredis frees the context itself, and calls nothing else. */
static void take_connected(const redisAsyncContext *context, int status)
{
    struct redis *redis = context->data;

    if (status != REDIS_OK) {
        redis->context = NULL;
        give_up(redis, error_text(context));
        return;
    }
    if (redis->state != STATE_CONNECTING) {
        return;
    }
    tune_socket(redis);
    authenticate(redis);
}

static void tune_socket(struct redis *redis)
{
    const int on = 1, idle_s = 30, interval_s = 10, count = 3;
    int fd = redis->context->c.fd;

    if (redis->target.socket_path) {
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

/* The PING finds out what a server that greets nobody would say to the first real command: NOAUTH, LOADING. */
static void authenticate(struct redis *redis)
{
    const struct target *target = &redis->target;
    char database[16];

    move(redis, STATE_AUTHENTICATING);
    if (target->password && target->user) {
        const char *const words[] = { "AUTH", target->user, target->password };
        send_call(redis, STATE_AUTHENTICATING, words, NULL, 3, 0, take_authenticated, redis);
    } else if (target->password) {
        const char *const words[] = { "AUTH", target->password };
        send_call(redis, STATE_AUTHENTICATING, words, NULL, 2, 0, take_authenticated, redis);
    }
    if (target->database) {
        snprintf(database, sizeof database, "%d", target->database);
        const char *const words[] = { "SELECT", database };
        send_call(redis, STATE_AUTHENTICATING, words, NULL, 2, 0, take_selected, redis);
    }
    const char *const words[] = { "PING" };
    send_call(redis, STATE_AUTHENTICATING, words, NULL, 1, 0, take_pong, redis);
}

/* Only the first word of an error is told: a server without AUTH quotes its arguments. */
static void take_authenticated(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct redis *redis = arg;
    char reason[64];

    if (!errstr && redis_kind(reply) == REDIS_ERROR && redis->state == STATE_AUTHENTICATING) {
        const char *text = redis_text(reply);
        snprintf(reason, sizeof reason, "AUTH was refused: %.*s", (int)strcspn(text, " "), text);
        give_up(redis, reason);
    }
}

static void take_selected(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct redis *redis = arg;

    if (!errstr && redis_kind(reply) == REDIS_ERROR && redis->state == STATE_AUTHENTICATING) {
        give_up(redis, redis_text(reply));
    }
}

static void take_pong(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct redis *redis = arg;

    if (errstr || redis->state != STATE_AUTHENTICATING) {
        return;
    }
    if (redis_kind(reply) == REDIS_ERROR) {
        give_up(redis, redis_text(reply));
        return;
    }
    evtimer_del(redis->alarm);
    redis->attempts = 0;
    move(redis, STATE_READY);
    if (redis->options.on_ready) {
        redis->options.on_ready(redis->options.arg);
    }
}

bool redis_is_ready(const struct redis *redis)
{
    return redis->state == STATE_READY;
}

/* --- commands --- */

void redis_command(struct redis *redis, const char *const *words, const size_t *lengths, size_t count, redis_done *done,
                   void *arg)
{
    send_call(redis, STATE_READY, words, lengths, count, 0, done, arg);
}

void redis_command_within(struct redis *redis, int extra_ms, const char *const *words, size_t count, redis_done *done,
                          void *arg)
{
    send_call(redis, STATE_READY, words, NULL, count, extra_ms, done, arg);
}

void redis_call(struct redis *redis, int extra_ms, redis_done *done, void *arg, ...)
{
    const char *words[CALL_WORDS_MAX];
    size_t count = 0;
    va_list args;

    va_start(args, arg);
    for (const char *word; (word = va_arg(args, const char *));) {
        if (count == CALL_WORDS_MAX) {
            abort();
        }
        words[count++] = word;
    }
    va_end(args);
    send_call(redis, STATE_READY, words, NULL, count, extra_ms, done, arg);
}

static void write_words(struct buf *to, const char *const *words, const size_t *lengths, size_t count)
{
    to->length = 0;
    buf_printf(to, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        size_t length = lengths ? lengths[i] : strlen(words[i]);
        buf_printf(to, "$%zu\r\n", length);
        buf_add(to, words[i], length);
        buf_add(to, "\r\n", 2);
    }
}

/* in: the state whose business it is; a caller's commands have no place in the handshake. */
static void send_call(struct redis *redis, enum state in, const char *const *words, const size_t *lengths, size_t count,
                      int extra_ms, redis_done *done, void *arg)
{
    struct call *call = mem_alloc(sizeof *call);
    const struct timeval now = { 0, 0 };

    *call = (struct call){
        .redis = redis, .done = done, .arg = arg, .limit_ms = redis->options.command_limit_ms + extra_ms
    };
    write_words(&redis->words, words, lengths, count);
    /* hiredis refuses while it is on its way out, which may be before we are told. */
    if (redis->state != in || redisAsyncFormattedCommand(redis->context, take_reply, call, redis->words.data,
                                                         redis->words.length) != REDIS_OK) {
        STAILQ_INSERT_TAIL(&redis->refused, call, next);
        evtimer_add(redis->refuse, &now);
        return;
    }
    if (STAILQ_EMPTY(&redis->in_flight)) {
        redis->waits_since_us = clock_mono_us();
    }
    STAILQ_INSERT_TAIL(&redis->in_flight, call, next);
    /* The alarm looks for itself how long the oldest has waited; it only must not ring too late for this one. */
    if (redis->state == STATE_READY &&
        (!evtimer_pending(redis->alarm, NULL) || STAILQ_FIRST(&redis->in_flight) == call)) {
        set_alarm(redis, call->limit_ms);
    }
}

static void finish_call(struct call *call, const struct redis_value *reply, const char *errstr)
{
    metrics_add(errstr ? call->redis->failed : call->redis->answered, 1);
    if (call->done) {
        call->done(call->arg, reply, errstr);
    }
    free(call);
}

/* Replies come in the order of the commands. reply is NULL for those that the end of the connection finds in flight. */
static void take_reply(redisAsyncContext *context, void *reply, void *privdata)
{
    struct call *call = privdata;
    struct redis *redis = call->redis;
    const struct redis_value *value = reply;

    STAILQ_REMOVE(&redis->in_flight, call, call, next);
    redis->waits_since_us = clock_mono_us();
    if (!value) {
        give_up(redis, error_text(context));
        finish_call(call, NULL, redis->reason);
        return;
    }
    /* On a healthy connection, yet of no use: another server may be better, or this one a little later. */
    if (redis->state == STATE_READY &&
        (redis_is_error(value, "READONLY") || redis_is_error(value, "LOADING") || redis_is_error(value, "NOAUTH"))) {
        give_up(redis, redis_text(value));
    }
    finish_call(call, value, NULL);
}

static void refuse_all(evutil_socket_t fd, short what, void *arg)
{
    struct redis *redis = arg;
    struct calls refused = STAILQ_HEAD_INITIALIZER(refused);
    struct call *call;
    (void)fd;
    (void)what;

    /* Those who are refused anew meanwhile wait for another turn. */
    STAILQ_CONCAT(&refused, &redis->refused);
    while ((call = STAILQ_FIRST(&refused))) {
        STAILQ_REMOVE_HEAD(&refused, next);
        finish_call(call, NULL, "not connected");
    }
}

static void check_command_limit(struct redis *redis)
{
    struct call *oldest = STAILQ_FIRST(&redis->in_flight);

    if (!oldest) {
        return;
    }
    int64_t waited_ms = (clock_mono_us() - redis->waits_since_us) / 1000;
    if (waited_ms >= oldest->limit_ms) {
        give_up(redis, "no answer in time");
        return;
    }
    set_alarm(redis, oldest->limit_ms - waited_ms);
}

/* --- the end of a connection --- */

/* hiredis frees the context after this. Commands in flight have had their callbacks. */
static void take_disconnected(const redisAsyncContext *context, int status)
{
    struct redis *redis = context->data;
    (void)status;

    redis->context = NULL;
    give_up(redis, error_text(context));
}

/* May be called from everywhere, also more than once: the rest is done from the loop. */
static void give_up(struct redis *redis, const char *reason)
{
    if (redis->state == STATE_BROKEN) {
        return;
    }
    snprintf(redis->reason, sizeof redis->reason, "%s", reason);
    if (redis->state != STATE_READY) {
        redis->address_choice++;
    }
    bool was_ready = redis->state == STATE_READY;
    move(redis, STATE_BROKEN);
    set_alarm(redis, 0);
    if (was_ready && redis->options.on_lost) {
        redis->options.on_lost(redis->options.arg);
    }
}

static void free_context(struct redis *redis)
{
    if (redis->context) {
        redisAsyncFree(redis->context);
        /* Before it was connected there is no disconnect callback. */
        redis->context = NULL;
    }
}

static void bury(struct redis *redis)
{
    if (redis->lookup) {
        redis->lookup->redis = NULL;
        redis->lookup = NULL;
    }
    free_context(redis);
    move(redis, STATE_WAITING);
    set_alarm(redis, backoff_ms(redis->attempts++, BACKOFF_FIRST_MS, BACKOFF_MOST_MS));
}

void redis_reconnect(struct redis *redis)
{
    if (redis->state == STATE_WAITING) {
        set_alarm(redis, 0);
    } else if (redis->state != STATE_IDLE) {
        give_up(redis, "another connection is wanted");
    }
}

/* The one place that changes the state. */
static void move(struct redis *redis, enum state to)
{
    static const char *const names[] = { "idle",  "resolving", "connecting", "authenticating",
                                         "ready", "broken",    "waiting" };
    const char *name = redis->options.name;
    enum state from = redis->state;

    redis->state = to;
    metrics_set(redis->ready, to == STATE_READY ? 1 : 0);
    if (to == STATE_READY) {
        log_info("redis.connected", LOG_TEXT("connection", name));
    } else if (to == STATE_BROKEN) {
        log_info("redis.lost", LOG_TEXT("connection", name), LOG_TEXT("while", names[from]),
                 LOG_TEXT("reason", redis->reason), LOG_INT("attempt", redis->attempts));
    } else {
        log_debug("redis.moved", LOG_TEXT("connection", name), LOG_TEXT("from", names[from]),
                  LOG_TEXT("to", names[to]));
    }
}

static void set_alarm(struct redis *redis, int64_t after_ms)
{
    struct timeval after = { .tv_sec = after_ms / 1000, .tv_usec = after_ms % 1000 * 1000 };

    if (evtimer_add(redis->alarm, &after) < 0) {
        abort();
    }
}

void redis_free(struct redis *redis)
{
    if (!redis) {
        return;
    }
    if (redis->state != STATE_IDLE && redis->state != STATE_WAITING) {
        give_up(redis, "it is closed");
    }
    if (redis->lookup) {
        redis->lookup->redis = NULL;
    }
    free_context(redis);
    while (!STAILQ_EMPTY(&redis->refused)) {
        refuse_all(-1, 0, redis);
    }
    event_free(redis->alarm);
    event_free(redis->refuse);
    buf_clear(&redis->words);
    forget_target(&redis->target);
    free(redis);
}

/* --- replies: a redis_value is a redisReply seen from outside --- */

static const redisReply *reply_of(const struct redis_value *value)
{
    return (const redisReply *)(const void *)value;
}

enum redis_kind redis_kind(const struct redis_value *value)
{
    switch (value ? reply_of(value)->type : REDIS_REPLY_NIL) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        return REDIS_TEXT;
    case REDIS_REPLY_INTEGER:
        return REDIS_INTEGER;
    case REDIS_REPLY_ERROR:
        return REDIS_ERROR;
    case REDIS_REPLY_ARRAY:
        return REDIS_ARRAY;
    }
    return REDIS_NIL;
}

const char *redis_text(const struct redis_value *value)
{
    enum redis_kind kind = redis_kind(value);

    return kind == REDIS_TEXT || kind == REDIS_ERROR ? reply_of(value)->str : "";
}

size_t redis_length(const struct redis_value *value)
{
    enum redis_kind kind = redis_kind(value);

    if (kind == REDIS_ARRAY) {
        return reply_of(value)->elements;
    }
    return kind == REDIS_TEXT || kind == REDIS_ERROR ? (size_t)reply_of(value)->len : 0;
}

int64_t redis_integer(const struct redis_value *value)
{
    return redis_kind(value) == REDIS_INTEGER ? reply_of(value)->integer : 0;
}

const struct redis_value *redis_at(const struct redis_value *value, size_t index)
{
    if (redis_kind(value) != REDIS_ARRAY || index >= reply_of(value)->elements) {
        return NULL;
    }
    return (const struct redis_value *)(const void *)reply_of(value)->element[index];
}

bool redis_is_error(const struct redis_value *value, const char *word)
{
    size_t length = strlen(word);

    return redis_kind(value) == REDIS_ERROR && str_starts_with(redis_text(value), word) &&
           (redis_text(value)[length] == ' ' || redis_text(value)[length] == '\0');
}
