/* made.c - see the header. */
#include "services/views/made.h"

#include <stdlib.h>

#include "common/base/mem.h"

void made_init(struct made *made, const char *version, void (*free)(struct made *made))
{
    made->holders = 1;
    made->version = mem_strdup(version);
    made->free = free;
}

void *made_hold(void *held)
{
    struct made *made = held;

    made->holders++;
    return made;
}

void made_release(void *held)
{
    struct made *made = held;

    if (!made || --made->holders > 0) {
        return;
    }
    free(made->version);
    made->free(made);
}
