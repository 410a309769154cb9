/* claims.c - what is due is claimed; when PostgreSQL fails a claim, the deliveries that make it fail are searched for.
 *
 * A search asks what is due (which nothing can make fail), and claims it in portions, ever smaller ones of what fails. Those that
 * fail alone are set aside: later claims leave them out, and each is tried again by itself (set_aside.h). When nothing of what
 * was found can be claimed, it is hardly the deliveries' fault: the search is given up soon, and made again after a pause.
 */
#include <string.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/loop/timer.h"
#include "services/notifications/leases/leases_internal.h"

enum {
    CLAIM_EVERY_MS = 500,
    SEARCH_MAX = 64,
    SEARCH_AGAIN_FIRST_MS = 250,
    SEARCH_AGAIN_MOST_MS = 2000,
    UNREADABLE_FIRST_MS = 500, /* each such claim may have leased what nobody sends */
    UNREADABLE_MOST_MS = 30000,
    ROOM_MAX = 1 << 16,
    FAILED_ENOUGH = 8, /* portions, and none was sound */
};

/* What a claim may take; of a portion less, and of one alone more each time that it has failed. */
enum { CLAIM_MS = 1500, PORTION_MS = 400, DOUBLINGS_MAX = 2 };

static void claim_on_timer(evutil_socket_t fd, short what, void *arg);
static bool is_too_soon(const struct claims *claims);
static void try_set_aside(struct leases *leases);
static bool next_portion(struct leases *leases, int room);
static void claim(struct leases *leases, int room);
static int limit_ms(const struct claims *claims);
static struct pg_texts held_ids(const struct leases *leases, struct arena *arena);
static void on_claimed(void *arg, const struct pg_answer *answer);
static void note_room(struct claims *claims, const struct pg_answer *answer);
static void note_brought(struct leases *leases, struct leases_brought brought);
static void note_unreadable(struct leases *leases, const struct pg_answer *answer);
static void tell_failure(struct leases *leases, const struct pg_answer *answer);

static void find_due(struct leases *leases);
static void on_found(void *arg, const struct pg_answer *answer);
static void begin_search(struct leases *leases, const char *const *ids, int count);
static void note_failed_portion(struct leases *leases);
static void end_search(struct leases *leases);
static void forget_search(struct claims *claims);

void claims_start(struct leases *leases)
{
    leases->claims.held_up = leases_held_up(leases, "claim");
    leases->claims.room_most = ROOM_MAX;
    leases->claims.timer = timer_every(leases->daemon->base, CLAIM_EVERY_MS, claim_on_timer, leases);
}

void claims_stop(struct leases *leases)
{
    event_free(leases->claims.timer);
    forget_search(&leases->claims);
    portions_free(&leases->claims.portions);
    set_aside_empty(&leases->claims.aside);
}

static void claim_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct leases *leases = arg;
    (void)fd;
    (void)what;

    leases_hand_over(leases);
    claims_go(leases);
}

/* What was set aside is tried in turns with what is due, so that neither waits for the other. */
void claims_go(struct leases *leases)
{
    struct claims *claims = &leases->claims;
    int room = leases_room(leases);

    if (claims->is_under_way || room == 0 || is_too_soon(claims) || !pg_pool_is_ready(leases->daemon->pg)) {
        return;
    }
    if (!claims->arena && claims->is_retrys_turn) {
        try_set_aside(leases);
    }
    if (!claims->arena && claims->is_wanted) {
        find_due(leases);
        return;
    }
    if (!claims->arena || next_portion(leases, room) || !is_too_soon(claims)) {
        claim(leases, room);
    }
}

static bool is_too_soon(const struct claims *claims)
{
    return clock_mono_us() < claims->not_before_us;
}

static void try_set_aside(struct leases *leases)
{
    const char *due[SEARCH_MAX];
    int count = set_aside_due(&leases->claims.aside, due, SEARCH_MAX);

    leases->claims.is_retrys_turn = false;
    if (count > 0) {
        begin_search(leases, due, count);
        leases->claims.is_retry = true;
    }
}

