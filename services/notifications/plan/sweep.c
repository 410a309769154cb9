/* sweep.c - for each group turns of its own, so that none waits for another: unsettled events older than the grace are found and
 * settled, at once again while there are more than one statement takes. Every process runs turns; a lock in the statement lets
 * one of them find something.
 *
 * Events that wait by themselves (settle_events.h) are left out, and keep the cursor behind them. So that not all that happened
 * since is looked through each time, a turn begins behind what the last one saw; now and then, and when none waits, at the
 * cursor.
 */
#include "services/notifications/plan/sweep.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/data/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/loop/timer.h"
#include "services/notifications/plan/find_unsettled.sql.h"
#include "services/notifications/plan/house.h"
#include "services/notifications/plan/measure_unsettled.sql.h"
#include "services/notifications/plan/settle_events.h"

#define WHOLE_EVERY_US   (60 * (int64_t)1000000)
#define MEASURE_EVERY_US (2 * (int64_t)1000000)

/* In one statement: events brought, events looked at. */
enum { SWEEP_MAX = 500, WALK_MAX = 20000 };

struct place {
    char xid[24], event_id[40]; /* "": none */
};

struct turns {
    struct sweep *sweep;
    const struct group *group;
    struct event *timer;
    struct metric *found, *oldest;
    struct place from; /* where the next statement begins; none: at the group's cursor */
    struct place seen; /* behind which all is settled or waits by itself */
    bool has_looked;   /* in this turn */
    int64_t whole_due_us, measured_us;
};

struct sweep {
    struct daemon *daemon;
    const struct notifications *notifications;
    struct house *house;
    struct turns turns[GROUPS_MAX];
    size_t count;
    bool is_paused;
};

/* In the order in which they run. */
static void start_turn(evutil_socket_t fd, short what, void *arg);
static struct next *measure(struct flow *flow);
static struct next *take_measure(struct flow *flow);
static struct next *find_unsettled(struct flow *flow);
static struct next *settle_found(struct flow *flow);
static struct next *end_turn(struct flow *flow);
static void plan_next_turn(struct flow *flow);
static void wait_for_turn(struct turns *turns);

static const struct flow_kind sweep_turn = { .name = "sweep", .on_deadline = end_turn, .on_end = plan_next_turn };

struct sweep *sweep_new(struct daemon *daemon, const struct notifications *notifications)
{
    struct sweep *sweep = mem_alloc(sizeof *sweep);
    struct metric_family *found =
        metrics_counter("sharelink_sweep_found_total", "Events that the sweep brought because no stream had.", "group");
    struct metric_family *oldest =
        metrics_gauge("sharelink_unsettled_seconds", "How long ago the oldest event happened that is not settled yet.", "group");

    sweep->daemon = daemon;
    sweep->notifications = notifications;
    pg_work_announce("find_unsettled");
    for (const struct group *group = groups; group->name; group++) {
        struct turns *turns = &sweep->turns[sweep->count++];
        turns->sweep = sweep;
        turns->group = group;
        /* From the start: a counter that appears with its first count shows no increase. */
        turns->found = metrics_series(found, &group->name);
        turns->oldest = metrics_series(oldest, &group->name);
        turns->timer = evtimer_new(daemon->base, start_turn, turns);
        wait_for_turn(turns);
    }
    sweep->house = house_new(daemon, notifications);
    return sweep;
}

static struct pg_work *work_of(const struct turns *turns)
{
    return turns->sweep->notifications->plans[turns->group - groups];
}

static void start_turn(evutil_socket_t fd, short what, void *arg)
{
    struct turns *turns = arg;
    struct flow *flow = flow_new(turns->sweep->daemon->base, &sweep_turn, turns->sweep->daemon, turns, 20000);
    (void)fd;
    (void)what;

    flow->app = turns->sweep->notifications;
    turns->has_looked = false;
    turns->from = turns->seen;
    if (!pg_work_has_waiting(work_of(turns)) || clock_mono_us() >= turns->whole_due_us) {
        turns->from = (struct place){ "", "" };
        turns->whole_due_us = clock_mono_us() + WHOLE_EVERY_US;
    }
    flow_start(flow, measure);
}

