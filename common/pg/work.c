/* work.c - see the header. A run goes through the keys that it was given; a retry through those that wait and are due. */
#include "common/pg/work.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/base/waiting.h"
#include "common/loop/timer.h"

/* Limits of all together, and of one alone: doubled with each time that it has failed. */
static const struct pg_limits together = { .statement_ms = 1200, .lock_ms = 400 };
static const struct pg_limits alone = { .statement_ms = 400, .lock_ms = 100 };
enum { DOUBLINGS_MAX = 3 };

enum { WAITING_MAX = 10000, PAUSE_FIRST_MS = 500, PAUSE_MOST_MS = 30000, LOOK_EVERY_MS = 250 };
/* A run tries its items one by one for so long; those that are left then have their turns among those that wait. */
#define ALONE_MOST_US ((int64_t)3000 * 1000)
#define TELL_EVERY_US ((int64_t)1000 * 1000)
/* A retry ends after so much, and when nothing comes through: then it is not these items. */
enum { RETRY_MOST_MS = 10000, RETRY_ITEMS_MAX = 1000, RETRY_FAILURES_MAX = 8 };

struct pg_work {
    struct pg_work_options options;
    struct event_base *base;
    struct waiting *waiting;
    struct event *timer;
    struct metric *waits, *put_off;
    int64_t told_us; /* 0: not yet */
    bool is_retrying, is_paused;
};

struct run {
    struct pg_work *work;
    void *state; /* the flow's, that it gets back */
    void *arg;
    const char **keys;
    size_t count, at;
    size_t step;            /* how many go in one statement: all, or one */
    int64_t alone_since_us; /* 0: not yet */
    int failures;           /* of a retry, one after the other */
    bool is_retry;
    flow_step *then, *failed;
};

/* In the order in which they run. */
static void look(evutil_socket_t fd, short what, void *arg);
static struct next *begin_retry(struct flow *flow);
static void take_due(struct flow *flow, struct run *run);
static struct next *go_on(struct flow *flow);
static struct next *check(struct flow *flow);
static struct next *judge(struct flow *flow, struct run *run);
static struct next *check_condemned(struct flow *flow);
static bool is_gone(const struct flow *flow);
static bool is_own_fault(const struct flow *flow);
static struct next *put_off(struct flow *flow, struct run *run);
static struct next *end(struct flow *flow, struct run *run, flow_step *step);
static struct next *end_retry(struct flow *flow);
static void note_end_of_retry(struct flow *flow);

static const struct flow_kind retry = { .name = "retry", .on_deadline = end_retry, .on_end = note_end_of_retry };

static struct metric_family *put_off_family(void)
{
    return metrics_counter("sharelink_work_put_off_total", "What PostgreSQL did not do now and is asked for again.", "work");
}

struct pg_work *pg_work_new(struct event_base *base, const struct pg_work_options *options)
{
    struct pg_work *work = mem_alloc(sizeof *work);

    work->options = *options;
    work->base = base;
    work->waiting = waiting_new(WAITING_MAX, PAUSE_FIRST_MS, PAUSE_MOST_MS);
    work->put_off = metrics_series(put_off_family(), &options->name);
    work->waits = metrics_series(
        metrics_gauge("sharelink_work_waiting", "Items that failed alone and wait by themselves.", "work"), &options->name);
    work->timer = timer_every(base, LOOK_EVERY_MS, look, work);
    return work;
}

void pg_work_pause(struct pg_work *work)
{
    work->is_paused = true;
    evtimer_del(work->timer);
}

void pg_work_free(struct pg_work *work)
{
    event_free(work->timer);
    waiting_free(work->waiting);
    free(work);
}

struct pg_texts pg_work_waiting(const struct pg_work *work, struct arena *arena)
{
    return (struct pg_texts){ waiting_keys(work->waiting, arena), waiting_count(work->waiting) };
}

bool pg_work_has_waiting(const struct pg_work *work)
{
    return waiting_count(work->waiting) > 0;
}

void pg_work_announce(const char *name)
{
    metrics_series(put_off_family(), &name);
}

void pg_work_note_put_off(const char *name, const char *sqlstate, const char *error)
{
    metrics_add(metrics_series(put_off_family(), &name), 1);
    log_warn("work.put_off", LOG_TEXT("statement", name), LOG_TEXT("sqlstate", sqlstate), LOG_TEXT("error", error));
}

/* --- a run --- */

struct next *pg_work_run(struct flow *flow, struct pg_work *work, struct pg_texts keys, void *arg, flow_step *then,
                         flow_step *failed)
{
    struct run *run = arena_alloc(flow->arena, sizeof *run);

    *run = (struct run){ .work = work, .state = flow->state, .arg = arg, .then = then, .failed = failed };
    run->keys = arena_calloc(flow->arena, keys.count + 1, sizeof *run->keys);
    for (size_t i = 0; i < keys.count; i++) {
        if (!waiting_has(work->waiting, keys.list[i])) {
            run->keys[run->count++] = keys.list[i];
        }
    }
    run->step = run->count;
    flow->state = run;
    return go_on(flow);
}

/* --- a retry --- */

static void look(evutil_socket_t fd, short what, void *arg)
{
    struct pg_work *work = arg;
    (void)fd;
    (void)what;

    if (work->is_retrying || !waiting_due(work->waiting)) {
        return;
    }
    work->is_retrying = true;
    struct flow *flow = flow_new(work->base, &retry, work->options.daemon, work, 2 * RETRY_MOST_MS);
    flow->app = work->options.app;
    flow->request_id = "";
    flow_start(flow, begin_retry);
}

