/* target.c - the URL of a Redis taken apart, and the look-up of its host that can be called off. */
#include "common/redis/target.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/str.h"
#include "common/redis/redis.h"

static bool read_credentials(struct redis_target *target, const char *text, size_t length);
static bool read_host(struct redis_target *target, const char *text);
static bool read_port_and_database(struct redis_target *target, const char *rest);
static void take_address(void *arg, const char *address, const char *error);

bool redis_target_read(struct redis_target *target, const char *url)
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

/* user:password, both percent-encoded; password alone, as some write it, is :password. */
static bool read_credentials(struct redis_target *target, const char *text, size_t length)
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

static bool read_host(struct redis_target *target, const char *text)
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

static bool read_port_and_database(struct redis_target *target, const char *rest)
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

const char *redis_check_url(const char *url)
{
    const char *fault = config_check_redis_url(url);
    struct redis_target target = { 0 };

    if (fault) {
        return fault;
    }
    bool can_be_read = redis_target_read(&target, url);
    redis_target_forget(&target);
    return can_be_read
               ? NULL
               : "cannot be read: before the @ belongs user:password, with % written as %25, and a database is at most 1023";
}

void redis_target_look_up(struct redis_target *target, struct event_base *base, resolve_done *found, void *arg)
{
    target->found = found;
    target->arg = arg;
    target->lookup = resolve_start(base, target->host, target->address_choice, take_address, target);
}

static void take_address(void *arg, const char *address, const char *error)
{
    struct redis_target *target = arg;

    target->lookup = NULL;
    target->found(target->arg, address, error);
}

void redis_target_call_off(struct redis_target *target)
{
    resolve_cancel(target->lookup);
    target->lookup = NULL;
}

void redis_target_forget(struct redis_target *target)
{
    redis_target_call_off(target);
    if (target->password) {
        explicit_bzero(target->password, strlen(target->password));
    }
    free(target->user);
    free(target->password);
    free(target->host);
    free(target->socket_path);
}
