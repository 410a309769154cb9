/* context.c - hiredis' context on libevent: opened, told when its socket can be read or written, freed.
 *
 * hiredis 0.14 frees its context by itself in places where we would like to free it, and breaks when it is freed in
 * others. So here it is only ever given up from a timer (broken), and the pointer is forgotten in both of its
 * callbacks.
 */
#include "common/redis/redis_internal.h"

#include <event2/event.h>
#include <hiredis/async.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

static void attach(struct redis *redis);
static void handle_io(evutil_socket_t fd, short what, void *arg);
static void take_connected(const redisAsyncContext *context, int status);
static void tune_socket(const struct redis *redis);
static void take_disconnected(const redisAsyncContext *context, int status);

void redis_context_open(struct redis *redis, const char *address)
{
    redis->context = address ? redisAsyncConnect(address, redis->target.port) : redisAsyncConnectUnix(redis->target.socket_path);
    if (!redis->context) {
        abort();
    }
    redis->context->data = redis;
    if (redis->context->err) {
        redis_give_up(redis, redis_context_error(redis->context));
        return;
    }
    attach(redis);
    redisAsyncSetDisconnectCallback(redis->context, take_disconnected);
    redisAsyncSetConnectCallback(redis->context, take_connected);
}

const char *redis_context_error(const redisAsyncContext *context)
{
    return context->errstr && context->errstr[0] ? context->errstr : "the connection was closed";
}

/* --- which directions hiredis wants to be told of --- */

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

/* --- the beginning and the end of the connection --- */

/* After a failure hiredis frees the context itself, and calls nothing else. */
static void take_connected(const redisAsyncContext *context, int status)
{
    struct redis *redis = context->data;

    if (status != REDIS_OK) {
        redis->context = NULL;
        redis_give_up(redis, redis_context_error(context));
        return;
    }
    if (redis->state == STATE_CONNECTING) {
        tune_socket(redis);
        redis_take_connection(redis);
    }
}

static void tune_socket(const struct redis *redis)
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

/* hiredis frees the context after this. Commands in flight have had their callbacks. */
static void take_disconnected(const redisAsyncContext *context, int status)
{
    struct redis *redis = context->data;
    (void)status;

    redis->context = NULL;
    redis_give_up(redis, redis_context_error(context));
}

void redis_context_free(struct redis *redis)
{
    if (redis->context) {
        redisAsyncFree(redis->context);
        /* Before it was connected there is no disconnect callback. */
        redis->context = NULL;
    }
}
