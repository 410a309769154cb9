/* json_pieces.h - a large JSON text in pieces that are parsed one by one, so that no turn of the loop has to parse all of it.
 *
 * The text is an object that has a long array: its elements are the pieces, and what stays is the object without them. What is
 * sound is found when they are parsed: the text is JSON if, and only if, the rest and every piece is.
 */
#ifndef SHARELINK_JSON_PIECES_H
#define SHARELINK_JSON_PIECES_H

#include "common/data/json.h"

/* Of a larger text, from offset on. */
struct json_piece {
    const char *text;
    size_t offset, length;
    size_t cut_at, cut_length; /* what was cut out of it, and where; a length of 0: nothing */
};

struct json_pieces {
    const char *whole;
    struct json_piece rest; /* with an empty array in its place */
    struct json_piece *list;
    size_t count, kept; /* elements, and how many of them are listed: most at most */
};

/* Divides length bytes of text, which must outlive the pieces. An array of another name, or deeper down, stays in the rest. */
void json_divide(struct arena *arena, const char *text, size_t length, const char *name, size_t most, struct json_pieces *pieces);
/* As json_parse; *error says where in the whole it is broken. */
json_t *json_parse_piece(struct arena *arena, const struct json_pieces *pieces, const struct json_piece *piece,
                         const char **error);

#endif
