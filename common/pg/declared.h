/* declared.h - statements by name: what the headers that common/pg/make-statement writes are made of.
 *
 * Hand-written code uses those headers, and from here struct pg_bytes, struct pg_texts and pg_decode_bytes alone; page.c, whose
 * statements are composed when they are asked for, also reads cells.
 */
#ifndef SHARELINK_PG_DECLARED_H
#define SHARELINK_PG_DECLARED_H

#include "common/pg/pg.h"

struct pg_result; /* libpq's */

/* Values of inputs; borrowed until the statement is sent. */
struct pg_bytes {
    const void *data; /* NULL is SQL NULL */
    size_t length;
};
struct pg_texts {
    const char *const *list; /* NULL with a count of 0 is an empty array, or SQL NULL where the input may be NULL */
    size_t count;
};
static inline struct pg_bytes pg_bytes_of(const void *data, size_t length)
{
    return (struct pg_bytes){ data, length };
}

/* The bytes of a bytea that an answer holds as text, in the arena. */
uint8_t *pg_decode_bytes(struct arena *arena, const char *text, size_t *length);

/* --- for the made headers: parameters, in their order; what must not be NULL is noted as missing --- */
void pg_add_text(struct pg_params *params, const char *name, const char *value);
void pg_add_text_or_null(struct pg_params *params, const char *value);
void pg_add_bytes(struct pg_params *params, const char *name, struct pg_bytes value);
void pg_add_bytes_or_null(struct pg_params *params, struct pg_bytes value);
void pg_add_texts(struct pg_params *params, const char *name, struct pg_texts value);
void pg_add_texts_or_null(struct pg_params *params, struct pg_texts value);
void pg_add_int(struct pg_params *params, int64_t value);
void pg_add_int_or_null(struct pg_params *params, const int64_t *value);
void pg_add_double(struct pg_params *params, double value);
void pg_add_double_or_null(struct pg_params *params, const double *value);
void pg_add_bool(struct pg_params *params, bool value);
void pg_add_bool_or_null(struct pg_params *params, const bool *value);

/* The same as text in the arena of params, for an element of an array. */
const char *pg_cell_text(struct pg_params *params, const char *name, const char *value);
const char *pg_cell_bytes(struct pg_params *params, const char *name, struct pg_bytes value);
const char *pg_cell_bytes_or_null(struct pg_params *params, struct pg_bytes value);
const char *pg_cell_int(struct pg_params *params, int64_t value);
const char *pg_cell_int_or_null(struct pg_params *params, const int64_t *value);
const char *pg_cell_double(struct pg_params *params, double value);
const char *pg_cell_double_or_null(struct pg_params *params, const double *value);
const char *pg_cell_bool(struct pg_params *params, bool value);
const char *pg_cell_bool_or_null(struct pg_params *params, const bool *value);

/* --- for the made headers: cells of an answer --- */
const char *pg_read_text(const struct pg_answer *answer, int row, int column); /* "" where there is no such row */
const char *pg_read_text_or_null(const struct pg_answer *answer, int row, int column);
int64_t pg_read_int(const struct pg_answer *answer, int row, int column);
double pg_read_double(const struct pg_answer *answer, int row, int column);
bool pg_read_bool(const struct pg_answer *answer, int row, int column);
/* The place of the text among values; no_row where there is no such row. */
int pg_read_choice(const struct pg_answer *answer, int row, int column, const char *const *values, int no_row);

/* --- for those who send statements --- */

/* Whether all inputs are there; logs the one that is missing. */
bool pg_params_are_whole(const struct pg_statement *statement, const struct pg_params *params);
/* What the refused are answered. */
extern const struct pg_answer pg_answer_rejected;
struct next *pg_refuse_missing(struct flow *flow, const struct pg_statement *statement, const struct pg_params *params,
                               flow_step *then) FLOW_NEXT;

/* Whether an answer is as the statement declares: names and types of its columns (unless is_known says that they were looked
 * at before), no NULL where none may be, and of enums only the values declared. Logs what is not so. */
bool pg_answer_is_declared(const struct pg_statement *statement, const struct pg_result *result, bool is_known);

#endif
