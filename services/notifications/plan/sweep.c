/* sweep.c - a turn is a flow: the house is kept when it is time, then for each group unsettled events older than the grace are
 * found and settled, at once again while there are more than one statement takes. Every process runs turns; a lock in the
 * statement lets one of them find something.
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
#include "services/notifications/plan/keep_house.sql.h"
#include "services/notifications/plan/make_partitions.sql.h"
#include "services/notifications/plan/measure_work.sql.h"
#include "services/notifications/plan/settle_events.h"

#define HOUSE_EVERY_US   (3600 * (int64_t)1000000)
#define HOUSE_AGAIN_US   (60 * (int64_t)1000000) /* after a failure */
#define MEASURE_EVERY_US (10 * (int64_t)1000000)

/* In one statement: events brought, events looked at, things forgotten. */
enum { SWEEP_MAX = 500, WALK_MAX = 20000, FORGET_MAX = 20000 };

enum { ENABLED, FAILING, DISABLED, ENDPOINT_STATES };

struct sweep {
    struct daemon *daemon;
    const struct notifications *notifications;
    struct event *timer;
    struct metric_family *found;
    struct metric *mails_overdue;
    struct metric *endpoints[ENDPOINT_STATES];
    const struct group *group;               /* whose events the turn looks for */
    const char *from_xid, *from_id;          /* and from where on; NULL: from the group's cursor */
    int64_t partitions_due_us, house_due_us; /* at the start */
    int64_t measured_us;                     /* 0: not yet */
    bool paused;
};

/* In the order in which they run. */
static void start_turn(evutil_socket_t fd, short what, void *arg);
static struct next *make_partitions(struct flow *flow);
static struct next *check_partitions(struct flow *flow);
static struct next *keep_house(struct flow *flow);
static struct next *check_house(struct flow *flow);
static struct next *find_unsettled(struct flow *flow);
static struct next *settle_found(struct flow *flow);
static struct next *go_to_next_group(struct flow *flow);
static struct next *measure_work(struct flow *flow);
static struct next *take_measures(struct flow *flow);
static struct next *end_turn(struct flow *flow);
static void plan_next_turn(struct flow *flow);
static void wait_for_turn(struct sweep *sweep);

static const struct flow_kind sweep_turn = { .name = "sweep", .on_deadline = end_turn, .on_end = plan_next_turn };

static const char *const endpoint_states[] = { [ENABLED] = "enabled", [FAILING] = "failing", [DISABLED] = "disabled" };

struct sweep *sweep_new(struct daemon *daemon, const struct notifications *notifications)
{
    struct sweep *sweep = mem_alloc(sizeof *sweep);

    sweep->daemon = daemon;
    sweep->notifications = notifications;
    sweep->found =
        metrics_counter("sharelink_sweep_found_total", "Events that the sweep brought because no stream had.", "group");
    for (const struct group *group = groups; group->name; group++) {
        metrics_series(sweep->found,
                       &group->name); /* from the start: a counter that appears with its first count shows no increase */
    }
    sweep->mails_overdue = metrics_only(
        metrics_gauge("sharelink_mails_overdue_seconds", "How long the mail that has waited longest has been due.", ""));
    struct metric_family *endpoints = metrics_gauge("sharelink_webhook_endpoints", "Webhook endpoints, by state.", "state");
    for (int i = 0; i < ENDPOINT_STATES; i++) {
        sweep->endpoints[i] = metrics_series(endpoints, &endpoint_states[i]);
    }
    sweep->timer = evtimer_new(daemon->base, start_turn, sweep);
    wait_for_turn(sweep);
    return sweep;
}

static void start_turn(evutil_socket_t fd, short what, void *arg)
{
    struct sweep *sweep = arg;
    struct flow *flow = flow_new(sweep->daemon->base, &sweep_turn, sweep->daemon, sweep, 20000);
    (void)fd;
    (void)what;

    sweep->group = groups;
    sweep->from_xid = sweep->from_id = NULL;
    flow->app = sweep->notifications;
    flow_start(flow, make_partitions);
}

static struct next *make_partitions(struct flow *flow)
{
    const struct sweep *sweep = flow->owner;

    if (clock_mono_us() < sweep->partitions_due_us) {
        return keep_house(flow);
    }
    return make_partitions_query(flow, flow->daemon->pg, check_partitions);
}

static struct next *check_partitions(struct flow *flow)
{
    struct sweep *sweep = flow->owner;
    const char *faults = pg_outcome(flow) == PG_OK ? make_partitions_get(flow, 0).faults : NULL;
    bool is_done = pg_outcome(flow) == PG_OK && !faults;

    if (!is_done) {
        log_warn("sweep.partitions_not_made", LOG_TEXT("sqlstate", pg_sqlstate(flow)), LOG_TEXT("faults", faults));
    }
    sweep->partitions_due_us = clock_mono_us() + (is_done ? HOUSE_EVERY_US : HOUSE_AGAIN_US);
    return keep_house(flow);
}

