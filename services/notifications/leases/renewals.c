/* renewals.c - leases of what is in hand are renewed every third of their time; when PostgreSQL fails that, in ever smaller
 * portions, so that one row costs no other its lease, and again soon. */
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/loop/timer.h"
#include "services/notifications/leases/leases_internal.h"
#include "services/notifications/leases/renew_leases.sql.h"

static void renew_on_timer(evutil_socket_t fd, short what, void *arg);
static void renew_next(struct leases *leases);
static bool send_portion(struct leases *leases);
static void on_renewed(void *arg, const struct pg_answer *answer);
static void read_states(struct leases *leases, const struct pg_answer *answer);
static void end_round(struct leases *leases);

/* Of a lease, what one statement may take: when a slow row fails it twice, the others are renewed in time all the same. */
enum { TENTH = 10, STATEMENT_MOST_MS = 1000 };

static int64_t lease_ms(const struct leases *leases)
{
    return leases->notifications->settings->lease_seconds * 1000;
}

static int statement_ms(const struct leases *leases)
{
    int64_t part_ms = lease_ms(leases) / TENTH;

    return part_ms < STATEMENT_MOST_MS ? (int)part_ms : STATEMENT_MOST_MS;
}

void renewals_start(struct leases *leases)
{
    leases->renewals.held_up = leases_held_up(leases, "renew");
    leases->renewals.timer = timer_every(leases->daemon->base, lease_ms(leases) / 3, renew_on_timer, leases);
}

void renewals_stop(struct leases *leases)
{
    event_free(leases->renewals.timer);
    arena_free(leases->renewals.arena);
    portions_free(&leases->renewals.portions);
}

bool renewals_are_under_way(const struct leases *leases)
{
    return leases->renewals.arena;
}

static void renew_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct leases *leases = arg;
    struct renewals *renewals = &leases->renewals;
    struct lease *lease;
    int count = 0;
    (void)fd;
    (void)what;

    if (renewals_are_under_way(leases)) {
        return;
    }
    renewals->arena = arena_new();
    renewals->list = arena_calloc(renewals->arena, (size_t)leases->count, sizeof *renewals->list);
    renewals->sent = arena_calloc(renewals->arena, (size_t)leases->count, sizeof *renewals->sent);
    renewals->failed = 0;
    LIST_FOREACH(lease, &leases->in_hand, in_hand)
    {
        renewals->list[count] = lease;
        lease->renewing = &renewals->list[count++];
    }
    portions_begin(&renewals->portions, count);
    renew_next(leases);
}

static void renew_next(struct leases *leases)
{
    while (portions_next(&leases->renewals.portions, &leases->renewals.portion)) {
        if (send_portion(leases)) {
            return;
        }
    }
    end_round(leases);
}

/* False when nothing of the portion is in hand any more. */
static bool send_portion(struct leases *leases)
{
    struct renewals *renewals = &leases->renewals;
    struct arena *arena = arena_new();
    const char **ids = arena_calloc(arena, (size_t)renewals->portion.count, sizeof *ids);
    struct pg_params params;

    renewals->sent_count = 0;
    for (int i = renewals->portion.from; i < renewals->portion.from + renewals->portion.count; i++) {
        if (renewals->list[i]) {
            ids[renewals->sent_count] = renewals->list[i]->delivery_id;
            renewals->sent[renewals->sent_count++] = i;
        }
    }
    if (renewals->sent_count > 0) {
        struct renew_leases_in in = {
            .delivery_ids = { ids, (size_t)renewals->sent_count },
            .lease_holder = leases->notifications->holder,
            .lease_s = leases->notifications->settings->lease_seconds,
        };
        renew_leases_params(&params, arena, &in);
        params.limits.statement_ms = statement_ms(leases);
        renewals->asked_us = clock_boot_us();
        pg_send(leases->daemon->pg, &renew_leases_statement, &params, on_renewed, leases);
    }
    arena_free(arena);
    return renewals->sent_count > 0;
}

static void on_renewed(void *arg, const struct pg_answer *answer)
{
    struct leases *leases = arg;
    struct renewals *renewals = &leases->renewals;

    if (pg_answer_outcome(answer) == PG_OK) {
        read_states(leases, answer);
    } else if (leases_is_error(answer) && renewals->portion.count > 1) {
        portions_split(&renewals->portions, renewals->portion);
    } else {
        renewals->failed += renewals->sent_count;
    }
    if (pg_answer_outcome(answer) != PG_OK && leases_may_tell(&renewals->tell_us)) {
        log_warn(leases->channel->leases_not_renewed, LOG_INT(leases->channel->plural, leases->count),
                 LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)));
    }
    renew_next(leases);
}

static void read_states(struct leases *leases, const struct pg_answer *answer)
{
    struct renewals *renewals = &leases->renewals;

    for (int row = 0; row < pg_answer_rows(answer); row++) {
        struct renew_leases_out out = renew_leases_read(answer, row);
        struct lease *lease =
            out.place >= 1 && out.place <= renewals->sent_count ? renewals->list[renewals->sent[out.place - 1]] : NULL;
        if (!lease) {
            continue;
        }
        switch (out.state) {
        case RENEW_LEASES_STATE_RENEWED:
            lease->good_until_us = leases_good_until(leases, renewals->asked_us);
            break;
        case RENEW_LEASES_STATE_BUSY:
            renewals->failed++;
            break;
        case RENEW_LEASES_STATE_LOST:
            leases_lose(lease);
            break;
        }
    }
}

static void end_round(struct leases *leases)
{
    struct renewals *renewals = &leases->renewals;
    struct lease *lease;

    LIST_FOREACH(lease, &leases->in_hand, in_hand)
    {
        lease->renewing = NULL;
    }
    arena_free(renewals->arena);
    renewals->arena = NULL;
    metrics_set(renewals->held_up, renewals->failed);
    timer_set(renewals->timer, lease_ms(leases) / (renewals->failed > 0 ? 15 : 3));
    leases_hand_over(leases);
}
