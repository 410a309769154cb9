/* value.h - what Redis replied, taken apart. Check the kind at every level: trimmed entries come as NIL. */
#ifndef SHARELINK_REDIS_VALUE_H
#define SHARELINK_REDIS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of these take NULL, which is REDIS_NIL. */
enum redis_kind { REDIS_NIL, REDIS_TEXT, REDIS_INTEGER, REDIS_ERROR, REDIS_ARRAY };
struct redis_value;
enum redis_kind redis_kind(const struct redis_value *value);
/* The bytes of a text or an error with their number, NUL-terminated behind them; "" and 0 of anything else. */
struct redis_bytes {
    const char *text;
    size_t length;
};
struct redis_bytes redis_bytes(const struct redis_value *value);
const char *redis_text(const struct redis_value *value); /* the same, where a NUL within may end it */
size_t redis_count(const struct redis_value *value);     /* elements of an array; else 0 */
int64_t redis_integer(const struct redis_value *value);
const struct redis_value *redis_at(const struct redis_value *value, size_t index); /* NULL beyond the end */
/* The value behind this name in an array of name, value, name, value…; NULL without one. */
const struct redis_value *redis_field(const struct redis_value *fields, const char *name);
/* An error reply that begins with this word, such as "NOGROUP". */
bool redis_is_error(const struct redis_value *value, const char *word);

#endif
