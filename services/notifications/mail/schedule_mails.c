/* schedule_mails.c - see the header. What is planned becomes deliveries, which the outbox claims like all others. Each statement
 * plans a bounded number, so it is asked again at once while it finds something.
 */
#include "services/notifications/mail/schedule_mails.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/str.h"

enum { PLAN_EVERY_SECONDS = 5 };

/* People whose digests one statement plans. Fewer, down to one, while it fails: what takes too long is brought through in parts. */
enum { DIGESTS_MOST = 200 };

/* What is planned by the clock, each for itself. */
struct plan {
    struct schedule *schedule;
    const struct pg_statement *statement;
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
static void on_planned(void *arg, const struct pg_answer *answer);

static const struct pg_statement schedule_mails = { .name = "schedule_mails", .sql =
#include "services/notifications/mail/schedule_mails.sql.inc"
};
static const struct pg_statement schedule_digests = { .name = "schedule_digests", .sql =
#include "services/notifications/mail/schedule_digests.sql.inc"
};

struct schedule *schedule_new(struct daemon *daemon, const struct notifications_settings *settings)
{
    const struct timeval interval = { .tv_sec = PLAN_EVERY_SECONDS };
    struct schedule *schedule = mem_alloc(sizeof *schedule);

    schedule->daemon = daemon;
    schedule->settings = settings;
    schedule->digests_most = DIGESTS_MOST;
    schedule->plans[WARNINGS] = (struct plan){ .schedule = schedule, .statement = &schedule_mails };
    schedule->plans[DIGESTS] = (struct plan){ .schedule = schedule, .statement = &schedule_digests };
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
    const struct schedule *schedule = plan->schedule;
    struct pg_params params;

    if (plan->is_planning || schedule->is_paused) {
        return;
    }
    struct arena *arena = arena_new();
    pg_params_init(&params, arena);
    pg_int(&params, plan->statement == &schedule_mails ? schedule->settings->expiry_warning_hours : schedule->digests_most);
    plan->is_planning = true;
    pg_send(schedule->daemon->pg, plan->statement, &params, on_planned, plan);
    arena_free(arena);
}

static void on_planned(void *arg, const struct pg_answer *answer)
{
    struct plan *done = arg;
    int *most = &done->schedule->digests_most;

    done->is_planning = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        if (pg_answer_outcome(answer) != PG_UNAVAILABLE) {
            log_error("schedule.failed", LOG_TEXT("statement", done->statement->name), LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
                      LOG_TEXT("error", pg_answer_error(answer)));
        }
        *most = done->statement == &schedule_digests && *most > 1 ? *most / 2 : *most; /* it may have been too much for its memory */
        return;
    }
    int count = atoi(pg_answer_get(answer, 0, 0));
    if (count > 0) {
        log_info("schedule.planned", LOG_TEXT("statement", done->statement->name), LOG_INT("mails", count));
    }
    if (done->statement == &schedule_digests) {
        *most = *most < DIGESTS_MOST / 2 ? *most * 2 : DIGESTS_MOST;
    }
    if (str_equal(pg_answer_get(answer, 0, 1), "t")) {
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
