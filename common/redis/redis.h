/* redis.h - a Redis connection for the event loop that looks after itself.
 *
 * States: idle → resolving → connecting → authenticating → ready → (lost) → waiting → …, one mover, a log line per move.
 * Reconnects with backoff and jitter. Every command gets exactly one callback: its reply, or NULL with errstr when the
 * connection broke, was not there, or did not answer in time. Nothing is queued while it is not ready.
 */
#ifndef SHARELINK_REDIS_H
#define SHARELINK_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/redis/value.h"

struct event_base;
struct redis;

/* reply is NULL when errstr is not, and freed when this returns. An error reply of the server comes as one of kind REDIS_ERROR.
 */
typedef void redis_done(void *arg, const struct redis_value *reply, const char *errstr);

struct redis_options {
    const char *name; /* for logs and metrics; borrowed */
    const char *url;  /* redis://[user:password@]host[:port][/db] or unix:///path; borrowed */
    int connect_limit_ms;
    int command_limit_ms;        /* longer, and the connection is given up; blocking reads add their BLOCK to it */
    void (*on_ready)(void *arg); /* after each (re)connect; may be NULL */
    void (*on_lost)(void *arg);  /* may be NULL */
    void *arg;
};

/* For a setting: what is wrong with the URL, or NULL. Quotes nothing of it. */
const char *redis_check_url(const char *url);

struct redis *redis_new(struct event_base *base, const struct redis_options *options);
void redis_free(struct redis *redis); /* callbacks of commands in flight come first, with errstr */
bool redis_is_ready(const struct redis *redis);
/* Gives the connection up (its next one is tried at once); commands in flight fail. Never from inside on_ready. */
void redis_reconnect(struct redis *redis);

/* Sends one command of count binary-safe words; copied. lengths may be NULL when all of them end in a NUL. done may be NULL.
 * When not ready, done comes from the loop's next turn. */
void redis_command(struct redis *redis, const char *const *words, const size_t *lengths, size_t count, redis_done *done,
                   void *arg);
/* As redis_command for NUL-terminated words of a command that may take extra_ms longer than command_limit_ms. */
void redis_command_within(struct redis *redis, int extra_ms, const char *const *words, size_t count, redis_done *done, void *arg);
/* As redis_command for NUL-terminated words, the last argument NULL. extra_ms is added to command_limit_ms. */
void redis_call(struct redis *redis, int extra_ms, redis_done *done, void *arg, ...) __attribute__((sentinel));

#endif
