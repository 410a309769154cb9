/* header_field.h - one header field being written: RFC 5322 folding, RFC 2047 words for what is not ASCII. */
#ifndef SHARELINK_MAIL_HEADER_FIELD_H
#define SHARELINK_MAIL_HEADER_FIELD_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct header_field {
    struct buf text;
    size_t column;
};

/* field is zeroed. The name without its colon. */
void header_field_begin(struct header_field *field, const char *name, size_t length);
/* The line, in the arena. */
const char *header_field_end(struct header_field *field, struct arena *arena);

/* Each goes to a new line where it has to. */
void header_field_add_phrase(struct header_field *field, const char *name);  /* a display name */
void header_field_add_text(struct header_field *field, const char *text);    /* unstructured, such as a subject */
void header_field_add_words(struct header_field *field, const char *text);   /* as they are, without their blanks */
void header_field_add_encoded(struct header_field *field, const char *text); /* RFC 2047 */
void header_field_add_word(struct header_field *field, const char *word, size_t length);

bool header_has_non_ascii(const char *text);

#endif