static struct next *keep_house(struct flow *flow)
{
    const struct sweep *sweep = flow->owner;
    struct keep_house_in in = { .forget_most = FORGET_MAX };

    if (clock_mono_us() < sweep->house_due_us) {
        return find_unsettled(flow);
    }
    return keep_house_query(flow, flow->daemon->pg, &in, check_house);
}

static struct next *check_house(struct flow *flow)
{
    struct sweep *sweep = flow->owner;

    if (pg_outcome(flow) != PG_OK) {
        log_warn("sweep.house_not_kept", LOG_TEXT("sqlstate", pg_sqlstate(flow)));
        sweep->house_due_us = clock_mono_us() + HOUSE_AGAIN_US;
    } else if (!keep_house_get(flow, 0).is_full) { /* else the next turn goes on */
        sweep->house_due_us = clock_mono_us() + HOUSE_EVERY_US;
    }
    return find_unsettled(flow);
}

static struct next *find_unsettled(struct flow *flow)
{
    const struct notifications_settings *settings = notifications_of(flow)->settings;
    const struct sweep *sweep = flow->owner;
    struct find_unsettled_in in = {
        .consumer = sweep->group->name,
        .grace_ms = settings->sweep_grace_ms,
        .events_most = SWEEP_MAX,
        .walk_most = WALK_MAX,
        .from_xid = sweep->from_xid,
        .from_id = sweep->from_id,
    };

    return find_unsettled_query(flow, flow->daemon->pg, &in, settle_found);
}

static struct next *settle_found(struct flow *flow)
{
    struct sweep *sweep = flow->owner;
    const char *error;

    if (pg_outcome(flow) != PG_OK) {
        log_warn("sweep.turn_failed", LOG_TEXT("group", sweep->group->name), LOG_TEXT("sqlstate", pg_sqlstate(flow)));
        return end_turn(flow);
    }
    struct find_unsettled_out out = find_unsettled_get(flow, 0);
    const json_t *ids = json_parse(flow->arena, out.event_ids, strlen(out.event_ids), &error);
    size_t count = json_array_size(ids);
    flow_step *then = count == SWEEP_MAX ? find_unsettled : go_to_next_group;
    if (count < SWEEP_MAX && out.is_full) {
        sweep->from_xid = arena_strdup(flow->arena, out.next_xid);
        sweep->from_id = arena_strdup(flow->arena, out.next_id);
        then = find_unsettled;
    }
    if (count == 0) {
        return then(flow);
    }
    log_info("sweep.found", LOG_TEXT("group", sweep->group->name), LOG_INT("events", count));
    metrics_add(metrics_series(sweep->found, (const char *const[]){ sweep->group->name }), (double)count);
    struct settling *settling = settling_new(flow, sweep->group, count);
    for (size_t i = 0; i < count; i++) {
        settling_add(settling, json_string_value(json_array_get(ids, i)), "", "");
    }
    return settle_events(flow, settling, then, end_turn);
}

static struct next *go_to_next_group(struct flow *flow)
{
    struct sweep *sweep = flow->owner;

    sweep->group++;
    sweep->from_xid = sweep->from_id = NULL;
    return sweep->group->name ? find_unsettled(flow) : measure_work(flow);
}

static struct next *measure_work(struct flow *flow)
{
    struct sweep *sweep = flow->owner;

    if (sweep->measured_us && clock_mono_us() - sweep->measured_us < MEASURE_EVERY_US) {
        return end_turn(flow);
    }
    sweep->measured_us = clock_mono_us();
    return measure_work_query(flow, flow->daemon->pg, take_measures);
}

static struct next *take_measures(struct flow *flow)
{
    const struct sweep *sweep = flow->owner;

    if (pg_outcome(flow) == PG_OK) {
        struct measure_work_out out = measure_work_get(flow, 0);
        metrics_set(sweep->mails_overdue, (double)out.mails_overdue_s);
        metrics_set(sweep->endpoints[ENABLED], (double)out.enabled);
        metrics_set(sweep->endpoints[FAILING], (double)out.failing);
        metrics_set(sweep->endpoints[DISABLED], (double)out.disabled);
    }
    return end_turn(flow);
}

static struct next *end_turn(struct flow *flow)
{
    return flow_end(flow);
}

static void plan_next_turn(struct flow *flow)
{
    struct sweep *sweep = flow->owner;

    if (!sweep->paused) {
        wait_for_turn(sweep);
    }
}

static void wait_for_turn(struct sweep *sweep)
{
    timer_set(sweep->timer, sweep->notifications->settings->sweep_interval_ms);
}

void sweep_pause(struct sweep *sweep)
{
    sweep->paused = true;
    evtimer_del(sweep->timer);
}

void sweep_free(struct sweep *sweep)
{
    event_free(sweep->timer);
    free(sweep);
}
