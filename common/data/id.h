/* id.h - public ids: a prefix such as "lnk_" and 26 characters of Crockford base32 over a UUIDv7 (RFC 9562).
 *
 * They sort by the time they were made (to the millisecond; within one process also inside it), and are stored as they
 * are shown. SQL makes the same with sharelink.new_id(prefix).
 */
#ifndef SHARELINK_ID_H
#define SHARELINK_ID_H

#include <stdbool.h>

#define ID_SIZE 31 /* prefix of 4, 26 characters, NUL */

/* prefix: exactly four characters, such as "lnk_". */
void id_new(char to[ID_SIZE], const char *prefix);
/* Has this prefix and 26 characters of the alphabet, in capitals, the first of them 0 to 7. */
bool id_is(const char *text, const char *prefix);

/* The platform's own ids of interviews and jobs: 1 to 128 of A-Z a-z 0-9 . _ : -, and neither . nor .. */
bool id_is_external(const char *text);

#endif
