/* handshake.c - what is said to the server before a caller's first command: AUTH, SELECT, and a PING. */
#include "common/redis/redis_internal.h"

#include <stdio.h>
#include <string.h>

static void take_authenticated(void *arg, const struct redis_value *reply, const char *errstr);
static void take_selected(void *arg, const struct redis_value *reply, const char *errstr);
static void take_pong(void *arg, const struct redis_value *reply, const char *errstr);

/* The PING finds out what a server that greets nobody would say to the first real command: NOAUTH, LOADING. */
void redis_handshake(struct redis *redis)
{
    const struct redis_target *target = &redis->target;
    char database[16];

    if (target->password && target->user) {
        const char *const words[] = { "AUTH", target->user, target->password };
        redis_send(redis, STATE_AUTHENTICATING, words, NULL, 3, 0, take_authenticated, redis);
    } else if (target->password) {
        const char *const words[] = { "AUTH", target->password };
        redis_send(redis, STATE_AUTHENTICATING, words, NULL, 2, 0, take_authenticated, redis);
    }
    if (target->database) {
        snprintf(database, sizeof database, "%d", target->database);
        const char *const words[] = { "SELECT", database };
        redis_send(redis, STATE_AUTHENTICATING, words, NULL, 2, 0, take_selected, redis);
    }
    const char *const words[] = { "PING" };
    redis_send(redis, STATE_AUTHENTICATING, words, NULL, 1, 0, take_pong, redis);
}

/* Only the first word of an error is told: a server without AUTH quotes its arguments. */
static void take_authenticated(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct redis *redis = arg;
    char reason[64];

    if (!errstr && redis_kind(reply) == REDIS_ERROR && redis->state == STATE_AUTHENTICATING) {
        const char *text = redis_text(reply);
        snprintf(reason, sizeof reason, "AUTH was refused: %.*s", (int)strcspn(text, " "), text);
        redis_give_up(redis, reason);
    }
}

static void take_selected(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct redis *redis = arg;

    if (!errstr && redis_kind(reply) == REDIS_ERROR && redis->state == STATE_AUTHENTICATING) {
        redis_give_up(redis, redis_text(reply));
    }
}

static void take_pong(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct redis *redis = arg;

    if (errstr || redis->state != STATE_AUTHENTICATING) {
        return;
    }
    if (redis_kind(reply) == REDIS_ERROR) {
        redis_give_up(redis, redis_text(reply));
        return;
    }
    redis_take_handshake(redis);
}
