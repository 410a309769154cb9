/* platform_data.h - what the platform says of a share link, a reviewer or an interview in names of its own: external_id, one more
 * name of it, and metadata, texts by keys that the platform chose. Both are for the platform alone: no reviewer sees them, and no
 * event holds metadata.
 */
#ifndef SHARELINK_LINKS_PLATFORM_DATA_H
#define SHARELINK_LINKS_PLATFORM_DATA_H

#include "common/http/fields.h"

enum { METADATA_MAX = 50 };

struct platform_data {
    const char *external_id; /* NULL: none */
    const char *metadata;    /* a JSON object of texts, {} when there is none */
};

/* The two members of something that is made, or put as a whole. */
void platform_data_read(struct fields *fields, struct platform_data *data);
/* The same of a PATCH, into changes as far as they were sent: an external_id of null is none any more; metadata has what is to be
 * set, and null for what is to go: a member, or all. */
void platform_data_read_changes(struct fields *fields, json_t *changes);

/* Notes that another thing ("share link") has this external_id; at is the pointer of the object that it was sent in. */
void platform_data_note_taken(struct arena *arena, struct faults *faults, const char *at, const char *thing);
/* Notes that metadata would have this many members. */
void platform_data_note_count(struct arena *arena, struct faults *faults, const char *pointer, int64_t count);
/* Whether the statement failed because somebody else took the external_id while it ran: the check in it could not see that. */
bool platform_data_was_taken(const struct flow *flow);

#endif