static struct next *measure(struct flow *flow)
{
    struct turns *turns = flow->owner;
    struct measure_unsettled_in in = { .consumer = turns->group->name, .walk_most = WALK_MAX };

    if (turns->measured_us && clock_mono_us() - turns->measured_us < MEASURE_EVERY_US) {
        return find_unsettled(flow);
    }
    turns->measured_us = clock_mono_us();
    return measure_unsettled_query(flow, notifications_of(flow)->planning, &in, take_measure);
}

static struct next *take_measure(struct flow *flow)
{
    const struct turns *turns = flow->owner;

    if (pg_outcome(flow) == PG_OK) {
        metrics_set(turns->oldest, (double)measure_unsettled_get(flow, 0).oldest_s);
    }
    return find_unsettled(flow);
}

static struct next *find_unsettled(struct flow *flow)
{
    const struct notifications_settings *settings = notifications_of(flow)->settings;
    const struct turns *turns = flow->owner;
    bool is_whole = !turns->from.xid[0];
    struct find_unsettled_in in = {
        .consumer = turns->group->name,
        .grace_ms = settings->sweep_grace_ms,
        .events_most = SWEEP_MAX,
        .walk_most = WALK_MAX,
        .from_xid = is_whole ? NULL : turns->from.xid,
        .from_id = is_whole ? NULL : turns->from.event_id,
        .waiting_ids = pg_work_waiting(work_of(turns), flow->arena),
    };

    return find_unsettled_query(flow, notifications_of(flow)->planning, &in, settle_found);
}

static void set_place(struct place *place, const char *xid, const char *event_id)
{
    snprintf(place->xid, sizeof place->xid, "%s", xid);
    snprintf(place->event_id, sizeof place->event_id, "%s", event_id);
}

static struct next *settle_found(struct flow *flow)
{
    struct turns *turns = flow->owner;
    const char *error;

    if (pg_outcome(flow) != PG_OK) {
        pg_work_note_put_off("find_unsettled", pg_sqlstate(flow), pg_answer_error(pg_answer_of(flow)));
        return end_turn(flow);
    }
    struct find_unsettled_out out = find_unsettled_get(flow, 0);
    const json_t *ids = json_parse(flow->arena, out.event_ids, strlen(out.event_ids), &error);
    size_t count = json_array_size(ids);
    flow_step *then = count == SWEEP_MAX ? find_unsettled : end_turn;
    if (out.seen_xid && out.seen_id && !turns->has_looked) { /* a later look may have events before it that are too young */
        set_place(&turns->seen, out.seen_xid, out.seen_id);
    }
    turns->has_looked = true;
    if (count < SWEEP_MAX && out.is_full) {
        set_place(&turns->from, out.next_xid ? out.next_xid : "", out.next_id ? out.next_id : "");
        then = find_unsettled;
    }
    if (count == 0) {
        return then(flow);
    }
    log_info("sweep.found", LOG_TEXT("group", turns->group->name), LOG_INT("events", count));
    metrics_add(turns->found, (double)count);
    struct settling *settling = settling_new(flow, turns->group, count);
    for (size_t i = 0; i < count; i++) {
        settling_add(settling, json_string_value(json_array_get(ids, i)), "", "");
    }
    return settle_events(flow, settling, then, end_turn);
}

static struct next *end_turn(struct flow *flow)
{
    return flow_end(flow);
}

static void plan_next_turn(struct flow *flow)
{
    struct turns *turns = flow->owner;

    if (!turns->sweep->is_paused) {
        wait_for_turn(turns);
    }
}

static void wait_for_turn(struct turns *turns)
{
    timer_set(turns->timer, turns->sweep->notifications->settings->sweep_interval_ms);
}

void sweep_pause(struct sweep *sweep)
{
    sweep->is_paused = true;
    for (size_t i = 0; i < sweep->count; i++) {
        evtimer_del(sweep->turns[i].timer);
    }
    house_pause(sweep->house);
}

void sweep_free(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->count; i++) {
        event_free(sweep->turns[i].timer);
    }
    house_free(sweep->house);
    free(sweep);
}
