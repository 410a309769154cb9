/* list_event_types.c - GET /v1/event-types: all types of events, what each means and holds. Made of proto/events at build, the
 * same for everybody until the next release. */
#include "common/http/conditional.h"
#include "services/notifications/handlers.h"

static const char *const listed[] = {
#include "event_type_list.inc"
};

struct next *list_event_types(struct flow *flow)
{
    return conditional_reply_json(flow, listed[0], listed[1]);
}
