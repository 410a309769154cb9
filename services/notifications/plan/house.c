/* house.c - see the header. Each chore is a flow of its own, so that one that fails or waits holds up no other. */
#include "services/notifications/plan/house.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/loop/timer.h"
#include "common/pg/work.h"
#include "services/notifications/plan/forget_answers.sql.h"
#include "services/notifications/plan/keep_house.sql.h"
#include "services/notifications/plan/make_partitions.sql.h"
#include "services/notifications/plan/measure_work.sql.h"

enum { EVERY_MS = 3600 * 1000, MEASURE_EVERY_MS = 10 * 1000, AT_ONCE_MS = 100 };
/* Turns of the sweep that pass after a failure. */
enum { AGAIN_TURNS = 10 };

/* Forgotten in one statement. */
enum { FORGET_MAX = 20000 };

enum { ENABLED, FAILING, DISABLED, ENDPOINT_STATES };

struct chore {
    struct house *house;
    const char *name; /* its statement's */
    flow_step *first;
    struct event *timer;
    int64_t next_ms; /* until it is its turn again; as after a failure unless it goes well */
};

enum { PARTITIONS, MARKS, ANSWERS, MEASURES, CHORES };

struct house {
    struct daemon *daemon;
    const struct notifications *notifications;
    struct chore chores[CHORES];
    struct metric *mails_overdue, *webhooks_overdue;
    struct metric *endpoints[ENDPOINT_STATES];
    bool is_paused;
};

static void start_chore(evutil_socket_t fd, short what, void *arg);
static struct next *make_partitions(struct flow *flow);
static struct next *check_partitions(struct flow *flow);
static struct next *keep_house(struct flow *flow);
static struct next *check_house(struct flow *flow);
static struct next *forget_answers(struct flow *flow);
static struct next *check_answers(struct flow *flow);
static struct next *measure_work(struct flow *flow);
static struct next *take_measures(struct flow *flow);
static struct next *fail(struct flow *flow, const char *error);
static struct next *end_chore(struct flow *flow);
static void plan_next(struct flow *flow);

static const struct flow_kind chore_kind = { .name = "house", .on_deadline = end_chore, .on_end = plan_next };

static const char *const endpoint_states[] = { [ENABLED] = "enabled", [FAILING] = "failing", [DISABLED] = "disabled" };

struct house *house_new(struct daemon *daemon, const struct notifications *notifications)
{
    static const struct chore chores[CHORES] = { [PARTITIONS] = { .name = "make_partitions", .first = make_partitions },
                                                 [MARKS] = { .name = "keep_house", .first = keep_house },
                                                 [ANSWERS] = { .name = "forget_answers", .first = forget_answers },
                                                 [MEASURES] = { .name = "measure_work", .first = measure_work } };
    struct house *house = mem_alloc(sizeof *house);

    house->daemon = daemon;
    house->notifications = notifications;
    house->mails_overdue = metrics_only(
        metrics_gauge("sharelink_mails_overdue_seconds", "How long the mail that has waited longest has been due.", ""));
    house->webhooks_overdue = metrics_only(
        metrics_gauge("sharelink_webhooks_overdue_seconds",
                      "How long the webhook that has waited longest has been due, of endpoints that do not fail.", ""));
    struct metric_family *endpoints = metrics_gauge("sharelink_webhook_endpoints", "Webhook endpoints, by state.", "state");
    for (int i = 0; i < ENDPOINT_STATES; i++) {
        house->endpoints[i] = metrics_series(endpoints, &endpoint_states[i]);
    }
    for (int i = 0; i < CHORES; i++) {
        struct chore *chore = &house->chores[i];
        *chore = chores[i];
        chore->house = house;
        chore->timer = evtimer_new(daemon->base, start_chore, chore);
        pg_work_announce(chore->name);
        timer_set(chore->timer, notifications->settings->sweep_interval_ms);
    }
    return house;
}

