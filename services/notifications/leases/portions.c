/* portions.c - see the header. */
#include "services/notifications/leases/portions.h"

#include <stdlib.h>

#include "common/base/mem.h"

enum { PARTS = 8 };

static void add(struct portions *portions, struct portion portion)
{
    if (portions->count == portions->size) {
        portions->size = portions->size ? 2 * portions->size : 16;
        portions->list = mem_resize(portions->list, (size_t)portions->size * sizeof *portions->list);
    }
    portions->list[portions->count++] = portion;
}

void portions_begin(struct portions *portions, int count)
{
    portions->count = portions->at = 0;
    if (count > 0) {
        add(portions, (struct portion){ 0, count });
    }
}

bool portions_next(struct portions *portions, struct portion *next)
{
    if (portions->at == portions->count) {
        return false;
    }
    *next = portions->list[portions->at++];
    return true;
}

void portions_split(struct portions *portions, struct portion failed)
{
    int size = (failed.count + PARTS - 1) / PARTS;

    for (int done = 0; done < failed.count; done += size) {
        add(portions, (struct portion){ failed.from + done, failed.count - done < size ? failed.count - done : size });
    }
}

void portions_free(struct portions *portions)
{
    free(portions->list);
    *portions = (struct portions){ 0 };
}