/* False when the search has ended with this. A portion is wholly claimed, or says nothing of what was left. */
static bool next_portion(struct leases *leases, int room)
{
    struct claims *claims = &leases->claims;

    while (portions_next(&claims->portions, &claims->portion)) {
        if (claims->portion.count <= room) {
            return true;
        }
        portions_split(&claims->portions, claims->portion);
    }
    end_search(leases);
    return false;
}

static void claim(struct leases *leases, int room)
{
    struct claims *claims = &leases->claims;
    struct arena *arena = arena_new();
    struct leases_wanted wanted = { .room = room < claims->room_most ? room : claims->room_most,
                                    .limits = { .statement_ms = limit_ms(claims) },
                                    .held_ids = held_ids(leases, arena) };

    if (claims->arena) {
        wanted.only_ids = (struct pg_texts){ claims->ids + claims->portion.from, (size_t)claims->portion.count };
    } else {
        claims->portion.count = 0;
        claims->is_retrys_turn = true;
        leases->more_due = false;
    }
    claims->is_under_way = true;
    claims->asked = wanted.room;
    claims->asked_us = clock_boot_us();
    leases->channel->claim(leases, leases->owner, &wanted, arena, on_claimed);
    arena_free(arena);
}

static int limit_ms(const struct claims *claims)
{
    int failures =
        claims->arena && claims->portion.count == 1 ? set_aside_failures(&claims->aside, claims->ids[claims->portion.from]) : 0;

    return claims->arena ? PORTION_MS << (failures < DOUBLINGS_MAX ? failures : DOUBLINGS_MAX) : CLAIM_MS;
}

/* What is in hand and, but for a portion, what is set aside. */
static struct pg_texts held_ids(const struct leases *leases, struct arena *arena)
{
    const struct claims *claims = &leases->claims;
    struct pg_texts in_hand = leases_each(leases, arena, "delivery_id");

    if (claims->arena || claims->aside.count == 0) {
        return in_hand;
    }
    const char **ids = arena_calloc(arena, in_hand.count + (size_t)claims->aside.count, sizeof *ids);
    memcpy(ids, in_hand.list, in_hand.count * sizeof *ids);
    for (int i = 0; i < claims->aside.count; i++) {
        ids[in_hand.count + (size_t)i] = claims->aside.list[i].id;
    }
    return (struct pg_texts){ ids, in_hand.count + (size_t)claims->aside.count };
}

static void on_claimed(void *arg, const struct pg_answer *answer)
{
    struct leases *leases = arg;
    struct claims *claims = &leases->claims;
    bool was_searching = claims->arena;

    note_room(claims, answer);
    claims->is_under_way = false;
    claims->asked = 0;
    if (pg_answer_outcome(answer) == PG_OK) {
        note_brought(leases, leases->channel->take(leases->owner, leases, answer, claims->asked_us));
    } else if (!leases_is_error(answer)) {
        note_unreadable(leases, answer);
    } else {
        tell_failure(leases, answer);
        if (claims->arena) {
            note_failed_portion(leases);
        } else {
            claims->is_wanted = true;
        }
    }
    metrics_set(claims->held_up, claims->aside.count + (claims->failures > 0 || claims->is_wanted));
    if (was_searching || claims->is_wanted || (leases->channel->keeps_full && leases->more_due)) {
        claims_go(leases);
    }
}

/* It may be the many that took so long, and not one. */
static void note_room(struct claims *claims, const struct pg_answer *answer)
{
    if (claims->arena) {
        return;
    }
    if (str_equal(pg_answer_sqlstate(answer), "57014")) {
        claims->room_most = claims->asked / 2 > SEARCH_MAX ? claims->asked / 2 : SEARCH_MAX;
    } else if (pg_answer_outcome(answer) == PG_OK && claims->room_most < ROOM_MAX) {
        claims->room_most *= 2;
    }
}

static void note_brought(struct leases *leases, struct leases_brought brought)
{
    struct claims *claims = &leases->claims;

    leases->more_due = leases->more_due || brought.more;
    for (int i = 0; claims->arena && i < claims->portion.count; i++) {
        set_aside_remove(&claims->aside, claims->ids[claims->portion.from + i]);
    }
    claims->is_any_sound = claims->is_any_sound || brought.some;
    if (brought.some) {
        claims->brought_us = clock_mono_us();
        set_aside_clear_doubts(&claims->aside);
    }
    if (!claims->arena) {
        claims->failures = 0;
    }
}

