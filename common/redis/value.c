/* value.c - a reply seen from outside: a redis_value is a redisReply of hiredis. */
#include "common/redis/value.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "common/base/str.h"

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

struct redis_bytes redis_bytes(const struct redis_value *value)
{
    enum redis_kind kind = redis_kind(value);

    if (kind != REDIS_TEXT && kind != REDIS_ERROR) {
        return (struct redis_bytes){ "", 0 };
    }
    return (struct redis_bytes){ reply_of(value)->str, (size_t)reply_of(value)->len };
}

const char *redis_text(const struct redis_value *value)
{
    return redis_bytes(value).text;
}

size_t redis_count(const struct redis_value *value)
{
    return redis_kind(value) == REDIS_ARRAY ? reply_of(value)->elements : 0;
}

int64_t redis_integer(const struct redis_value *value)
{
    return redis_kind(value) == REDIS_INTEGER ? reply_of(value)->integer : 0;
}

const struct redis_value *redis_at(const struct redis_value *value, size_t index)
{
    if (index >= redis_count(value)) {
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

const struct redis_value *redis_field(const struct redis_value *fields, const char *name)
{
    for (size_t i = 0; i + 1 < redis_count(fields); i += 2) {
        if (!strcmp(redis_text(redis_at(fields, i)), name)) {
            return redis_at(fields, i + 1);
        }
    }
    return NULL;
}
