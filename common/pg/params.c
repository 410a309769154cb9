/* params.c - what a statement is given, in the form that libpq takes; see pg.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/pg/pg.h"

void pg_params_init(struct pg_params *params, struct arena *arena)
{
    params->arena = arena;
    params->count = 0;
    params->missing = NULL;
    params->limits = (struct pg_limits){ 0, 0 };
}

/* A statement with more parameters, or with one of 2 GB, is a mistake in the program. */
static void add_param(struct pg_params *params, const char *value, size_t length, int format)
{
    if (params->count == PG_PARAMS_MAX || length > INT_MAX) {
        log_error("pg.params_exceeded", LOG_INT("count", params->count));
        abort();
    }
    params->values[params->count] = value;
    params->lengths[params->count] = (int)length;
    params->formats[params->count++] = format;
}

void pg_text(struct pg_params *params, const char *value)
{
    /* libpq looks at the length of binary values alone. */
    add_param(params, value, 0, 0);
}

void pg_int(struct pg_params *params, int64_t value)
{
    add_param(params, arena_printf(params->arena, "%lld", (long long)value), 0, 0);
}

void pg_bool(struct pg_params *params, bool value)
{
    add_param(params, value ? "t" : "f", 0, 0);
}

void pg_null(struct pg_params *params)
{
    add_param(params, NULL, 0, 0);
}

void pg_bytes(struct pg_params *params, const void *bytes, size_t length)
{
    add_param(params, bytes, length, 1);
}

/* Every value is quoted, so that empty, "null", braces and commas need no thought; only \ and " are escaped. */
static char *write_quoted(char *to, const char *value)
{
    *to++ = '"';
    for (; *value; value++) {
        if (*value == '"' || *value == '\\') {
            *to++ = '\\';
        }
        *to++ = *value;
    }
    *to++ = '"';
    return to;
}

void pg_text_array(struct pg_params *params, const char *const *values, size_t count)
{
    size_t size = sizeof "{}";

    for (size_t i = 0; i < count; i++) {
        size += values[i] ? strlen(values[i]) * 2 + sizeof "\"\"," : sizeof "NULL,";
    }
    char *array = arena_alloc(params->arena, size);
    char *to = array;
    *to++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            *to++ = ',';
        }
        to = values[i] ? write_quoted(to, values[i]) : stpcpy(to, "NULL");
    }
    strcpy(to, "}");
    add_param(params, array, 0, 0);
}
