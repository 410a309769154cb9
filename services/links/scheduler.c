/* scheduler.c - two turns, each a flow: links that time has come for are found, a bounded number of them, and done, and looked
 * for again at once while there are more; and old counts of guesses are forgotten. Links that fail alone wait by themselves
 * (pg/work.h). Connections of its own: what a link's lock holds up is no request.
 */
#include "services/links/scheduler.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/daemon/daemon.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/loop/timer.h"
#include "common/pg/work.h"
#include "services/links/find_due_links.sql.h"
#include "services/links/forget_guesses.sql.h"
#include "services/links/forget_mail_requests.sql.h"
#include "services/links/publish.h"
#include "services/links/run_schedule.sql.h"

enum { MOST = 500, TURN_LIMIT_MS = 20000, CONNECTIONS = 2 };

enum { DUE, GUESSES, MAIL_REQUESTS, TURNS };

struct turns {
    struct scheduler *scheduler;
    struct event *timer;
    flow_step *first;
    bool found_most; /* in the last one */
};

struct scheduler {
    struct daemon *daemon;
    int64_t interval_ms, max_age_days;
    struct pg_pool *pg;
    struct pg_work *work;
    struct turns turns[TURNS];
    bool is_paused;
};

/* In the order in which they run. */
static void start_turn(evutil_socket_t fd, short what, void *arg);
static struct next *find_due(struct flow *flow);
static struct next *do_due(struct flow *flow);
static struct next *run_schedule(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then);
static void publish_done(struct flow *flow, void *owner, struct pg_texts keys, void *arg);
static struct next *forget_guesses(struct flow *flow);
static struct next *check_guesses(struct flow *flow);
static struct next *forget_mail_requests(struct flow *flow);
static struct next *check_mail_requests(struct flow *flow);
static struct next *end_turn(struct flow *flow);
static void wait_for_turn(struct flow *flow);

static const struct flow_kind turn = { .name = "schedule", .on_deadline = end_turn, .on_end = wait_for_turn };

static void begin_turns(struct turns *turns, struct scheduler *scheduler, flow_step *first)
{
    *turns = (struct turns){ .scheduler = scheduler, .first = first };
    turns->timer = evtimer_new(scheduler->daemon->base, start_turn, turns);
    timer_set(turns->timer, scheduler->interval_ms);
}

struct scheduler *scheduler_new(struct daemon *daemon, int64_t interval_ms, int64_t max_age_days)
{
    struct scheduler *scheduler = mem_alloc(sizeof *scheduler);

    scheduler->daemon = daemon;
    scheduler->interval_ms = interval_ms;
    scheduler->max_age_days = max_age_days;
    scheduler->pg = pg_pool_new(daemon->base, &(struct pg_pool_options){
                                                  .name = "links-schedule",
                                                  .url = daemon->settings->database_url,
                                                  .connections = CONNECTIONS,
                                                  .queue_limit = 16,
                                                  .answer_limit_ms = 10000,
                                                  .has_limits = true,
                                                  .unnamed = daemon->settings->database_unnamed_statements,
                                              });
    scheduler->work = pg_work_new(daemon->base, &(struct pg_work_options){ .name = "run_schedule",
                                                                           .send = run_schedule,
                                                                           .take = publish_done,
                                                                           .owner = scheduler,
                                                                           .daemon = daemon,
                                                                           .log_event = "schedule.turn_failed" });
    pg_work_announce("find_due_links");
    pg_work_announce("forget_guesses");
    pg_work_announce("forget_mail_requests");
    begin_turns(&scheduler->turns[DUE], scheduler, find_due);
    begin_turns(&scheduler->turns[GUESSES], scheduler, forget_guesses);
    begin_turns(&scheduler->turns[MAIL_REQUESTS], scheduler, forget_mail_requests);
    return scheduler;
}

static void start_turn(evutil_socket_t fd, short what, void *arg)
{
    struct turns *turns = arg;
    struct daemon *daemon = turns->scheduler->daemon;
    (void)fd;
    (void)what;

    turns->found_most = false;
    flow_start(flow_new(daemon->base, &turn, daemon, turns, TURN_LIMIT_MS), turns->first);
}

/* --- links --- */

