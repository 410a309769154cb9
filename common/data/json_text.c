/* json_text.c - the compact text of a value; see json.h.
 *
 * jansson's own writer looks at each character by itself: half of what it takes to store a large document. Strings go through
 * here in runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/data/json.h"

#define DEPTH_MAX 1000 /* beyond what any value of ours has, but one that contains itself */

struct writer {
    char *text;
    size_t length, size;
    int depth;
};

/* In the order in which they run. */
static void write_value(struct writer *writer, const json_t *value);
static void write_object(struct writer *writer, json_t *object);
static void write_array(struct writer *writer, const json_t *array);
static void write_real(struct writer *writer, const json_t *real);
static void write_string(struct writer *writer, const char *text, size_t length);
static size_t run_length(const char *text, size_t length);
static void write_escaped(struct writer *writer, unsigned char byte);
static void write(struct writer *writer, const char *text, size_t length);

char *json_text(struct arena *arena, const json_t *value)
{
    struct writer writer = { .length = 0 };

    write_value(&writer, value);
    char *text = arena_strndup(arena, writer.text, writer.length);
    free(writer.text);
    return text;
}

static void write_value(struct writer *writer, const json_t *value)
{
    char number[24];

    if (!value || ++writer->depth > DEPTH_MAX) {
        log_error("json.cannot_dump"); /* none, or a value of our own that contains itself */
        abort();
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(writer, (json_t *)(uintptr_t)value);
        break;
    case JSON_ARRAY:
        write_array(writer, value);
        break;
    case JSON_STRING:
        write_string(writer, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        write(writer, number, (size_t)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
        break;
    case JSON_REAL:
        write_real(writer, value);
        break;
    case JSON_TRUE:
        write(writer, "true", 4);
        break;
    case JSON_FALSE:
        write(writer, "false", 5);
        break;
    case JSON_NULL:
        write(writer, "null", 4);
        break;
    }
    writer->depth--;
}

static void write_object(struct writer *writer, json_t *object)
{
    const char *name, *before = "{";
    json_t *value;

    if (json_object_size(object) == 0) {
        write(writer, "{", 1);
    }
    json_object_foreach(object, name, value)
    {
        write(writer, before, 1);
        write_string(writer, name, strlen(name));
        write(writer, ":", 1);
        write_value(writer, value);
        before = ",";
    }
    write(writer, "}", 1);
}

static void write_array(struct writer *writer, const json_t *array)
{
    write(writer, "[", 1);
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0) {
            write(writer, ",", 1);
        }
        write_value(writer, json_array_get(array, i));
    }
    write(writer, "]", 1);
}

/* 15 digits show 4.2 as 4.2 and not as 4.2000000000000002. */
static void write_real(struct writer *writer, const json_t *real)
{
    char number[64];
    size_t length = json_dumpb(real, number, sizeof number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

    write(writer, number, length);
}

static void write_string(struct writer *writer, const char *text, size_t length)
{
    write(writer, "\"", 1);
    for (size_t at = 0; at < length;) {
        size_t run = run_length(text + at, length - at);
        write(writer, text + at, run);
        at += run;
        if (at < length) {
            write_escaped(writer, (unsigned char)text[at++]);
        }
    }
    write(writer, "\"", 1);
}

/* How much of it is written as it is. */
static size_t run_length(const char *text, size_t length)
{
    size_t run = 0;

    while (run < length && text[run] != '"' && text[run] != '\\' && (unsigned char)text[run] >= 0x20) {
        run++;
    }
    return run;
}

static void write_escaped(struct writer *writer, unsigned char byte)
{
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    char escaped[8];
    const char *found = byte ? strchr(named, byte) : NULL;

    if (found) {
        write(writer, (char[]){ '\\', letters[found - named] }, 2);
    } else {
        write(writer, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04X", byte));
    }
}

static void write(struct writer *writer, const char *text, size_t length)
{
    if (writer->length + length > writer->size) {
        writer->size = 2 * (writer->length + length) + 256;
        writer->text = mem_resize(writer->text, writer->size);
    }
    memcpy(writer->text + writer->length, text, length);
    writer->length += length;
}
