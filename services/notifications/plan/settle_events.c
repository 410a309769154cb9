/* settle_events.c - see the header. All events go as one statement; when PostgreSQL rejects it, they go one by one, so that
 * one bad event becomes a dead entry and the others become deliveries; likewise when it takes too long. Those that are leased in the same breath go straight
 * to the part that sends them.
 */
#include "services/notifications/plan/settle_events.h"

#include <string.h>

#include "common/data/json.h"
#include "common/base/log.h"

/* In the order in which they run. */
static struct next *plan(struct flow *flow);
static struct next *take_plan(struct flow *flow);
static struct next *keep_dead(struct flow *flow);
static struct next *finish(struct flow *flow);

struct event_ref {
    const char *event_id, *stream, *entry_id, *fault;
};

struct settling {
    const struct group *group;
    struct event_ref *events, *dead;
    size_t count, dead_count;
    size_t at;   /* the first event that is not planned yet */
    size_t step; /* how many go in one statement: all, or one */
    flow_step *settled, *failed;
};

static const struct pg_statement keep_dead_entries = { .name = "keep_dead_entries", .sql =
#include "services/notifications/plan/keep_dead_entries.sql.inc"
};

static void note_unknown(struct flow *flow, struct settling *settling);

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
    settling->events[settling->count++] = (struct event_ref){ event_id, stream, entry_id, NULL };
}

void settling_add_dead(struct settling *settling, const char *stream, const char *entry_id, const char *event_id, const char *fault)
{
    log_warn("event.kept_as_dead", LOG_TEXT("stream", stream), LOG_TEXT("entry_id", entry_id), LOG_TEXT("event_id", event_id),
             LOG_TEXT("fault", fault));
    settling->dead[settling->dead_count++] = (struct event_ref){ event_id, stream, entry_id, fault };
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
    const struct notifications *notifications = notifications_of(flow);
    struct settling *settling = flow->state;
    struct pg_params params;

    if (settling->at == settling->count) {
        return keep_dead(flow);
    }
    const char **ids = arena_calloc(flow->arena, settling->step, sizeof *ids);
    for (size_t i = 0; i < settling->step; i++) {
        ids[i] = settling->events[settling->at + i].event_id;
    }
    pg_params_init(&params, flow->arena);
    pg_text_array(&params, ids, settling->step);
    pg_int(&params, notifications->settings->lease_seconds);
    pg_text(&params, notifications->holder);
    pg_int(&params, settling->group->room(notifications));
    if (settling->group->add_params) {
        settling->group->add_params(notifications, &params);
    }
    return pg_query(flow, flow->daemon->pg, settling->group->plan, &params, take_plan);
}

static struct next *take_plan(struct flow *flow)
{
    const struct notifications *notifications = notifications_of(flow);
    struct settling *settling = flow->state;

    switch (pg_outcome(flow)) {
    case PG_OK:
        if (notifications->roles & settling->group->role) {
            settling->group->take(notifications, pg_get(flow, 0, 0), (int)pg_get_int(flow, 0, 1));
        }
        note_unknown(flow, settling);
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
static void note_unknown(struct flow *flow, struct settling *settling)
{
    const char *error, *text = pg_get(flow, 0, 2);
    const json_t *unknown = json_parse(flow->arena, text, strlen(text), &error);

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
    size_t count = settling->dead_count;
    struct pg_params params;

    if (count == 0) {
        return settling->settled(flow);
    }
    const char **columns[4];
    for (size_t column = 0; column < 4; column++) {
        columns[column] = arena_calloc(flow->arena, count, sizeof *columns[column]);
    }
    for (size_t i = 0; i < count; i++) {
        columns[0][i] = settling->dead[i].stream;
        columns[1][i] = settling->dead[i].entry_id;
        columns[2][i] = settling->dead[i].event_id;
        columns[3][i] = settling->dead[i].fault;
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, settling->group->name);
    for (size_t column = 0; column < 4; column++) {
        pg_text_array(&params, columns[column], count);
    }
    return pg_query(flow, flow->daemon->pg, &keep_dead_entries, &params, finish);
}

static struct next *finish(struct flow *flow)
{
    const struct settling *settling = flow->state;

    return pg_outcome(flow) == PG_OK ? settling->settled(flow) : settling->failed(flow);
}