static struct next *begin_retry(struct flow *flow)
{
    struct run *run = arena_alloc(flow->arena, sizeof *run);

    *run = (struct run){ .work = flow->owner, .is_retry = true, .step = 1, .then = end_retry, .failed = end_retry };
    run->keys = arena_calloc(flow->arena, RETRY_ITEMS_MAX, sizeof *run->keys);
    run->alone_since_us = clock_mono_us();
    flow->state = run;
    return go_on(flow);
}

static void take_due(struct flow *flow, struct run *run)
{
    const struct waiting_item *item = waiting_due(run->work->waiting);
    bool is_over = run->work->is_paused || run->count == RETRY_ITEMS_MAX || run->failures == RETRY_FAILURES_MAX ||
                   clock_mono_us() - run->alone_since_us > (int64_t)RETRY_MOST_MS * 1000;

    if (item && !is_over) {
        run->keys[run->count++] = arena_strdup(flow->arena, item->key);
    }
}

/* --- both --- */

static struct pg_limits limits_of(const struct run *run)
{
    unsigned failures = waiting_failures(run->work->waiting, run->keys[run->at]);
    unsigned doublings = failures < DOUBLINGS_MAX ? failures : DOUBLINGS_MAX;

    return run->step > 1 ? together : (struct pg_limits){ alone.statement_ms << doublings, alone.lock_ms << doublings };
}

static struct next *go_on(struct flow *flow)
{
    struct run *run = flow->state;
    const struct pg_work_options *options = &run->work->options;

    if (run->is_retry) {
        take_due(flow, run);
    } else if (run->alone_since_us && clock_mono_us() - run->alone_since_us > ALONE_MOST_US) {
        while (run->at < run->count) {
            waiting_add(run->work->waiting, run->keys[run->at++]);
        }
    }
    metrics_set(run->work->waits, (double)waiting_count(run->work->waiting));
    if (run->at == run->count) {
        return end(flow, run, run->then);
    }
    return options->send(flow, options->owner, (struct pg_texts){ &run->keys[run->at], run->step }, limits_of(run), check);
}

static struct next *check(struct flow *flow)
{
    struct run *run = flow->state;
    const struct pg_work_options *options = &run->work->options;

    if (pg_outcome(flow) != PG_OK) {
        return judge(flow, run);
    }
    options->take(flow, options->owner, (struct pg_texts){ &run->keys[run->at], run->step }, run->arg);
    if (run->is_retry) {
        waiting_remove(run->work->waiting, run->keys[run->at]);
        run->failures = 0;
    }
    run->at += run->step;
    return go_on(flow);
}

static struct next *judge(struct flow *flow, struct run *run)
{
    const struct pg_work_options *options = &run->work->options;

    if (is_gone(flow)) {
        return end(flow, run, run->failed);
    }
    if (run->step > 1) {
        run->step = 1;
        run->alone_since_us = clock_mono_us();
        return go_on(flow);
    }
    if (is_own_fault(flow) && options->condemn) {
        return options->condemn(flow, options->owner, run->keys[run->at], arena_strdup(flow->arena, pg_sqlstate(flow)),
                                check_condemned);
    }
    return put_off(flow, run);
}

/* Nothing was answered, or what was says that the session ends: not sent, lost, too much to do, or nobody can do anything now. */
static bool is_gone(const struct flow *flow)
{
    const char *sqlstate = pg_sqlstate(flow);

    return !sqlstate[0] ? pg_outcome(flow) != PG_REJECTED
                        : str_starts_with(sqlstate, "08") || str_starts_with(sqlstate, "57P") || str_equal(sqlstate, "53300") ||
                              str_equal(sqlstate, "25006");
}

/* Data (class 22) and constraints (class 23): all else can be another's fault, and pass. */
static bool is_own_fault(const struct flow *flow)
{
    const char *sqlstate = pg_sqlstate(flow);

    return pg_outcome(flow) == PG_REJECTED && (str_starts_with(sqlstate, "22") || str_starts_with(sqlstate, "23"));
}

static struct next *check_condemned(struct flow *flow)
{
    struct run *run = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return is_gone(flow) ? end(flow, run, run->failed) : put_off(flow, run);
    }
    if (run->work->options.condemned) {
        run->work->options.condemned(flow, run->work->options.owner);
    }
    waiting_remove(run->work->waiting, run->keys[run->at++]);
    return go_on(flow);
}

static struct next *put_off(struct flow *flow, struct run *run)
{
    struct pg_work *work = run->work;
    const char *key = run->keys[run->at++];

    metrics_add(work->put_off, 1);
    waiting_put_off(work->waiting, key);
    run->failures++;
    /* One line for the many that fail for the same reason. */
    if (!work->told_us || clock_mono_us() - work->told_us > TELL_EVERY_US) {
        work->told_us = clock_mono_us();
        log_warn(work->options.log_event ? work->options.log_event : "work.put_off", LOG_TEXT("statement", work->options.name),
                 LOG_TEXT("sqlstate", pg_sqlstate(flow)),
                 LOG_TEXT("error", work->options.hides_keys ? NULL : pg_answer_error(pg_answer_of(flow))),
                 LOG_TEXT("item", work->options.hides_keys ? NULL : key), LOG_INT("waiting", waiting_count(work->waiting)));
    }
    return go_on(flow);
}

static struct next *end(struct flow *flow, struct run *run, flow_step *step)
{
    flow->state = run->state;
    return step(flow);
}

static struct next *end_retry(struct flow *flow)
{
    return flow_end(flow);
}

static void note_end_of_retry(struct flow *flow)
{
    struct pg_work *work = flow->owner;

    work->is_retrying = false;
}
