/* schedule_mails.c - see the header. What is planned becomes deliveries, which the outbox claims like all others. Each statement
 * plans a bounded number, so it is asked again at once while it finds something.
 */
#include "services/notifications/mail/schedule_mails.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/str.h"
#include "services/notifications/mail/schedule_digests.sql.h"
#include "services/notifications/mail/schedule_mails.sql.h"

enum { PLAN_EVERY_SECONDS = 5 };

/* People whose digests one statement plans. Fewer, down to one, while it fails: what takes too long is brought through in parts.
 */
enum { DIGESTS_MAX = 200 };

/* What is planned by the clock, each for itself. */
struct plan {
    struct schedule *schedule;
    const struct pg_statement *statement;
    void (*ask)(struct plan *plan, struct arena *arena);
    bool is_planning;
};

enum { WARNINGS, DIGESTS, PLANS };

struct schedule {
    struct daemon *daemon;
    const struct notifications_settings *settings;
    struct event *timer;
    struct plan plans[PLANS];
    int digests_most;
    bool is_paused;
};

static void plan_on_timer(evutil_socket_t fd, short what, void *arg);
static void plan(struct plan *plan);
static void ask_for_warnings(struct plan *plan, struct arena *arena);
static void on_warnings(void *arg, const struct pg_answer *answer);
static void ask_for_digests(struct plan *plan, struct arena *arena);
static void on_digests(void *arg, const struct pg_answer *answer);
static bool is_planned(struct plan *plan, const struct pg_answer *answer);
static void go_on(struct plan *done, int64_t planned, bool is_full);

struct schedule *schedule_new(struct daemon *daemon, const struct notifications_settings *settings)
{
    const struct timeval interval = { .tv_sec = PLAN_EVERY_SECONDS };
    struct schedule *schedule = mem_alloc(sizeof *schedule);

    schedule->daemon = daemon;
    schedule->settings = settings;
    schedule->digests_most = DIGESTS_MAX;
    schedule->plans[WARNINGS] =
        (struct plan){ .schedule = schedule, .statement = &schedule_mails_statement, .ask = ask_for_warnings };
    schedule->plans[DIGESTS] =
        (struct plan){ .schedule = schedule, .statement = &schedule_digests_statement, .ask = ask_for_digests };
    schedule->timer = event_new(daemon->base, -1, EV_PERSIST, plan_on_timer, schedule);
    evtimer_add(schedule->timer, &interval);
    return schedule;
}

static void plan_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct schedule *schedule = arg;
    (void)fd;
    (void)what;

    for (int i = 0; i < PLANS; i++) {
        plan(&schedule->plans[i]);
    }
}

static void plan(struct plan *plan)
{
    if (plan->is_planning || plan->schedule->is_paused) {
        return;
    }
    struct arena *arena = arena_new();
    plan->is_planning = true;
    plan->ask(plan, arena);
    arena_free(arena);
}

static void ask_for_warnings(struct plan *plan, struct arena *arena)
{
    const struct schedule *schedule = plan->schedule;
    struct pg_params params;

    schedule_mails_params(&params, arena,
                          &(struct schedule_mails_in){ .expiry_warning_hours = schedule->settings->expiry_warning_hours });
    pg_send(schedule->daemon->pg, plan->statement, &params, on_warnings, plan);
}

static void on_warnings(void *arg, const struct pg_answer *answer)
{
    struct plan *plan = arg;

    if (is_planned(plan, answer)) {
        struct schedule_mails_out out = schedule_mails_read(answer, 0);
        go_on(plan, out.planned, out.is_full);
    }
}

static void ask_for_digests(struct plan *plan, struct arena *arena)
{
    const struct schedule *schedule = plan->schedule;
    struct pg_params params;

    schedule_digests_params(&params, arena, &(struct schedule_digests_in){ .people_max = schedule->digests_most });
    pg_send(schedule->daemon->pg, plan->statement, &params, on_digests, plan);
}

static void on_digests(void *arg, const struct pg_answer *answer)
{
    struct plan *plan = arg;
    int *most = &plan->schedule->digests_most;

    if (!is_planned(plan, answer)) {
        *most = *most > 1 ? *most / 2 : 1; /* it may have been too much for its memory */
        return;
    }
    struct schedule_digests_out out = schedule_digests_read(answer, 0);
    *most = *most < DIGESTS_MAX / 2 ? *most * 2 : DIGESTS_MAX;
    go_on(plan, out.planned, out.is_full);
}

static bool is_planned(struct plan *plan, const struct pg_answer *answer)
{
    plan->is_planning = false;
    if (pg_answer_outcome(answer) != PG_OK && pg_answer_outcome(answer) != PG_UNAVAILABLE) {
        log_error("schedule.failed", LOG_TEXT("statement", plan->statement->name),
                  LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)), LOG_TEXT("error", pg_answer_error(answer)));
    }
    return pg_answer_outcome(answer) == PG_OK;
}

static void go_on(struct plan *done, int64_t planned, bool is_full)
{
    if (planned > 0) {
        log_info("schedule.planned", LOG_TEXT("statement", done->statement->name), LOG_INT("mails", planned));
    }
    if (is_full) {
        plan(done);
    }
}

void schedule_pause(struct schedule *schedule)
{
    schedule->is_paused = true;
    evtimer_del(schedule->timer);
}

bool schedule_is_quiet(const struct schedule *schedule)
{
    return !schedule->plans[WARNINGS].is_planning && !schedule->plans[DIGESTS].is_planning;
}

void schedule_free(struct schedule *schedule)
{
    event_free(schedule->timer);
    free(schedule);
}
