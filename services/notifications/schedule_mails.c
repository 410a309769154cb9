/* schedule_mails.c - see the header. What is planned becomes deliveries, which the outbox claims like all others. */
#include "services/notifications/schedule_mails.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/log.h"

enum { PLAN_EVERY_SECONDS = 5 };

struct schedule {
    struct daemon *daemon;
    const struct notifications_settings *settings;
    struct event *timer;
    bool is_planning;
};

static void plan_on_timer(evutil_socket_t fd, short what, void *arg);
static void on_planned(void *arg, const struct pg_answer *answer);

static const struct pg_statement schedule_mails = { "schedule_mails",
#include "services/notifications/schedule_mails.sql.inc"
};

struct schedule *schedule_new(struct daemon *daemon, const struct notifications_settings *settings)
{
    const struct timeval interval = { .tv_sec = PLAN_EVERY_SECONDS };
    struct schedule *schedule = mem_alloc(sizeof *schedule);

    schedule->daemon = daemon;
    schedule->settings = settings;
    schedule->timer = event_new(daemon->base, -1, EV_PERSIST, plan_on_timer, schedule);
    evtimer_add(schedule->timer, &interval);
    return schedule;
}

static void plan_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct schedule *schedule = arg;
    struct pg_params params;
    (void)fd;
    (void)what;

    if (schedule->is_planning) {
        return;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    pg_int(&params, schedule->settings->expiry_warning_hours);
    schedule->is_planning = true;
    pg_send(schedule->daemon->pg, &schedule_mails, &params, on_planned, schedule);
    arena_free(arena);
}

static void on_planned(void *arg, const struct pg_answer *answer)
{
    struct schedule *schedule = arg;

    schedule->is_planning = false;
    if (pg_answer_outcome(answer) == PG_REJECTED) {
        log_error("schedule.rejected", LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)), LOG_TEXT("error", pg_answer_error(answer)));
        return;
    }
    if (pg_answer_outcome(answer) != PG_OK) {
        return;
    }
    int warnings = atoi(pg_answer_get(answer, 0, 0)), digests = atoi(pg_answer_get(answer, 0, 1));
    if (warnings + digests > 0) {
        log_info("schedule.planned", LOG_INT("expiry_warnings", warnings), LOG_INT("digests", digests));
    }
}

void schedule_pause(struct schedule *schedule)
{
    evtimer_del(schedule->timer);
}

bool schedule_is_quiet(const struct schedule *schedule)
{
    return !schedule->is_planning;
}

void schedule_free(struct schedule *schedule)
{
    event_free(schedule->timer);
    free(schedule);
}
