/* outcomes.c - what became of a delivery is written down, however long PostgreSQL does not take it.
 *
 * What one outcome meets says little: its own row may be locked, or make the statement fail. As soon as another one is taken, it
 * is a case of its own and nobody waits for it. While none is taken after one was not, hardly anything more is leased: one, to
 * see whether its outcome is taken, then nothing but another one each minute. Likewise when there are very many cases of their
 * own: what was sent and is not written down goes out again if this process dies.
 */
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/loop/timer.h"
#include "services/notifications/leases/leases_internal.h"

enum { AGAIN_FIRST_MS = 250, AGAIN_MOST_MS = 5000, AWAY_MS = 500, BUSY_MOST_MS = 2000 };
enum { OWN_CASES_MAX = 4 }; /* for each delivery that may be begun at once */

#define PROBE_EVERY_US ((int64_t)60 * 1000000)

static void on_recorded(void *arg, const struct pg_answer *answer);
static void note_taken(struct lease *lease);
static void go_on(struct leases *leases);
static bool is_its_own_fault(const struct pg_answer *answer);
static void record_reduced(struct lease *lease, const struct pg_answer *answer);
static void keep(struct lease *lease, const struct pg_answer *answer);
static void keep_busy(struct lease *lease);
static void count_untaken(struct lease *lease, bool is_own_case);
static void record_later(struct lease *lease, int64_t pause_ms);
static void record_on_timer(evutil_socket_t fd, short what, void *arg);

void outcomes_start(struct leases *leases)
{
    leases->outcomes.held_up_metric = leases_held_up(leases, "record");
    leases->outcomes.dead_letters =
        metrics_series(metrics_counter("sharelink_dead_letters_total", "Deliveries that were given up.", "channel"),
                       (const char *const[]){ leases->channel->name });
}

int outcomes_limit(const struct leases *leases, int room)
{
    const struct outcomes *outcomes = &leases->outcomes;
    bool is_crowded = outcomes->own_cases >= OWN_CASES_MAX * leases->at_once;

    if (room == 0 || (outcomes->untaken == 0 && !is_crowded)) {
        return room;
    }
    return (outcomes->untaken == 1 && !is_crowded) || clock_mono_us() >= outcomes->probe_us ? 1 : 0;
}

void outcomes_note_taken_over(struct leases *leases)
{
    leases->outcomes.probe_us = clock_mono_us() + PROBE_EVERY_US;
}

void lease_conclude(struct lease *lease, const char *outcome, const char *detail, int64_t delay_ms)
{
    lease->outcome = outcome;
    lease->detail = arena_strdup(lease->arena, detail);
    lease->delay_ms = delay_ms;
    lease->leases->channel->record(lease, on_recorded);
}

static void on_recorded(void *arg, const struct pg_answer *answer)
{
    struct lease *lease = arg;
    struct leases *leases = lease->leases;
    enum lease_record record = LEASE_RECORDED;

    if (pg_answer_outcome(answer) != PG_OK) {
        if (is_its_own_fault(answer) && !lease->is_reduced) {
            record_reduced(lease, answer);
        } else {
            keep(lease, answer);
        }
        return;
    }
    if (pg_answer_rows(answer) > 0) {
        record = leases->channel->recorded(answer);
    }
    if (record == LEASE_BUSY) {
        keep_busy(lease);
        return;
    }
    if (record == LEASE_GIVEN_UP) {
        metrics_add(leases->outcomes.dead_letters, 1);
    }
    note_taken(lease);
    leases_let_go(lease);
    go_on(leases);
}

/* So whatever else was not taken since is a case of its own, for now. */
static void note_taken(struct lease *lease)
{
    struct leases *leases = lease->leases;
    struct lease *other;

    if (leases->outcomes.untaken == 0) {
        return;
    }
    LIST_FOREACH(other, &leases->in_hand, in_hand)
    {
        if (other->untaken > 0 && !other->is_own_case) {
            other->is_own_case = true;
            leases->outcomes.own_cases++;
        }
    }
    leases->outcomes.untaken = 0;
}

static void go_on(struct leases *leases)
{
    leases_hand_over(leases);
    if (leases->channel->keeps_full || (leases->more_due && leases->count <= leases->channel->most(leases->owner) / 2) ||
        leases->claims.arena) {
        claims_go(leases);
    }
}

static bool is_its_own_fault(const struct pg_answer *answer)
{
    const char *sqlstate = pg_answer_sqlstate(answer);

    return str_starts_with(sqlstate, "22") || str_starts_with(sqlstate, "23");
}

/* Its detail is what somebody else's server has said. */
static void record_reduced(struct lease *lease, const struct pg_answer *answer)
{
    const struct leases_channel *channel = lease->leases->channel;

    log_error(channel->outcome_rejected, LOG_TEXT("delivery_id", lease->delivery_id),
              LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
              LOG_TEXT(channel->tells_rejection ? "error" : NULL, pg_answer_error(answer)));
    lease->is_reduced = true;
    lease->detail = lease->detail ? "what was answered cannot be stored" : NULL;
    count_untaken(lease, false); /* every outcome may be rejected so: another one that is taken tells */
    lease->leases->channel->record(lease, on_recorded);
}

static void keep(struct lease *lease, const struct pg_answer *answer)
{
    struct leases *leases = lease->leases;
    const struct leases_channel *channel = leases->channel;

    if (leases_is_error(answer) && leases_may_tell(&leases->outcomes.tell_us)) {
        log_error(channel->outcome_rejected, LOG_TEXT("delivery_id", lease->delivery_id),
                  LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
                  LOG_TEXT(channel->tells_rejection ? "error" : NULL, pg_answer_error(answer)));
    }
    count_untaken(lease, false);
    record_later(lease, leases_is_error(answer) ? backoff_ms((unsigned)lease->untaken, AGAIN_FIRST_MS, AGAIN_MOST_MS) : AWAY_MS);
}

static void keep_busy(struct lease *lease)
{
    count_untaken(lease, true);
    record_later(lease, backoff_ms((unsigned)lease->untaken, AGAIN_FIRST_MS, BUSY_MOST_MS));
    go_on(lease->leases);
}

static void count_untaken(struct lease *lease, bool is_own_case)
{
    struct outcomes *outcomes = &lease->leases->outcomes;

    if (lease->untaken++ == 0) {
        outcomes->untaken++;
        outcomes->held_up++;
    }
    if (is_own_case && !lease->is_own_case) {
        lease->is_own_case = true;
        outcomes->own_cases++;
        outcomes->untaken--;
    }
    metrics_set(outcomes->held_up_metric, outcomes->held_up);
}

void outcomes_forget(struct lease *lease)
{
    struct outcomes *outcomes = &lease->leases->outcomes;

    if (lease->untaken > 0) {
        outcomes->held_up--;
        outcomes->own_cases -= lease->is_own_case;
        outcomes->untaken -= !lease->is_own_case;
        metrics_set(outcomes->held_up_metric, outcomes->held_up);
    }
}

static void record_later(struct lease *lease, int64_t pause_ms)
{
    if (!lease->record_again) {
        lease->record_again = evtimer_new(lease->leases->daemon->base, record_on_timer, lease);
    }
    timer_set(lease->record_again, pause_ms);
}

static void record_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct lease *lease = arg;
    (void)fd;
    (void)what;

    lease->leases->channel->record(lease, on_recorded);
}
