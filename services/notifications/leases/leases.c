/* leases.c - see the header. */
#include "services/notifications/leases/leases.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "services/notifications/leases/renew_leases.sql.h"

enum { CLAIM_EVERY_MS = 500, RECORD_AGAIN_MS = 500 };

struct leases {
    struct daemon *daemon;
    const struct notifications *notifications;
    const struct leases_channel *channel;
    void *owner;
    struct lease *in_hand;
    int count;
    struct lease *waiting, **waiting_end;
    int at_once, begun; /* begun: and not recorded */
    int asked;          /* what the claim under way may bring */
    struct event *claim_timer, *renew_timer;
    struct metric *dead_letters;
    bool claiming, renewing, paused;
    bool more_due; /* the last claim or plan left some behind, or somebody says so */
};

static void claim_on_timer(evutil_socket_t fd, short what, void *arg);
static void claim(struct leases *leases);
static bool may_claim(const struct leases *leases);
static void on_claimed(void *arg, const struct pg_answer *answer);
static void take(struct leases *leases, json_t *context);
static void hand_over(struct leases *leases);
static void on_recorded(void *arg, const struct pg_answer *answer);
static void record_later(struct lease *lease);
static void record_on_timer(evutil_socket_t fd, short what, void *arg);
static void let_go(struct lease *lease);
static bool is_to_be_filled(const struct leases *leases);
static void renew_on_timer(evutil_socket_t fd, short what, void *arg);
static void on_renewed(void *arg, const struct pg_answer *answer);

static struct event *every(struct event_base *base, int64_t interval_ms, event_callback_fn callback, void *arg)
{
    struct timeval interval = { .tv_sec = interval_ms / 1000, .tv_usec = interval_ms % 1000 * 1000 };
    struct event *timer = event_new(base, -1, EV_PERSIST, callback, arg);

    evtimer_add(timer, &interval);
    return timer;
}

struct leases *leases_new(struct daemon *daemon, const struct notifications *notifications, const struct leases_channel *channel,
                          void *owner, int at_once)
{
    struct leases *leases = mem_alloc(sizeof *leases);

    leases->daemon = daemon;
    leases->notifications = notifications;
    leases->channel = channel;
    leases->owner = owner;
    leases->at_once = at_once;
    leases->waiting_end = &leases->waiting;
    leases->dead_letters =
        metrics_series(metrics_counter("sharelink_dead_letters_total", "Deliveries that were given up.", "channel"),
                       (const char *const[]){ channel->name });
    leases->claim_timer = every(daemon->base, CLAIM_EVERY_MS, claim_on_timer, leases);
    leases->renew_timer = every(daemon->base, notifications->settings->lease_seconds * 1000 / 3, renew_on_timer, leases);
    return leases;
}

/* --- from the claim to the taking --- */

int leases_room(const struct leases *leases)
{
    int room = leases->channel->most(leases->owner) - leases->count - leases->asked;

    return leases->paused || room < 0 ? 0 : room;
}

void leases_wake(struct leases *leases)
{
    leases->more_due = true;
    claim(leases);
}

void leases_note_more(struct leases *leases)
{
    leases->more_due = true;
}

static void claim_on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    claim(arg);
}

static void claim(struct leases *leases)
{
    if (!may_claim(leases)) {
        return;
    }
    struct arena *arena = arena_new();
    int room = leases_room(leases);
    leases->claiming = true;
    leases->asked = room;
    leases->more_due = false;
    leases->channel->claim(leases, leases->owner, room, arena, on_claimed);
    arena_free(arena);
}

static bool may_claim(const struct leases *leases)
{
    return !leases->claiming && leases_room(leases) > 0;
}

struct pg_texts leases_each(const struct leases *leases, struct arena *arena, const char *member)
{
    const char **texts = arena_calloc(arena, (size_t)leases->count, sizeof *texts);
    size_t count = 0;

    for (const struct lease *lease = leases->in_hand; lease; lease = lease->after) {
        texts[count++] = lease_text(lease, member);
    }
    return (struct pg_texts){ texts, count };
}

static void on_claimed(void *arg, const struct pg_answer *answer)
{
    struct leases *leases = arg;

    leases->claiming = false;
    leases->asked = 0;
    if (pg_answer_outcome(answer) != PG_OK) {
        if (pg_answer_outcome(answer) != PG_UNAVAILABLE) {
            log_error(leases->channel->claim_failed, LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
                      LOG_TEXT("error", pg_answer_error(answer)));
        }
        return;
    }
    if (leases->channel->take(leases->owner, leases, answer)) {
        leases->more_due = true;
    }
    if (leases->channel->keeps_full && leases->more_due) {
        claim(leases);
    }
}

