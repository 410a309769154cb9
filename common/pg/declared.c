/* declared.c - see the header. */
#include "common/pg/declared.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/str.h"
#include "common/pg/connection.h"
#include "common/pg/failure.h"

const struct pg_answer pg_answer_rejected = { .outcome = PG_REJECTED };

/* --- parameters --- */

static void note_missing(struct pg_params *params, const char *name)
{
    if (!params->missing) {
        params->missing = name;
    }
}

void pg_add_text(struct pg_params *params, const char *name, const char *value)
{
    pg_text(params, pg_cell_text(params, name, value));
}

void pg_add_text_or_null(struct pg_params *params, const char *value)
{
    pg_text(params, value);
}

void pg_add_bytes(struct pg_params *params, const char *name, struct pg_bytes value)
{
    if (!value.data) {
        note_missing(params, name);
    }
    pg_add_bytes_or_null(params, value);
}

void pg_add_bytes_or_null(struct pg_params *params, struct pg_bytes value)
{
    if (value.data) {
        pg_bytes(params, value.data, value.length);
    } else {
        pg_null(params);
    }
}

void pg_add_texts(struct pg_params *params, const char *name, struct pg_texts value)
{
    if (!value.list && value.count > 0) {
        note_missing(params, name);
        value.count = 0;
    }
    pg_text_array(params, value.list, value.count);
}

void pg_add_texts_or_null(struct pg_params *params, struct pg_texts value)
{
    if (value.list) {
        pg_text_array(params, value.list, value.count);
    } else {
        pg_null(params);
    }
}

void pg_add_int(struct pg_params *params, int64_t value)
{
    pg_int(params, value);
}

void pg_add_int_or_null(struct pg_params *params, const int64_t *value)
{
    pg_text(params, pg_cell_int_or_null(params, value));
}

void pg_add_double(struct pg_params *params, double value)
{
    pg_text(params, pg_cell_double(params, value));
}

void pg_add_double_or_null(struct pg_params *params, const double *value)
{
    pg_text(params, pg_cell_double_or_null(params, value));
}

void pg_add_bool(struct pg_params *params, bool value)
{
    pg_bool(params, value);
}

void pg_add_bool_or_null(struct pg_params *params, const bool *value)
{
    pg_text(params, pg_cell_bool_or_null(params, value));
}

const char *pg_cell_text(struct pg_params *params, const char *name, const char *value)
{
    if (!value) {
        note_missing(params, name);
    }
    return value;
}

const char *pg_cell_bytes(struct pg_params *params, const char *name, struct pg_bytes value)
{
    if (!value.data) {
        note_missing(params, name);
    }
    return pg_cell_bytes_or_null(params, value);
}

/* bytea's text form: \x and two digits per byte. */
const char *pg_cell_bytes_or_null(struct pg_params *params, struct pg_bytes value)
{
    if (!value.data) {
        return NULL;
    }
    char *text = arena_alloc(params->arena, sizeof "\\x" + 2 * value.length);
    str_hex(stpcpy(text, "\\x"), value.data, value.length);
    return text;
}

const char *pg_cell_int(struct pg_params *params, int64_t value)
{
    return arena_printf(params->arena, "%lld", (long long)value);
}

const char *pg_cell_int_or_null(struct pg_params *params, const int64_t *value)
{
    return value ? pg_cell_int(params, *value) : NULL;
}

const char *pg_cell_double(struct pg_params *params, double value)
{
    return arena_printf(params->arena, "%.17g", value);
}

const char *pg_cell_double_or_null(struct pg_params *params, const double *value)
{
    return value ? pg_cell_double(params, *value) : NULL;
}

const char *pg_cell_bool(struct pg_params *params, bool value)
{
    (void)params;
    return value ? "t" : "f";
}

const char *pg_cell_bool_or_null(struct pg_params *params, const bool *value)
{
    return value ? pg_cell_bool(params, *value) : NULL;
}

bool pg_params_are_whole(const struct pg_statement *statement, const struct pg_params *params)
{
    if (params->missing) {
        log_error("pg.input_missing", LOG_TEXT("statement", statement->name), LOG_TEXT("input", params->missing));
    }
    return !params->missing;
}

struct next *pg_refuse_missing(struct flow *flow, const struct pg_statement *statement, const struct pg_params *params,
                               flow_step *then)
{
    (void)pg_params_are_whole(statement, params);
    return flow_soon(flow, &pg_answer_rejected, then);
}

/* --- cells --- */

const char *pg_read_text(const struct pg_answer *answer, int row, int column)
{
    return pg_answer_get(answer, row, column);
}

