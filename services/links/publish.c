/* publish.c - see the header. The events stand in events.log already: what Redis does not take now, the sweep hands on. */
#include "services/links/publish.h"

#include <string.h>

#include "common/daemon/daemon.h"
#include "common/data/json.h"
#include "common/redis/stream.h"

static void add_to_stream(struct flow *flow, void *arg)
{
    const char *error, *events = arg;
    const json_t *list = json_parse(flow->arena, events, strlen(events), &error);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *event = json_array_get(list, i);
        stream_add(flow->daemon->redis, STREAM_LINKS, json_string_value(json_array_get(event, 0)),
                   json_string_value(json_array_get(event, 1)));
    }
}

void publish_events(struct flow *flow, const char *events)
{
    if (events) {
        pg_after_commit(flow, add_to_stream, arena_strdup(flow->arena, events));
    }
}
