/* json_pieces.c - see the header.
 *
 * One pass over the text, which looks at strings and brackets and at nothing else. What it would divide wrongly is broken, and
 * comes out as that when it is parsed.
 */
#include "common/data/json_pieces.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ESCAPE_LENGTH = sizeof "\\u006c" - 1 };

struct divider {
    struct arena *arena;
    const char *text;
    size_t length, at;
    const char *name;
    size_t depth;
    size_t key_at, key_length; /* the last string at depth 1, with its quotes */
    bool is_named;             /* the value that comes is that of name */
    size_t inside;             /* where its array begins, behind the bracket; 0 before */
    size_t element;            /* where the element begins */
    size_t end;                /* where the array ends; 0 before */
    size_t most;
    struct json_pieces *pieces;
};

static void take_string(struct divider *divider);
static void open_value(struct divider *divider);
static void close_value(struct divider *divider);
static void end_element(struct divider *divider, bool is_last);
static bool key_is(const struct divider *divider);
static bool is_escaped(const char *text, size_t length, char letter);
static bool is_blank(const char *text, size_t length);
static void keep_rest(struct divider *divider);

void json_divide(struct arena *arena, const char *text, size_t length, const char *name, size_t most, struct json_pieces *pieces)
{
    struct divider divider = { .arena = arena, .text = text, .length = length, .name = name, .most = most, .pieces = pieces };

    *pieces = (struct json_pieces){ .whole = text, .list = arena_calloc(arena, most, sizeof *pieces->list) };
    for (; divider.at < length && !divider.end; divider.at++) {
        switch (text[divider.at]) {
        case '"':
            take_string(&divider);
            break;
        case ':':
            divider.is_named = divider.depth == 1 && key_is(&divider);
            break;
        case '[':
        case '{':
            open_value(&divider);
            break;
        case ']':
        case '}':
            close_value(&divider);
            break;
        case ',':
            if (divider.inside && divider.depth == 2) {
                end_element(&divider, false);
            }
            divider.is_named = false;
            break;
        default:
            break;
        }
    }
    keep_rest(&divider);
}

/* Leaves at on its closing quote. */
static void take_string(struct divider *divider)
{
    const char *text = divider->text;
    size_t from = divider->at, at = from + 1, length = divider->length;

    while (at < length && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
    }
    divider->at = at;
    if (divider->depth == 1 && divider->at < divider->length) {
        divider->key_at = from;
        divider->key_length = divider->at + 1 - from;
    }
}

static void open_value(struct divider *divider)
{
    divider->depth++;
    if (divider->depth == 2 && divider->is_named && divider->text[divider->at] == '[') {
        divider->inside = divider->element = divider->at + 1;
    }
    divider->is_named = false;
}

static void close_value(struct divider *divider)
{
    if (divider->inside && divider->depth == 2) {
        end_element(divider, true);
        divider->end = divider->at;
    }
    divider->depth -= divider->depth > 0;
}

static void end_element(struct divider *divider, bool is_last)
{
    struct json_pieces *pieces = divider->pieces;
    const char *text = divider->text + divider->element;
    size_t length = divider->at - divider->element;

    if (is_last && pieces->count == 0 && is_blank(text, length)) {
        return; /* an empty array */
    }
    if (pieces->kept < divider->most) {
        pieces->list[pieces->kept++] = (struct json_piece){ .text = text, .offset = divider->element, .length = length };
    }
    pieces->count++;
    divider->element = divider->at + 1;
}

/* A key may be written with escapes. Nothing is made of it: a text may have hundreds of thousands of keys. */
static bool key_is(const struct divider *divider)
{
    const char *at = divider->text + divider->key_at + 1, *end = at + divider->key_length - 2;

    if (divider->key_length < 2) {
        return false;
    }
    for (const char *name = divider->name; *name; name++) {
        if (at < end && *at == *name) {
            at++;
        } else if (at < end && is_escaped(at, (size_t)(end - at), *name)) {
            at += ESCAPE_LENGTH;
        } else {
            return false;
        }
    }
    return at == end;
}

/* As \u and four digits; no letter that a name has can be escaped otherwise. */
static bool is_escaped(const char *text, size_t length, char letter)
{
    char digits[ESCAPE_LENGTH - 2 + 1] = { 0 };

    if (length < ESCAPE_LENGTH || text[0] != '\\' || text[1] != 'u') {
        return false;
    }
    memcpy(digits, text + 2, ESCAPE_LENGTH - 2);
    return strspn(digits, "0123456789ABCDEFabcdef") == ESCAPE_LENGTH - 2 && strtol(digits, NULL, 16) == letter;
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!strchr(" \t\r\n", text[i]) || !text[i]) {
            return false;
        }
    }
    return true;
}

static void keep_rest(struct divider *divider)
{
    struct json_piece *rest = &divider->pieces->rest;

    if (!divider->end) { /* it does not end, or there is none */
        divider->pieces->count = divider->pieces->kept = 0;
        *rest = (struct json_piece){ .text = divider->text, .length = divider->length };
        return;
    }
    size_t tail = divider->length - divider->end;
    char *text = arena_alloc(divider->arena, divider->inside + tail + 1);
    memcpy(text, divider->text, divider->inside);
    memcpy(text + divider->inside, divider->text + divider->end, tail);
    *rest = (struct json_piece){
        .text = text, .length = divider->inside + tail, .cut_at = divider->inside, .cut_length = divider->end - divider->inside
    };
}

json_t *json_parse_piece(struct arena *arena, const struct json_pieces *pieces, const struct json_piece *piece,
                         const char **error)
{
    const char *what;
    size_t at;

    if (is_blank(piece->text, piece->length)) { /* between two commas */
        *error = json_place(arena, "The syntax is wrong", pieces->whole, piece->offset + piece->length + 1);
        return NULL;
    }
    json_t *value = json_parse_at(arena, piece->text, piece->length, &what, &at);

    *error = value ? NULL : what;
    if (!value && at != JSON_NOWHERE) {
        size_t place = piece->offset + at + (at > piece->cut_at ? piece->cut_length : 0);
        *error = json_place(arena, what, pieces->whole, place);
    }
    return value;
}
