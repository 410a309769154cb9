/* leases.c - see the header: what is in hand, and when it is begun. */
#include "services/notifications/leases/leases.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "services/notifications/leases/leases_internal.h"

enum { MARGIN_MOST_US = 1000000, TELL_EVERY_US = 10000000 };

static void take(struct leases *leases, json_t *context, int64_t good_until_us);
static bool is_good(const struct lease *lease);
static void drop(struct lease *lease);

struct leases *leases_new(struct daemon *daemon, const struct notifications *notifications, const struct leases_channel *channel,
                          void *owner, int at_once)
{
    struct leases *leases = mem_alloc(sizeof *leases);

    leases->daemon = daemon;
    leases->notifications = notifications;
    leases->channel = channel;
    leases->owner = owner;
    leases->at_once = at_once;
    LIST_INIT(&leases->in_hand);
    TAILQ_INIT(&leases->waiting);
    claims_start(leases);
    outcomes_start(leases);
    renewals_start(leases);
    return leases;
}

/* --- what may come in --- */

int leases_room(const struct leases *leases)
{
    int in_hand = leases->count - leases->outcomes.own_cases;
    int room = leases->channel->most(leases->owner) - in_hand - leases->claims.asked;

    return leases->is_paused || room < 0 ? 0 : outcomes_limit(leases, room);
}

void leases_wake(struct leases *leases)
{
    leases->more_due = true;
    claims_go(leases);
}

void leases_note_more(struct leases *leases)
{
    leases->more_due = true;
}

struct pg_texts leases_each(const struct leases *leases, struct arena *arena, const char *member)
{
    const char **texts = arena_calloc(arena, (size_t)leases->count, sizeof *texts);
    const struct lease *lease;
    size_t count = 0;

    LIST_FOREACH(lease, &leases->in_hand, in_hand)
    {
        texts[count++] = lease_text(lease, member);
    }
    return (struct pg_texts){ texts, count };
}

int leases_take(struct leases *leases, const char *contexts, int64_t asked_us)
{
    struct arena *arena = arena_new();
    const char *error;
    const json_t *list = json_parse(arena, contexts, strlen(contexts), &error);
    int count = (int)json_array_size(list);

    for (int i = 0; i < count; i++) {
        take(leases, json_array_get(list, (size_t)i), leases_good_until(leases, asked_us));
    }
    arena_free(arena);
    if (count > 0) {
        outcomes_note_taken_over(leases);
    }
    leases_hand_over(leases);
    return count;
}

static void take(struct leases *leases, json_t *context, int64_t good_until_us)
{
    struct arena *arena = arena_new();
    struct lease *lease = arena_alloc(arena, sizeof *lease);

    lease->leases = leases;
    lease->owner = leases->owner;
    lease->arena = arena;
    lease->context = json_keep(arena, json_incref(context));
    lease->delivery_id = lease_text(lease, "delivery_id");
    lease->request_id = lease_text(lease, "request_id");
    lease->traceparent = lease_text(lease, "traceparent");
    lease->attempts = (int)json_integer_value(json_object_get(context, "attempts"));
    lease->good_until_us = good_until_us;
    LIST_INSERT_HEAD(&leases->in_hand, lease, in_hand);
    leases->count++;
    TAILQ_INSERT_TAIL(&leases->waiting, lease, waiting);
}

const char *lease_text(const struct lease *lease, const char *member)
{
    return json_string_value(json_object_get(lease->context, member));
}

/* PostgreSQL counts from its now(), which is later than asked_us. What is begun at the last moment must be seen to be begun
 * before the lease ends. */
int64_t leases_good_until(const struct leases *leases, int64_t asked_us)
{
    int64_t lease_us = leases->notifications->settings->lease_seconds * 1000000;
    int64_t margin_us = lease_us / 10 < MARGIN_MOST_US ? lease_us / 10 : MARGIN_MOST_US;

    return asked_us + lease_us - margin_us;
}

/* --- from the beginning to the end --- */

/* Nowhere else is a delivery begun. One whose lease has run out may be ours again: what a renewal under way brings is waited
 * for. */
void leases_hand_over(struct leases *leases)
{
    struct lease *lease;

    while ((lease = TAILQ_FIRST(&leases->waiting)) && leases->begun - leases->outcomes.own_cases < leases->at_once) {
        if (is_good(lease)) {
            TAILQ_REMOVE(&leases->waiting, lease, waiting);
            lease->is_begun = true;
            leases->begun++;
            leases->channel->send(lease);
        } else if (renewals_are_under_way(leases)) {
            return;
        } else {
            drop(lease);
        }
    }
}

static bool is_good(const struct lease *lease)
{
    return clock_boot_us() < lease->good_until_us;
}

static void drop(struct lease *lease)
{
    log_info("lease.lapsed", LOG_TEXT("delivery_id", lease->delivery_id));
    leases_let_go(lease);
}

void lease_lapsed(struct lease *lease)
{
    struct leases *leases = lease->leases;

    drop(lease);
    leases_hand_over(leases);
}

void leases_lose(struct lease *lease)
{
    lease->good_until_us = 0;
    if (!lease->is_begun) {
        drop(lease);
    }
}

void leases_let_go(struct lease *lease)
{
    struct leases *leases = lease->leases;

    outcomes_forget(lease);
    if (lease->renewing) {
        *lease->renewing = NULL;
    }
    if (lease->is_begun) {
        leases->begun--;
    } else {
        TAILQ_REMOVE(&leases->waiting, lease, waiting);
    }
    LIST_REMOVE(lease, in_hand);
    leases->count--;
    if (lease->record_again) {
        event_free(lease->record_again);
    }
    arena_free(lease->arena);
}

/* --- for all files of leases/ --- */

bool leases_is_error(const struct pg_answer *answer)
{
    return pg_answer_sqlstate(answer)[0] || pg_answer_outcome(answer) == PG_RETRY || pg_answer_outcome(answer) == PG_REJECTED;
}

bool leases_may_tell(int64_t *tell_us)
{
    int64_t now_us = clock_mono_us();

    if (now_us < *tell_us) {
        return false;
    }
    *tell_us = now_us + TELL_EVERY_US;
    return true;
}

struct metric *leases_held_up(const struct leases *leases, const char *step)
{
    return metrics_series(
        metrics_gauge("sharelink_deliveries_held_up",
                      "Deliveries that PostgreSQL does not let us claim, renew or record: those that fail alone, or "
                      "all of a statement.",
                      "channel,step"),
        (const char *const[]){ leases->channel->name, step });
}

/* --- the end --- */

void leases_pause(struct leases *leases)
{
    leases->is_paused = true;
    evtimer_del(leases->claims.timer);
}

bool leases_is_empty(const struct leases *leases)
{
    return leases->count == 0 && !leases->claims.is_under_way && !renewals_are_under_way(leases);
}

void leases_free(struct leases *leases)
{
    claims_stop(leases);
    renewals_stop(leases);
    free(leases);
}
