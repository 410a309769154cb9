/* leases_internal.h - what the files of leases/ share: leases.c has the deliveries in hand, claims.c gets them, outcomes.c
 * records what became of them, renewals.c keeps them.
 */
#ifndef SHARELINK_NOTIFICATIONS_LEASES_INTERNAL_H
#define SHARELINK_NOTIFICATIONS_LEASES_INTERNAL_H

#include <event2/event.h>

#include "common/base/metrics.h"
#include "services/notifications/leases/leases.h"
#include "services/notifications/leases/portions.h"
#include "services/notifications/leases/set_aside.h"

struct claims {
    struct event *timer;
    bool is_under_way;
    int asked;        /* what the claim under way may bring */
    int room_most;    /* of one claim: less after one that took too long */
    int64_t asked_us; /* clock_boot_us() before it was sent */
    int64_t not_before_us, brought_us;
    int failures; /* in a row */
    struct set_aside aside;
    /* The search for those that make a claim fail. */
    bool is_wanted;
    struct arena *arena; /* of the ids; NULL when there is no search */
    const char **ids;
    bool *failed; /* of each id: alone */
    int id_count, failed_portions;
    bool is_any_sound, is_retry; /* is_retry: of what was set aside */
    bool is_retrys_turn;
    struct portions portions;
    struct portion portion; /* in the claim under way; count 0 for a claim of whatever is due */
    int64_t tell_us;
    struct metric *held_up;
};

struct outcomes {
    int untaken;      /* deliveries whose outcome was not taken, since one was */
    int own_cases;    /* those in hand that wait by themselves */
    int held_up;      /* both */
    int64_t probe_us; /* when one may be leased although outcomes are not taken, to see whether they are */
    int64_t tell_us;
    struct metric *held_up_metric, *dead_letters;
};

struct renewals {
    struct event *timer;
    struct arena *arena; /* of the list; NULL when there is no renewal under way */
    struct lease **list; /* NULL where it was let go meanwhile */
    int *sent, sent_count;
    int failed;
    int64_t asked_us, tell_us;
    struct portions portions;
    struct portion portion;
    struct metric *held_up;
};

struct leases {
    struct daemon *daemon;
    const struct notifications *notifications;
    const struct leases_channel *channel;
    void *owner;
    LIST_HEAD(, lease) in_hand;
    TAILQ_HEAD(, lease) waiting;
    int count;
    int at_once, begun; /* begun: and not recorded */
    bool is_paused;
    bool more_due; /* the last claim or plan left some behind, or somebody says so */
    struct claims claims;
    struct outcomes outcomes;
    struct renewals renewals;
};

/* --- leases.c --- */

/* Begins what may be begun, and drops what must not. */
void leases_hand_over(struct leases *leases);
/* What of a statement that was sent at asked_us is leased to us so long, by clock_boot_us. */
int64_t leases_good_until(const struct leases *leases, int64_t asked_us);
/* Another has it. */
void leases_lose(struct lease *lease);
void leases_let_go(struct lease *lease);
/* Whether PostgreSQL said that it failed; else it did not say anything that can be read. */
bool leases_is_error(const struct pg_answer *answer);
/* Whether to log this now: at most every ten seconds. */
bool leases_may_tell(int64_t *tell_us);
struct metric *leases_held_up(const struct leases *leases, const char *step);

/* --- claims.c --- */

void claims_start(struct leases *leases);
void claims_stop(struct leases *leases);
void claims_go(struct leases *leases);

/* --- outcomes.c --- */

void outcomes_start(struct leases *leases);
/* How many of room may be leased, as outcomes go. */
int outcomes_limit(const struct leases *leases, int room);
void outcomes_note_taken_over(struct leases *leases);
/* It is let go: no longer counted. */
void outcomes_forget(struct lease *lease);

/* --- renewals.c --- */

void renewals_start(struct leases *leases);
void renewals_stop(struct leases *leases);
bool renewals_are_under_way(const struct leases *leases);

#endif
