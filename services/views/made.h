/* made.h - what was made of the database's rows to be given out again: counted by its holders, with the version of all that it
 * was made of. It is the first member of what is made.
 */
#ifndef SHARELINK_VIEWS_MADE_H
#define SHARELINK_VIEWS_MADE_H

#include <stddef.h>

struct made {
    int holders;
    size_t size;   /* bytes of memory */
    char *version; /* freed with it */
    void (*free)(struct made *made);
};

/* With one holder. */
void made_init(struct made *made, const char *version, void (*free)(struct made *made));
void *made_hold(void *made);
/* The last one frees it. NULL is fine. */
void made_release(void *made);

#endif
