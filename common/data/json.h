/* json.h - jansson with our limits: bodies are checked before they are parsed, memory hangs off an arena. */
#ifndef SHARELINK_JSON_H
#define SHARELINK_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

#define JSON_DEPTH_MAX 16
/* 2^63, as a real: the first beyond what an integer holds. */
#define JSON_INTEGER_END 9223372036854775808.0

/* Parses one JSON text of valid UTF-8 that is at most JSON_DEPTH_MAX deep, with no duplicate keys and no \u0000.
 * A number without a fraction is an integer however it is written (2.0, 2e0), and a real only beyond an integer's range.
 * The value lives as long as the arena. NULL when it is broken; *error (never NULL then) says what and where, in the
 * arena, with none of the input in it. A bare scalar is fine. */
json_t *json_parse(struct arena *arena, const char *text, size_t length, const char **error);

/* The same for those who say themselves where it is broken: *error is then a beginning of a sentence without a place, and *at a
 * byte of the text; or a whole sentence, and JSON_NOWHERE. json_place is that sentence, told of a text that may be larger. */
#define JSON_NOWHERE SIZE_MAX
json_t *json_parse_at(struct arena *arena, const char *text, size_t length, const char **error, size_t *at);
const char *json_place(struct arena *arena, const char *what, const char *text, size_t at);

/* Compact text of value, in the arena; keys keep their order. */
char *json_text(struct arena *arena, const json_t *value);

/* Ties a reference that the caller owns to the arena's life, and returns it. */
json_t *json_keep(struct arena *arena, json_t *value);

#endif