const char *pg_read_text_or_null(const struct pg_answer *answer, int row, int column)
{
    return pg_answer_is_null(answer, row, column) ? NULL : pg_answer_get(answer, row, column);
}

int64_t pg_read_int(const struct pg_answer *answer, int row, int column)
{
    return strtoll(pg_answer_get(answer, row, column), NULL, 10);
}

double pg_read_double(const struct pg_answer *answer, int row, int column)
{
    return strtod(pg_answer_get(answer, row, column), NULL);
}

bool pg_read_bool(const struct pg_answer *answer, int row, int column)
{
    return pg_answer_get(answer, row, column)[0] == 't';
}

static int place_of(const char *text, const char *const *values)
{
    for (int i = 0; values[i]; i++) {
        if (str_equal(text, values[i])) {
            return i;
        }
    }
    return -1;
}

int pg_read_choice(const struct pg_answer *answer, int row, int column, const char *const *values, int no_row)
{
    if (row >= pg_answer_rows(answer)) {
        return no_row;
    }
    int place = place_of(pg_answer_get(answer, row, column), values);
    if (place < 0) {
        abort(); /* pg_answer_is_declared lets no such answer through */
    }
    return place;
}

uint8_t *pg_decode_bytes(struct arena *arena, const char *text, size_t *length)
{
    /* "\x" and two digits per byte; bytea_output is PostgreSQL's default. What is none has no bytes. */
    uint8_t *bytes = str_starts_with(text, "\\x") ? str_hex_decode(arena, text + 2, length) : NULL;

    if (!bytes) {
        *length = 0;
        bytes = arena_alloc(arena, 1);
    }
    return bytes;
}

/* --- the answer against its declaration --- */

/* The numbers of pg_type.dat, which never change. */
static const struct {
    const char *name;
    unsigned oid;
} types[] = {
    { "bool", 16 },          { "bytea", 17 },         { "name", 19 },       { "bigint", 20 },    { "smallint", 21 },
    { "int", 23 },           { "text", 25 },          { "json", 114 },      { "real", 700 },     { "float8", 701 },
    { "date", 1082 },        { "timestamptz", 1184 }, { "interval", 1186 }, { "numeric", 1700 }, { "jsonb", 3802 },
    { "pg_snapshot", 5038 }, { "xid8", 5069 },
};

static const char *type_name(unsigned oid)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].oid == oid) {
            return types[i].name;
        }
    }
    return "of another type";
}

static bool refuse(const struct pg_statement *statement, const char *column, const char *declared, const char *found)
{
    int64_t left_out;

    if (pg_failure_may_tell_unreadable(statement, &left_out)) {
        log_error("pg.answer_undeclared", LOG_TEXT("statement", statement->name), LOG_TEXT("column", column),
                  LOG_TEXT("declared", declared), LOG_TEXT("found", found), LOG_INT("left_out", left_out));
    }
    return false;
}

static bool has_columns(const struct pg_statement *statement, const PGresult *result)
{
    if (PQnfields(result) != statement->column_count) {
        char declared[20], found[20];
        snprintf(declared, sizeof declared, "%d", statement->column_count);
        snprintf(found, sizeof found, "%d", PQnfields(result));
        return refuse(statement, "how many there are", declared, found);
    }
    for (int i = 0; i < statement->column_count; i++) {
        const struct pg_column *column = &statement->columns[i];
        const char *type = type_name(PQftype(result, i));
        if (!str_equal(PQfname(result, i), column->name)) {
            return refuse(statement, column->name, column->name, PQfname(result, i));
        }
        if (!str_equal(type, column->type)) {
            return refuse(statement, column->name, column->type, type);
        }
    }
    return true;
}

static bool has_value(const struct pg_statement *statement, const struct pg_column *column, const PGresult *result, int row,
                      int at)
{
    if (PQgetisnull(result, row, at)) {
        return column->may_be_null || refuse(statement, column->name, column->type, "NULL");
    }
    /* The value itself may be somebody's data when the statement is wrong: it is not told. */
    return !column->values || place_of(PQgetvalue(result, row, at), column->values) >= 0 ||
           refuse(statement, column->name, "one of its values", "another");
}

bool pg_answer_is_declared(const struct pg_statement *statement, const struct pg_result *result, bool is_known)
{
    if (!statement->columns) {
        return true;
    }
    if (!is_known && !has_columns(statement, result)) {
        return false;
    }
    if (statement->must_answer && PQntuples(result) == 0) {
        return refuse(statement, "outcome", "a row", "none");
    }
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < statement->column_count; i++) {
            if (!has_value(statement, &statement->columns[i], result, row, i)) {
                return false;
            }
        }
    }
    return true;
}
