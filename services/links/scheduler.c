/* scheduler.c - a turn is a flow with one statement. When it found as much as one takes, the next turn comes at once. */
#include "services/links/scheduler.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/daemon/daemon.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/loop/timer.h"
#include "services/links/publish.h"
#include "services/links/run_schedule.sql.h"

enum { MOST = 500, TURN_LIMIT_MS = 20000 };

struct scheduler {
    struct daemon *daemon;
    int64_t interval_ms, max_age_days;
    struct event *timer;
    bool found_most; /* in the last turn */
    bool is_paused;
};

/* In the order in which they run. */
static void start_turn(evutil_socket_t fd, short what, void *arg);
static struct next *run_schedule(struct flow *flow);
static struct next *publish_found(struct flow *flow);
static struct next *end_turn(struct flow *flow);
static void wait_for_turn(struct flow *flow);

static const struct flow_kind turn = { .name = "schedule", .on_deadline = end_turn, .on_end = wait_for_turn };

struct scheduler *scheduler_new(struct daemon *daemon, int64_t interval_ms, int64_t max_age_days)
{
    struct scheduler *scheduler = mem_alloc(sizeof *scheduler);

    scheduler->daemon = daemon;
    scheduler->interval_ms = interval_ms;
    scheduler->max_age_days = max_age_days;
    scheduler->timer = evtimer_new(daemon->base, start_turn, scheduler);
    timer_set(scheduler->timer, interval_ms);
    return scheduler;
}

static void start_turn(evutil_socket_t fd, short what, void *arg)
{
    struct scheduler *scheduler = arg;
    (void)fd;
    (void)what;

    flow_start(flow_new(scheduler->daemon->base, &turn, scheduler->daemon, scheduler, TURN_LIMIT_MS), run_schedule);
}

static struct next *run_schedule(struct flow *flow)
{
    struct scheduler *scheduler = flow->owner;
    struct run_schedule_in in = { .max_age_days = scheduler->max_age_days, .most = MOST };

    scheduler->found_most = false;
    return run_schedule_query(flow, flow->daemon->pg, &in, publish_found);
}

static struct next *publish_found(struct flow *flow)
{
    struct scheduler *scheduler = flow->owner;

    if (pg_outcome(flow) != PG_OK) {
        log_warn("schedule.turn_failed", LOG_TEXT("sqlstate", pg_sqlstate(flow)));
        return end_turn(flow);
    }
    struct run_schedule_out out = run_schedule_get(flow, 0);
    if (out.happened > 0) {
        log_info("schedule.found", LOG_INT("events", out.happened));
        publish_events(flow, out.events);
    }
    scheduler->found_most = out.happened >= MOST;
    return end_turn(flow);
}

static struct next *end_turn(struct flow *flow)
{
    return flow_end(flow);
}

static void wait_for_turn(struct flow *flow)
{
    struct scheduler *scheduler = flow->owner;

    if (!scheduler->is_paused) {
        timer_set(scheduler->timer, scheduler->found_most ? 0 : scheduler->interval_ms);
    }
}

void scheduler_pause(struct scheduler *scheduler)
{
    scheduler->is_paused = true;
    evtimer_del(scheduler->timer);
}

void scheduler_free(struct scheduler *scheduler)
{
    event_free(scheduler->timer);
    free(scheduler);
}