int leases_take(struct leases *leases, const char *contexts)
{
    struct arena *arena = arena_new();
    const char *error;
    const json_t *list = json_parse(arena, contexts, strlen(contexts), &error);
    int count = (int)json_array_size(list);

    for (int i = 0; i < count; i++) {
        take(leases, json_array_get(list, (size_t)i));
    }
    arena_free(arena);
    hand_over(leases);
    return count;
}

static void take(struct leases *leases, json_t *context)
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
    lease->after = leases->in_hand;
    if (lease->after) {
        lease->after->before = lease;
    }
    leases->in_hand = lease;
    leases->count++;
    *leases->waiting_end = lease;
    leases->waiting_end = &lease->next_waiting;
}

const char *lease_text(const struct lease *lease, const char *member)
{
    return json_string_value(json_object_get(lease->context, member));
}

/* --- from the beginning to the outcome --- */

/* Nowhere else is a delivery begun. */
static void hand_over(struct leases *leases)
{
    while (leases->waiting && leases->begun < leases->at_once) {
        struct lease *lease = leases->waiting;
        leases->waiting = lease->next_waiting;
        if (!leases->waiting) {
            leases->waiting_end = &leases->waiting;
        }
        leases->begun++;
        leases->channel->send(lease);
    }
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
    const struct leases_channel *channel = leases->channel;

    if (pg_answer_outcome(answer) == PG_UNAVAILABLE || pg_answer_outcome(answer) == PG_RETRY) {
        record_later(lease);
        return;
    }
    if (pg_answer_rows(answer) > 0 && channel->is_given_up(answer)) {
        metrics_add(leases->dead_letters, 1);
    }
    if (pg_answer_outcome(answer) == PG_REJECTED) {
        log_error(channel->outcome_rejected, LOG_TEXT("delivery_id", lease->delivery_id),
                  LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
                  LOG_TEXT(channel->tells_rejection ? "error" : NULL, pg_answer_error(answer)));
    }
    let_go(lease);
    hand_over(leases);
    if (is_to_be_filled(leases)) {
        claim(leases);
    }
}

static void record_later(struct lease *lease)
{
    const struct timeval pause = { 0, RECORD_AGAIN_MS * 1000 };

    if (!lease->record_again) {
        lease->record_again = evtimer_new(lease->leases->daemon->base, record_on_timer, lease);
    }
    evtimer_add(lease->record_again, &pause);
}

static void record_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct lease *lease = arg;
    (void)fd;
    (void)what;

    lease->leases->channel->record(lease, on_recorded);
}

static void let_go(struct lease *lease)
{
    struct leases *leases = lease->leases;

    if (lease->before) {
        lease->before->after = lease->after;
    } else {
        leases->in_hand = lease->after;
    }
    if (lease->after) {
        lease->after->before = lease->before;
    }
    leases->count--;
    leases->begun--;
    if (lease->record_again) {
        event_free(lease->record_again);
    }
    arena_free(lease->arena);
}

static bool is_to_be_filled(const struct leases *leases)
{
    return leases->channel->keeps_full || (leases->more_due && leases->count <= leases->channel->most(leases->owner) / 2);
}

/* --- renewal --- */

static void renew_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct leases *leases = arg;
    struct pg_params params;
    (void)fd;
    (void)what;

    if (leases->count == 0 || leases->renewing) {
        return;
    }
    struct arena *arena = arena_new();
    struct renew_leases_in in = {
        .delivery_ids = leases_each(leases, arena, "delivery_id"),
        .lease_holder = leases->notifications->holder,
        .lease_s = leases->notifications->settings->lease_seconds,
    };
    renew_leases_params(&params, arena, &in);
    leases->renewing = true;
    pg_send(leases->daemon->pg, &renew_leases_statement, &params, on_renewed, leases);
    arena_free(arena);
}

static void on_renewed(void *arg, const struct pg_answer *answer)
{
    struct leases *leases = arg;

    leases->renewing = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        log_warn(leases->channel->leases_not_renewed, LOG_INT(leases->channel->plural, leases->count));
    }
}

/* --- the end --- */

void leases_pause(struct leases *leases)
{
    leases->paused = true;
    evtimer_del(leases->claim_timer);
}

bool leases_is_empty(const struct leases *leases)
{
    return leases->count == 0 && !leases->claiming && !leases->renewing;
}

void leases_free(struct leases *leases)
{
    event_free(leases->claim_timer);
    event_free(leases->renew_timer);
    free(leases);
}