static void start_chore(evutil_socket_t fd, short what, void *arg)
{
    struct chore *chore = arg;
    struct flow *flow = flow_new(chore->house->daemon->base, &chore_kind, chore->house->daemon, chore, 20000);
    (void)fd;
    (void)what;

    chore->next_ms = AGAIN_TURNS * chore->house->notifications->settings->sweep_interval_ms;
    flow->app = chore->house->notifications;
    flow_start(flow, chore->first);
}

static struct next *make_partitions(struct flow *flow)
{
    return make_partitions_query(flow, notifications_of(flow)->planning, check_partitions);
}

static struct next *check_partitions(struct flow *flow)
{
    struct chore *chore = flow->owner;
    const char *faults = pg_outcome(flow) == PG_OK ? make_partitions_get(flow, 0).faults : NULL;

    if (pg_outcome(flow) != PG_OK || faults) {
        log_warn("sweep.partitions_not_made", LOG_TEXT("sqlstate", pg_sqlstate(flow)), LOG_TEXT("faults", faults));
        return fail(flow, faults ? faults : pg_answer_error(pg_answer_of(flow)));
    }
    chore->next_ms = EVERY_MS;
    return end_chore(flow);
}

static struct next *keep_house(struct flow *flow)
{
    struct keep_house_in in = { .forget_most = FORGET_MAX };

    return keep_house_query(flow, notifications_of(flow)->planning, &in, check_house);
}

static struct next *check_house(struct flow *flow)
{
    struct chore *chore = flow->owner;

    if (pg_outcome(flow) != PG_OK) {
        return fail(flow, pg_answer_error(pg_answer_of(flow)));
    }
    struct keep_house_out out = keep_house_get(flow, 0);
    if (out.failed > 0) {
        return fail(flow, "some marks cannot be forgotten");
    }
    chore->next_ms = out.is_full ? AT_ONCE_MS : EVERY_MS;
    return end_chore(flow);
}

static struct next *forget_answers(struct flow *flow)
{
    struct forget_answers_in in = { .forget_most = FORGET_MAX };

    return forget_answers_query(flow, notifications_of(flow)->planning, &in, check_answers);
}

static struct next *check_answers(struct flow *flow)
{
    struct chore *chore = flow->owner;

    if (pg_outcome(flow) != PG_OK) {
        return fail(flow, pg_answer_error(pg_answer_of(flow)));
    }
    chore->next_ms = forget_answers_get(flow, 0).is_full ? AT_ONCE_MS : EVERY_MS;
    return end_chore(flow);
}

static struct next *measure_work(struct flow *flow)
{
    return measure_work_query(flow, notifications_of(flow)->planning, take_measures);
}

static struct next *take_measures(struct flow *flow)
{
    struct chore *chore = flow->owner;
    const struct house *house = chore->house;

    if (pg_outcome(flow) != PG_OK) {
        return fail(flow, pg_answer_error(pg_answer_of(flow)));
    }
    struct measure_work_out out = measure_work_get(flow, 0);
    metrics_set(house->mails_overdue, (double)out.mails_overdue_s);
    metrics_set(house->webhooks_overdue, (double)out.webhooks_overdue_s);
    metrics_set(house->endpoints[ENABLED], (double)out.enabled);
    metrics_set(house->endpoints[FAILING], (double)out.failing);
    metrics_set(house->endpoints[DISABLED], (double)out.disabled);
    chore->next_ms = MEASURE_EVERY_MS;
    return end_chore(flow);
}

static struct next *fail(struct flow *flow, const char *error)
{
    const struct chore *chore = flow->owner;

    pg_work_note_put_off(chore->name, pg_sqlstate(flow), error);
    return end_chore(flow);
}

static struct next *end_chore(struct flow *flow)
{
    return flow_end(flow);
}

static void plan_next(struct flow *flow)
{
    struct chore *chore = flow->owner;

    if (!chore->house->is_paused) {
        timer_set(chore->timer, chore->next_ms);
    }
}

void house_pause(struct house *house)
{
    house->is_paused = true;
    for (int i = 0; i < CHORES; i++) {
        evtimer_del(house->chores[i].timer);
    }
}

void house_free(struct house *house)
{
    for (int i = 0; i < CHORES; i++) {
        event_free(house->chores[i].timer);
    }
    free(house);
}
