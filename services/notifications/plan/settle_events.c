/* settle_events.c - see the header. All events go as one statement; when PostgreSQL rejects it, they go one by one, so that
 * one bad event becomes a dead entry and the others become deliveries; likewise when it takes too long. Those that are leased in
 * the same breath go straight to the part that sends them.
 */
#include "services/notifications/plan/settle_events.h"

#include <string.h>

#include "common/data/json.h"
#include "common/base/log.h"
#include "services/notifications/plan/keep_dead_entries.sql.h"

/* In the order in which they run. */
static struct next *plan(struct flow *flow);
static struct next *take_plan(struct flow *flow);
static struct next *keep_dead(struct flow *flow);
static struct next *finish(struct flow *flow);

struct event_ref {
    const char *event_id, *stream, *entry_id;
};

struct settling {
    const struct group *group;
    struct event_ref *events;
    struct keep_dead_entries_dead_row *dead;
    size_t count, dead_count;
    size_t at;   /* the first event that is not planned yet */
    size_t step; /* how many go in one statement: all, or one */
    flow_step *settled, *failed;
};

static void note_unknown(struct flow *flow, struct settling *settling, const char *ids);

struct settling *settling_new(struct flow *flow, const struct group *group, size_t most)
{
    struct settling *settling = arena_alloc(flow->arena, sizeof *settling);

    settling->group = group;
    settling->events = arena_calloc(flow->arena, most, sizeof *settling->events);
    settling->dead = arena_calloc(flow->arena, most, sizeof *settling->dead);
    return settling;
}

void settling_add(struct settling *settling, const char *event_id, const char *stream, const char *entry_id)
{
    settling->events[settling->count++] = (struct event_ref){ event_id, stream, entry_id };
}

void settling_add_dead(struct settling *settling, const char *stream, const char *entry_id, const char *event_id,
                       const char *fault)
{
    log_warn("event.kept_as_dead", LOG_TEXT("stream", stream), LOG_TEXT("entry_id", entry_id), LOG_TEXT("event_id", event_id),
             LOG_TEXT("fault", fault));
    settling->dead[settling->dead_count++] =
        (struct keep_dead_entries_dead_row){ .stream = stream, .entry_id = entry_id, .event_id = event_id, .fault = fault };
}

struct next *settle_events(struct flow *flow, struct settling *settling, flow_step *settled, flow_step *failed)
{
    settling->step = settling->count;
    settling->settled = settled;
    settling->failed = failed;
    flow->state = settling;
    return plan(flow);
}

static struct next *plan(struct flow *flow)
{
    struct settling *settling = flow->state;

    if (settling->at == settling->count) {
        return keep_dead(flow);
    }
    const char **ids = arena_calloc(flow->arena, settling->step, sizeof *ids);
    for (size_t i = 0; i < settling->step; i++) {
        ids[i] = settling->events[settling->at + i].event_id;
    }
    return settling->group->plan(flow, (struct pg_texts){ ids, settling->step }, take_plan);
}

static struct next *take_plan(struct flow *flow)
{
    const struct notifications *notifications = notifications_of(flow);
    struct settling *settling = flow->state;
    struct planned planned;

    switch (pg_outcome(flow)) {
    case PG_OK:
        planned = settling->group->planned(flow);
        if (notifications->roles & settling->group->role) {
            settling->group->take(notifications, &planned);
        }
        note_unknown(flow, settling, planned.unknown);
        settling->at += settling->step;
        return plan(flow);
    case PG_UNAVAILABLE:
    case PG_RETRY:
        if (settling->step == 1 || !str_equal(pg_sqlstate(flow), "57014")) { /* the statement's time-out */
            return settling->failed(flow);
        }
        break;
    case PG_REJECTED:
        break;
    }
    if (settling->step == 1) {
        const struct event_ref *event = &settling->events[settling->at++];
        settling_add_dead(settling, event->stream, event->entry_id, event->event_id,
                          arena_printf(flow->arena, "could not be planned: SQLSTATE %s", pg_sqlstate(flow)));
    }
    settling->step = 1;
    return plan(flow);
}

/* An entry whose event is not in the log was not written by us. */
static void note_unknown(struct flow *flow, struct settling *settling, const char *ids)
{
    const char *error;
    const json_t *unknown = json_parse(flow->arena, ids, strlen(ids), &error);

    for (size_t i = 0; i < json_array_size(unknown); i++) {
        const char *id = json_string_value(json_array_get(unknown, i));
        for (size_t j = settling->at; j < settling->at + settling->step; j++) {
            if (str_equal(settling->events[j].event_id, id)) {
                settling_add_dead(settling, settling->events[j].stream, settling->events[j].entry_id, NULL,
                                  "its event is not in the log");
                break;
            }
        }
    }
}

static struct next *keep_dead(struct flow *flow)
{
    const struct settling *settling = flow->state;
    struct keep_dead_entries_in in = {
        .consumer = settling->group->name,
        .dead = { settling->dead, settling->dead_count },
    };

    return settling->dead_count == 0 ? settling->settled(flow) : keep_dead_entries_query(flow, flow->daemon->pg, &in, finish);
}

static struct next *finish(struct flow *flow)
{
    const struct settling *settling = flow->state;

    return pg_outcome(flow) == PG_OK ? settling->settled(flow) : settling->failed(flow);
}
