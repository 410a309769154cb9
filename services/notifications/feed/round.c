/* round.c - see the header. */
#include "services/notifications/feed/round.h"

#include <stdlib.h>

#include "common/base/str.h"

void round_advance(struct round *round, const json_t *events, const char *snapshot)
{
    const json_t *last = json_array_get(events, json_array_size(events) - 1);

    round->upto = round->upto ? round->upto : mem_strdup(snapshot);
    if (last) {
        free(round->xid);
        free(round->event_id);
        round->xid = mem_strdup(json_string_value(json_array_get(last, 5)));
        round->event_id = mem_strdup(json_string_value(json_array_get(last, 0)));
    }
}

void round_end(struct round *round)
{
    struct round next = { .told = round->upto };

    round->upto = NULL;
    round_clear(round);
    *round = next;
}

void round_clear(struct round *round)
{
    free(round->told);
    free(round->upto);
    free(round->xid);
    free(round->event_id);
    *round = (struct round){ 0 };
}
