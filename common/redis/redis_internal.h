/* redis_internal.h - one connection as its own files see it; the world uses redis.h.
 *
 * redis.c moves it from state to state, context.c has hiredis open the socket, handshake.c introduces us to the server, and
 * commands.c sends commands and answers each of them once.
 */
#ifndef SHARELINK_REDIS_INTERNAL_H
#define SHARELINK_REDIS_INTERNAL_H

#include <sys/queue.h>

#include "common/base/str.h"
#include "common/redis/redis.h"
#include "common/redis/target.h"

struct call;
struct event;
struct metric;
struct redisAsyncContext;

enum redis_state {
    STATE_IDLE,
    STATE_RESOLVING,
    STATE_CONNECTING,
    STATE_AUTHENTICATING,
    STATE_READY,
    STATE_BROKEN, /* what is in flight is failed from the loop's next turn, then the context goes */
    STATE_WAITING,
};

STAILQ_HEAD(calls, call);

struct redis {
    struct event_base *base;
    struct redis_options options;
    struct redis_target target;
    bool has_target;
    enum redis_state state; /* moved by redis.c alone */
    unsigned attempts;
    char reason[160];    /* why it broke last */
    struct event *alarm; /* by state: connect limit, command limit, backoff; at once when broken */
    struct metric *ready;

    /* context.c */
    struct redisAsyncContext *context;
    struct event *readable, *writable;

    /* commands.c */
    struct calls in_flight, refused;
    struct event *refuse;   /* fails the calls that came while it was not ready */
    int64_t waits_since_us; /* the oldest in flight: since it was sent, or the one before it was answered */
    struct buf words;       /* the command being written */
    struct metric *answered, *failed;
};

/* redis.c. May be called from everywhere, also more than once: the rest is done from the loop. */
void redis_give_up(struct redis *redis, const char *reason);
void redis_take_connection(struct redis *redis); /* the socket is connected */
void redis_take_handshake(struct redis *redis);  /* the server is willing */
void redis_set_alarm(struct redis *redis, int64_t after_ms);

/* context.c. address: numeric, or NULL for the target's socket. What goes wrong gives the connection up. */
void redis_context_open(struct redis *redis, const char *address);
/* Commands in flight get their callbacks first. */
void redis_context_free(struct redis *redis);
const char *redis_context_error(const struct redisAsyncContext *context);

/* handshake.c. Ends in redis_take_handshake, or gives the connection up. */
void redis_handshake(struct redis *redis);

/* commands.c */
void redis_commands_init(struct redis *redis);
/* in: the state whose business it is; a caller's commands have no place in the handshake. */
void redis_send(struct redis *redis, enum redis_state in, const char *const *words, const size_t *lengths, size_t count,
                int extra_ms, redis_done *done, void *arg);
/* Gives the connection up when the oldest command in flight is over its limit; else sets the alarm for it. */
void redis_check_command_limit(struct redis *redis);
/* Fails what was refused; nothing is in flight any more. */
void redis_commands_clear(struct redis *redis);

#endif