static struct next *find_due(struct flow *flow)
{
    const struct turns *turns = flow->owner;
    const struct scheduler *scheduler = turns->scheduler;
    struct find_due_links_in in = {
        .max_age_days = scheduler->max_age_days,
        .most = MOST,
        .waiting_ids = pg_work_waiting(scheduler->work, flow->arena),
    };

    return find_due_links_query(flow, scheduler->pg, &in, do_due);
}

static struct next *do_due(struct flow *flow)
{
    struct turns *turns = flow->owner;
    int count = pg_rows(flow);

    if (pg_outcome(flow) != PG_OK) {
        pg_work_note_put_off("find_due_links", pg_sqlstate(flow), pg_answer_error(pg_answer_of(flow)));
        return end_turn(flow);
    }
    const char **keys = arena_calloc(flow->arena, (size_t)count + 1, sizeof *keys);
    for (int row = 0; row < count; row++) {
        keys[row] = arena_strdup(flow->arena, find_due_links_get(flow, row).share_link_id);
    }
    turns->found_most = count >= MOST;
    return count == 0
               ? end_turn(flow)
               : pg_work_run(flow, turns->scheduler->work, (struct pg_texts){ keys, (size_t)count }, NULL, end_turn, end_turn);
}

static struct next *run_schedule(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then)
{
    const struct scheduler *scheduler = owner;
    struct pg_params params;

    run_schedule_params(&params, flow->arena,
                        &(struct run_schedule_in){ .share_link_ids = keys, .max_age_days = scheduler->max_age_days });
    params.limits = limits;
    return pg_query(flow, scheduler->pg, &run_schedule_statement, &params, then);
}

static void publish_done(struct flow *flow, void *owner, struct pg_texts keys, void *arg)
{
    struct scheduler *scheduler = owner;
    struct run_schedule_out out = run_schedule_get(flow, 0);
    (void)keys;
    (void)arg;

    if (out.happened > 0) {
        log_info("schedule.found", LOG_INT("events", out.happened));
        publish_events(flow, out.events);
    }
    if (!out.is_mine) {
        scheduler->turns[DUE].found_most = false; /* somebody else goes on */
    }
}

/* --- counts --- */

static struct next *forget_guesses(struct flow *flow)
{
    const struct turns *turns = flow->owner;

    return forget_guesses_query(flow, turns->scheduler->pg, &(struct forget_guesses_in){ .most = MOST }, check_guesses);
}

static struct next *check_guesses(struct flow *flow)
{
    struct turns *turns = flow->owner;

    if (pg_outcome(flow) != PG_OK) {
        pg_work_note_put_off("forget_guesses", pg_sqlstate(flow), pg_answer_error(pg_answer_of(flow)));
    } else {
        turns->found_most = forget_guesses_get(flow, 0).forgotten >= MOST;
    }
    return end_turn(flow);
}

static struct next *forget_mail_requests(struct flow *flow)
{
    const struct turns *turns = flow->owner;

    return forget_mail_requests_query(flow, turns->scheduler->pg, &(struct forget_mail_requests_in){ .most = MOST },
                                      check_mail_requests);
}

static struct next *check_mail_requests(struct flow *flow)
{
    struct turns *turns = flow->owner;

    if (pg_outcome(flow) != PG_OK) {
        pg_work_note_put_off("forget_mail_requests", pg_sqlstate(flow), pg_answer_error(pg_answer_of(flow)));
    } else {
        turns->found_most = forget_mail_requests_get(flow, 0).forgotten >= MOST;
    }
    return end_turn(flow);
}

static struct next *end_turn(struct flow *flow)
{
    return flow_end(flow);
}

static void wait_for_turn(struct flow *flow)
{
    struct turns *turns = flow->owner;
    const struct scheduler *scheduler = turns->scheduler;

    if (!scheduler->is_paused) {
        timer_set(turns->timer, turns->found_most ? 0 : scheduler->interval_ms);
    }
}

void scheduler_pause(struct scheduler *scheduler)
{
    scheduler->is_paused = true;
    for (int i = 0; i < TURNS; i++) {
        evtimer_del(scheduler->turns[i].timer);
    }
    pg_work_pause(scheduler->work);
}

void scheduler_free(struct scheduler *scheduler)
{
    for (int i = 0; i < TURNS; i++) {
        event_free(scheduler->turns[i].timer);
    }
    pg_work_free(scheduler->work);
    pg_pool_free(scheduler->pg);
    free(scheduler);
}
