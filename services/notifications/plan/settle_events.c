/* settle_events.c - see the header. What becomes of each event when PostgreSQL fails its plan is pg/work.c's; what is leased in
 * the same breath goes straight to the part that sends it.
 */
#include "services/notifications/plan/settle_events.h"

#include <string.h>

#include "common/data/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "services/notifications/plan/keep_dead_entries.sql.h"

/* In the order in which they run. */
static struct next *plan(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then);
static void take_plan(struct flow *flow, void *owner, struct pg_texts keys, void *arg);
static struct next *condemn(struct flow *flow, void *owner, const char *key, const char *sqlstate, flow_step *then);
static void count_condemned(struct flow *flow, void *owner);
static struct next *keep_dead(struct flow *flow);
static struct next *finish(struct flow *flow);

/* The owner of a group's work. */
struct settler {
    const struct group *group;
};

struct event_ref {
    const char *event_id, *stream, *entry_id;
};

struct settling {
    const struct group *group;
    struct event_ref *events;
    struct keep_dead_entries_dead_row *dead;
    size_t count, dead_count;
    flow_step *settled, *failed;
};

static void keep_unknown(struct flow *flow, const struct group *group, struct settling *settling, const char *ids);
static void ignore_answer(void *arg, const struct pg_answer *answer);

struct pg_work *settle_events_work(struct daemon *daemon, const struct notifications *notifications, const struct group *group)
{
    struct settler *settler = arena_alloc(daemon->arena, sizeof *settler);

    settler->group = group;
    return pg_work_new(daemon->base, &(struct pg_work_options){ .name = group->work,
                                                                .send = plan,
                                                                .take = take_plan,
                                                                .condemn = condemn,
                                                                .condemned = count_condemned,
                                                                .owner = settler,
                                                                .app = notifications,
                                                                .daemon = daemon });
}

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
    const char **ids = arena_calloc(flow->arena, settling->count + 1, sizeof *ids);

    settling->settled = settled;
    settling->failed = failed;
    for (size_t i = 0; i < settling->count; i++) {
        ids[i] = settling->events[i].event_id;
    }
    flow->state = settling;
    return pg_work_run(flow, notifications_of(flow)->plans[settling->group - groups], (struct pg_texts){ ids, settling->count },
                       settling, keep_dead, failed);
}

static struct next *plan(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then)
{
    const struct group *group = ((const struct settler *)owner)->group;

    return group->plan(flow, keys, limits, then);
}

static void take_plan(struct flow *flow, void *owner, struct pg_texts keys, void *arg)
{
    const struct notifications *notifications = notifications_of(flow);
    const struct group *group = ((const struct settler *)owner)->group;
    struct planned planned = group->planned(flow);
    (void)keys;

    if (notifications->roles & group->role) {
        group->take(notifications, &planned);
    }
    keep_unknown(flow, group, arg, planned.unknown);
}

/* An entry whose event is not in the log was not written by us. One that has waited is kept without its place in the stream. */
static void keep_unknown(struct flow *flow, const struct group *group, struct settling *settling, const char *ids)
{
    const char *error;
    const json_t *unknown = json_parse(flow->arena, ids, strlen(ids), &error);
    struct settling *found = settling ? settling : settling_new(flow, group, json_array_size(unknown));

    for (size_t i = 0; i < json_array_size(unknown); i++) {
        const char *id = json_string_value(json_array_get(unknown, i));
        struct event_ref ref = { id, "", "" };
        for (size_t j = 0; j < found->count; j++) {
            if (str_equal(found->events[j].event_id, id)) {
                ref = found->events[j];
                break;
            }
        }
        settling_add_dead(found, ref.stream, ref.entry_id, NULL, "its event is not in the log");
    }
    if (!settling && found->dead_count > 0) {
        struct keep_dead_entries_in in = { .consumer = group->name, .dead = { found->dead, found->dead_count } };
        struct pg_params params;
        keep_dead_entries_params(&params, flow->arena, &in);
        pg_send(flow->daemon->pg, &keep_dead_entries_statement, &params, ignore_answer, NULL);
    }
}

/* The log has its line. */
static void ignore_answer(void *arg, const struct pg_answer *answer)
{
    (void)arg;
    (void)answer;
}

static struct next *condemn(struct flow *flow, void *owner, const char *key, const char *sqlstate, flow_step *then)
{
    const struct group *group = ((const struct settler *)owner)->group;

    log_error("event.not_planned", LOG_TEXT("group", group->name), LOG_TEXT("event_id", key), LOG_TEXT("sqlstate", sqlstate));
    return group->condemn(flow, key, arena_printf(flow->arena, "could not be planned: SQLSTATE %s", sqlstate), then);
}

static void count_condemned(struct flow *flow, void *owner)
{
    const struct group *group = ((const struct settler *)owner)->group;
    struct metric_family *dead_letters =
        metrics_counter("sharelink_dead_letters_total", "Deliveries that were given up.", "channel");

    metrics_add(metrics_series(dead_letters, &group->name), (double)group->condemned(flow));
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