/* Its connection broke, or its answer is not as declared. */
static void note_unreadable(struct leases *leases, const struct pg_answer *answer)
{
    struct claims *claims = &leases->claims;

    forget_search(claims);
    if (pg_pool_is_ready(leases->daemon->pg)) {
        tell_failure(leases, answer);
    }
    claims->not_before_us =
        clock_mono_us() + (int64_t)1000 * backoff_ms((unsigned)claims->failures++, UNREADABLE_FIRST_MS, UNREADABLE_MOST_MS);
}

static void tell_failure(struct leases *leases, const struct pg_answer *answer)
{
    if (leases_may_tell(&leases->claims.tell_us)) {
        log_error(leases->channel->claim_failed, LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
                  LOG_TEXT("error", pg_answer_error(answer)));
    }
}

/* --- the search --- */

static void find_due(struct leases *leases)
{
    struct arena *arena = arena_new();

    leases->claims.is_under_way = true;
    leases->channel->find_due(leases, leases->owner, held_ids(leases, arena), SEARCH_MAX, arena, on_found);
    arena_free(arena);
}

static void on_found(void *arg, const struct pg_answer *answer)
{
    struct leases *leases = arg;
    const char *ids[SEARCH_MAX];
    int count = 0;

    leases->claims.is_under_way = false;
    for (; count < pg_answer_rows(answer) && count < SEARCH_MAX; count++) {
        ids[count] = leases->channel->due_id(answer, count);
    }
    begin_search(leases, ids, count);
    claims_go(leases);
}

static void begin_search(struct leases *leases, const char *const *ids, int count)
{
    struct claims *claims = &leases->claims;

    claims->arena = arena_new();
    claims->ids = arena_calloc(claims->arena, (size_t)count, sizeof *claims->ids);
    claims->failed = arena_calloc(claims->arena, (size_t)count, sizeof *claims->failed);
    claims->id_count = count;
    claims->failed_portions = 0;
    claims->is_any_sound = claims->is_retry = false;
    for (int i = 0; i < count; i++) {
        claims->ids[i] = arena_strdup(claims->arena, ids[i]);
    }
    portions_begin(&claims->portions, 0);
    portions_split(&claims->portions, (struct portion){ 0, count });
}

static void note_failed_portion(struct leases *leases)
{
    struct claims *claims = &leases->claims;

    claims->failed_portions++;
    if (claims->portion.count == 1) {
        claims->failed[claims->portion.from] = true;
    } else if (claims->is_any_sound || claims->failed_portions < FAILED_ENOUGH) {
        portions_split(&claims->portions, claims->portion);
    } else {
        memset(claims->failed, true, (size_t)claims->id_count * sizeof *claims->failed);
        end_search(leases);
    }
}

static void end_search(struct leases *leases)
{
    struct claims *claims = &leases->claims;

    for (int i = 0; i < claims->id_count; i++) {
        if (claims->failed[i] && set_aside_add(&claims->aside, claims->ids[i], claims->is_any_sound, claims->brought_us)) {
            log_error("delivery.set_aside", LOG_TEXT("channel", leases->channel->name), LOG_TEXT("delivery_id", claims->ids[i]));
        }
    }
    if (claims->is_any_sound) {
        claims->failures = 0;
    } else if (!claims->is_retry) {
        claims->not_before_us = clock_mono_us() + (int64_t)1000 * backoff_ms((unsigned)claims->failures++, SEARCH_AGAIN_FIRST_MS,
                                                                             SEARCH_AGAIN_MOST_MS);
    }
    claims->is_wanted = claims->is_wanted && claims->is_retry;
    forget_search(claims);
    metrics_set(claims->held_up, claims->aside.count + (claims->failures > 0));
}

static void forget_search(struct claims *claims)
{
    arena_free(claims->arena);
    claims->arena = NULL;
    portions_begin(&claims->portions, 0);
}
