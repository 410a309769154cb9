/* json.c - jansson behind our limits; see json.h.
 *
 * jansson parses by recursion and its messages quote the input, so depth is measured before it sees the text and its
 * errors are told in our own words.
 */
#include "common/data/json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/str.h"

static size_t depth_of(const char *text, size_t length);
static json_t *load(const char *text, size_t length, json_error_t *fault);
static void make_whole(json_t *value);
static json_t *whole_of(const json_t *value);
static const char *describe(enum json_error_code code);
static void release(void *value);

json_t *json_parse(struct arena *arena, const char *text, size_t length, const char **error)
{
    size_t at;
    json_t *value = json_parse_at(arena, text, length, error, &at);

    if (!value && at != JSON_NOWHERE) {
        *error = json_place(arena, *error, text, at);
    }
    return value;
}

json_t *json_parse_at(struct arena *arena, const char *text, size_t length, const char **error, size_t *at)
{
    json_error_t fault;

    *error = NULL;
    *at = JSON_NOWHERE;
    if (!str_is_utf8(text, length)) {
        *error = "The text is not valid UTF-8.";
        return NULL;
    }
    /* jansson takes a NUL for the end of its input and would ignore what follows. */
    if (length > 0 && memchr(text, '\0', length)) {
        *error = "The text holds a NUL byte.";
        return NULL;
    }
    if (depth_of(text, length) > JSON_DEPTH_MAX) {
        *error = arena_printf(arena, "Arrays and objects are nested more than %d deep.", JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *value = load(text, length, &fault);
    if (value) {
        json_t *whole = json_keep(arena, whole_of(value));
        make_whole(json_keep(arena, value));
        return whole ? whole : value;
    }
    if (json_error_code(&fault) == json_error_out_of_memory) {
        mem_fail();
    }
    *error = describe(json_error_code(&fault));
    *at = fault.position > 0 ? (size_t)fault.position : 0;
    return NULL;
}

/* An integer beyond int64 becomes a real: whoever reads it then says what is wrong with it, at its place. */
static json_t *load(const char *text, size_t length, json_error_t *fault)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_t *value = json_loadb(text, length, flags, fault);

    if (!value && json_error_code(fault) == json_error_numeric_overflow) {
        value = json_loadb(text, length, flags | JSON_DECODE_INT_AS_REAL, fault);
    }
    return value;
}

/* jansson tells 2.0 from 2, JSON does not. */
static void make_whole(json_t *value)
{
    const char *name;
    json_t *member, *whole;
    size_t i;

    json_object_foreach(value, name, member)
    {
        whole = whole_of(member);
        if (whole) {
            json_object_set_new(value, name, whole);
        } else {
            make_whole(member);
        }
    }
    json_array_foreach(value, i, member)
    {
        whole = whole_of(member);
        if (whole) {
            json_array_set_new(value, i, whole);
        } else {
            make_whole(member);
        }
    }
}

/* The integer that a real is; NULL for any other value. */
static json_t *whole_of(const json_t *value)
{
    double number = json_real_value(value);
    bool is_whole =
        json_is_real(value) && number >= -JSON_INTEGER_END && number < JSON_INTEGER_END && number == (double)(json_int_t)number;

    return is_whole ? json_integer((json_int_t)number) : NULL;
}

/* Lines from 1, columns in characters, as jansson counts them. */
const char *json_place(struct arena *arena, const char *what, const char *text, size_t at)
{
    size_t line = 1, column = 0;

    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            column = 0;
        } else {
            column += ((unsigned char)text[i] & 0xC0) != 0x80;
        }
    }
    return arena_printf(arena, "%s (line %zu, column %zu).", what, line, column);
}

/* Depth that a parser could reach: broken text counts as if its brackets were in order. */
static size_t depth_of(const char *text, size_t length)
{
    size_t depth = 0, deepest = 0;
    bool in_string = false;

    for (size_t i = 0; i < length; i++) {
        if (in_string && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            in_string = !in_string;
        } else if (!in_string && (text[i] == '[' || text[i] == '{')) {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if (!in_string && (text[i] == ']' || text[i] == '}') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

/* The default is for jansson's enum, not ours: newer versions may know more codes. */
static const char *describe(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input:
        return "The text ends too early";
    case json_error_end_of_input_expected:
        return "Something follows the end of the value";
    case json_error_duplicate_key:
        return "An object has the same key twice";
    case json_error_numeric_overflow:
        return "A number is too large";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "\\u0000 is not allowed";
    case json_error_invalid_utf8:
        return "A string is not valid Unicode";
    default:
        return "The syntax is wrong";
    }
}

json_t *json_keep(struct arena *arena, json_t *value)
{
    if (value) {
        arena_defer(arena, release, value);
    }
    return value;
}

static void release(void *value)
{
    json_decref(value);
}
