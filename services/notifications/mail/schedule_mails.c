/* schedule_mails.c - see the header. What is planned becomes deliveries, which the outbox claims like all others. Each plan has
 * turns of its own: what is due is found, a bounded number of it, and planned, and looked for again at once while there is more.
 */
#include "services/notifications/mail/schedule_mails.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/loop/timer.h"
#include "common/pg/work.h"
#include "services/notifications/mail/find_digests.sql.h"
#include "services/notifications/mail/find_warnings.sql.h"
#include "services/notifications/mail/schedule_digests.sql.h"
#include "services/notifications/mail/schedule_mails.sql.h"

/* Turns of the sweep that one takes. */
enum { TURNS = 5, TURN_LIMIT_MS = 20000 };

/* Items of one statement; and what a digest tells, in one, of things that happened: of one person more than of each of many. */
enum { WARNINGS_MAX = 500, DIGESTS_MAX = 200, TOLD_MAX = 2000, TOLD_OF_MANY_MAX = 100 };

enum { WARNINGS, DIGESTS, PLANS };

struct plan {
    struct schedule *schedule;
    const char *find_name; /* the statement's */
    int most;
    struct event *timer;
    struct pg_work *work;
    flow_step *find;
    bool is_planning;
    bool has_more; /* after the last look */
};

struct schedule {
    struct daemon *daemon;
    const struct notifications *notifications;
    struct plan plans[PLANS];
    bool is_paused;
};

/* In the order in which they run. */
static void start_turn(evutil_socket_t fd, short what, void *arg);
static struct next *find_warnings(struct flow *flow);
static struct next *plan_warnings(struct flow *flow);
static struct next *send_warnings(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then);
static void take_warnings(struct flow *flow, void *owner, struct pg_texts keys, void *arg);
static struct next *find_digests(struct flow *flow);
static struct next *plan_digests(struct flow *flow);
static struct next *send_digests(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then);
static void take_digests(struct flow *flow, void *owner, struct pg_texts keys, void *arg);
static struct next *plan_found(struct flow *flow, struct pg_texts keys);
static void note_planned(struct plan *plan, int64_t planned);
static struct next *go_on(struct flow *flow);
static struct next *fail(struct flow *flow);
static struct next *end_turn(struct flow *flow);
static void wait_for_turn(struct flow *flow);

static const struct flow_kind turn = { .name = "schedule", .on_deadline = end_turn, .on_end = wait_for_turn };

struct schedule *schedule_new(struct daemon *daemon, const struct notifications *notifications)
{
    struct schedule *schedule = mem_alloc(sizeof *schedule);
    struct pg_work_options warnings = { .name = "schedule_mails", .send = send_warnings, .take = take_warnings };
    struct pg_work_options digests = {
        .name = "schedule_digests", .send = send_digests, .take = take_digests, .hides_keys = true
    };

    schedule->daemon = daemon;
    schedule->notifications = notifications;
    schedule->plans[WARNINGS] = (struct plan){ .find_name = "find_warnings", .most = WARNINGS_MAX, .find = find_warnings };
    schedule->plans[DIGESTS] = (struct plan){ .find_name = "find_digests", .most = DIGESTS_MAX, .find = find_digests };
    for (int i = 0; i < PLANS; i++) {
        struct plan *plan = &schedule->plans[i];
        struct pg_work_options options = i == WARNINGS ? warnings : digests;
        options.owner = plan;
        options.app = notifications;
        options.daemon = daemon;
        options.log_event = "schedule.failed";
        plan->schedule = schedule;
        plan->work = pg_work_new(daemon->base, &options);
        plan->timer = evtimer_new(daemon->base, start_turn, plan);
        pg_work_announce(plan->find_name);
        timer_set(plan->timer, TURNS * notifications->settings->sweep_interval_ms);
    }
    return schedule;
}

static void start_turn(evutil_socket_t fd, short what, void *arg)
{
    struct plan *plan = arg;
    struct flow *flow = flow_new(plan->schedule->daemon->base, &turn, plan->schedule->daemon, plan, TURN_LIMIT_MS);
    (void)fd;
    (void)what;

    plan->is_planning = true;
    flow->app = plan->schedule->notifications;
    flow_start(flow, plan->find);
}

/* --- warnings --- */

static struct next *find_warnings(struct flow *flow)
{
    const struct notifications *notifications = notifications_of(flow);
    struct plan *plan = flow->owner;
    struct find_warnings_in in = {
        .expiry_warning_hours = notifications->settings->expiry_warning_hours,
        .links_most = plan->most,
        .waiting_ids = pg_work_waiting(plan->work, flow->arena),
    };

    plan->has_more = false;
    return in.expiry_warning_hours == 0 ? end_turn(flow) : find_warnings_query(flow, notifications->planning, &in, plan_warnings);
}

static struct next *plan_warnings(struct flow *flow)
{
    int count = pg_outcome(flow) == PG_OK ? pg_rows(flow) : 0;
    const char **keys = arena_calloc(flow->arena, (size_t)count + 1, sizeof *keys);

    for (int row = 0; row < count; row++) {
        keys[row] = arena_strdup(flow->arena, find_warnings_get(flow, row).share_link_id);
    }
    return plan_found(flow, (struct pg_texts){ keys, (size_t)count });
}

static struct next *send_warnings(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then)
{
    struct pg_params params;
    (void)owner;

    schedule_mails_params(&params, flow->arena, &(struct schedule_mails_in){ .share_link_ids = keys });
    params.limits = limits;
    return pg_query(flow, notifications_of(flow)->planning, &schedule_mails_statement, &params, then);
}

static void take_warnings(struct flow *flow, void *owner, struct pg_texts keys, void *arg)
{
    struct plan *plan = owner;
    struct schedule_mails_out out = schedule_mails_get(flow, 0);
    (void)keys;
    (void)arg;

    plan->has_more = plan->has_more && out.is_mine; /* else somebody else goes on */
    note_planned(plan, out.planned);
}

/* --- digests --- */

static struct next *find_digests(struct flow *flow)
{
    struct plan *plan = flow->owner;
    struct find_digests_in in = { .people_most = plan->most, .waiting = pg_work_waiting(plan->work, flow->arena) };

    plan->has_more = false;
    return find_digests_query(flow, notifications_of(flow)->planning, &in, plan_digests);
}

static struct next *plan_digests(struct flow *flow)
{
    int count = pg_outcome(flow) == PG_OK ? pg_rows(flow) : 0;
    const char **keys = arena_calloc(flow->arena, (size_t)count + 1, sizeof *keys);

    for (int row = 0; row < count; row++) {
        keys[row] = arena_strdup(flow->arena, find_digests_get(flow, row).person);
    }
    return plan_found(flow, (struct pg_texts){ keys, (size_t)count });
}

static struct next *send_digests(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then)
{
    struct pg_params params;
    (void)owner;

    schedule_digests_params(
        &params, flow->arena,
        &(struct schedule_digests_in){ .people = keys, .told_most = keys.count == 1 ? TOLD_MAX : TOLD_OF_MANY_MAX });
    params.limits = limits;
    return pg_query(flow, notifications_of(flow)->planning, &schedule_digests_statement, &params, then);
}

static void take_digests(struct flow *flow, void *owner, struct pg_texts keys, void *arg)
{
    struct plan *plan = owner;
    struct schedule_digests_out out = schedule_digests_get(flow, 0);
    (void)keys;
    (void)arg;

    plan->has_more = out.is_mine && (plan->has_more || out.is_more);
    note_planned(plan, out.planned);
}

/* --- both --- */

static struct next *plan_found(struct flow *flow, struct pg_texts keys)
{
    struct plan *plan = flow->owner;

    if (pg_outcome(flow) != PG_OK) {
        return fail(flow);
    }
    plan->has_more = keys.count == (size_t)plan->most;
    return keys.count == 0 ? end_turn(flow) : pg_work_run(flow, plan->work, keys, NULL, go_on, end_turn);
}

static void note_planned(struct plan *plan, int64_t planned)
{
    if (planned > 0) {
        log_info("schedule.planned", LOG_TEXT("plan", plan->find_name), LOG_INT("mails", planned));
    }
}

static struct next *go_on(struct flow *flow)
{
    const struct plan *plan = flow->owner;

    return plan->has_more && !plan->schedule->is_paused ? plan->find(flow) : end_turn(flow);
}

static struct next *fail(struct flow *flow)
{
    const struct plan *plan = flow->owner;

    pg_work_note_put_off(plan->find_name, pg_sqlstate(flow), pg_answer_error(pg_answer_of(flow)));
    return end_turn(flow);
}

static struct next *end_turn(struct flow *flow)
{
    return flow_end(flow);
}

static void wait_for_turn(struct flow *flow)
{
    struct plan *plan = flow->owner;
    const struct schedule *schedule = plan->schedule;

    plan->is_planning = false;
    if (!schedule->is_paused) {
        timer_set(plan->timer, TURNS * schedule->notifications->settings->sweep_interval_ms);
    }
}

void schedule_pause(struct schedule *schedule)
{
    schedule->is_paused = true;
    for (int i = 0; i < PLANS; i++) {
        evtimer_del(schedule->plans[i].timer);
        pg_work_pause(schedule->plans[i].work);
    }
}

bool schedule_is_quiet(const struct schedule *schedule)
{
    return !schedule->plans[WARNINGS].is_planning && !schedule->plans[DIGESTS].is_planning;
}

void schedule_free(struct schedule *schedule)
{
    for (int i = 0; i < PLANS; i++) {
        event_free(schedule->plans[i].timer);
        pg_work_free(schedule->plans[i].work);
    }
    free(schedule);
}
