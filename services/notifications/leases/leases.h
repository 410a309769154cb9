/* leases.h - the deliveries of one channel that this process holds leases on: from the claim to the outcome in PostgreSQL.
 *
 * Whose a delivery is, and when. The statement that leases it (a claim, or a plan that leases at once) makes it ours for
 * LEASE_SECONDS, counted from before that statement was sent, by the clock that goes on while the process or the machine is
 * stopped. It is in hand from then on until PostgreSQL has its outcome, and its lease is renewed every third of that time. The
 * one that still has it in hand is never leased it a second time: each claim names what is in hand.
 *
 * In hand it is first waiting, then begun, then recorded. Of those that are begun and not yet recorded there are `at_once` at
 * most, and only they can come twice when this process dies. Nothing is begun past its lease: what has run out, or was found in
 * other hands, is dropped, and whoever claims it sends it. What takes its time to begin (a mail before its content, a webhook
 * before its request) asks lease->good_until_us once more, and ends in lease_lapsed.
 *
 * What was sent must not be sent again because nobody wrote it down: an outcome that PostgreSQL has not taken, for whatever
 * reason, is kept, its lease renewed, and recorded again with growing pauses (outcomes.c). Meanwhile nothing new is leased, but
 * for what shows whether outcomes are taken again. An outcome whose own text is at fault is recorded without it.
 *
 * A claim that PostgreSQL fails is tried in portions, down to single deliveries: those that fail alone are set aside, and all
 * others go on (claims.c, set_aside.h). Renewals likewise (renewals.c). A row that somebody has locked is passed over by all.
 *
 * At a drain (leases_pause) nothing more is claimed. What is in hand, the waiting too, is sent and recorded, and its leases are
 * renewed meanwhile. What the drain's time does not suffice for is left to its lease's end.
 *
 * A channel says how much it may have in hand, what a claim needs and what its answer means, how a delivery is sent, and how
 * its outcome is recorded. Whether to claim is decided in leases_room() alone, whether a delivery is begun in leases_hand_over(),
 * and what becomes of an outcome that was not taken in outcomes.c.
 */
#ifndef SHARELINK_NOTIFICATIONS_LEASES_H
#define SHARELINK_NOTIFICATIONS_LEASES_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "common/data/json.h"
#include "common/pg/batch.h"
#include "common/pg/declared.h"
#include "services/notifications/notifications.h"

struct leases;
struct leases_channel;

/* A delivery in hand. */
struct lease {
    void *owner;           /* the channel's, as given to leases_new */
    struct arena *arena;   /* lives until the outcome is recorded, and all below in it */
    const json_t *context; /* all that sending it needs, as the statement that leased it told */
    const char *delivery_id;
    const char *request_id, *traceparent; /* of the request that it all began with; may be NULL */
    int attempts;                         /* with the one under way */
    const char *outcome, *detail;         /* once it is concluded */
    int64_t delay_ms;
    /* Of clock_boot_us: it must not be begun later. For other threads, too. */
    _Atomic int64_t good_until_us;

    /* of leases/ alone */
    struct leases *leases;
    LIST_ENTRY(lease) in_hand;
    TAILQ_ENTRY(lease) waiting;
    bool is_begun;
    struct lease **renewing; /* its place in the renewal under way */
    struct event *record_again;
    int untaken;      /* times that its outcome was not taken */
    bool is_reduced;  /* its detail could not be stored */
    bool is_own_case; /* others' outcomes are taken, or its row is locked: it waits by itself */
};

/* What a claim is to bring, within these limits. only_ids: when there are any, no others. */
struct leases_wanted {
    int room;
    struct pg_limits limits;
    struct pg_texts held_ids, only_ids;
};

/* What a claim has brought, and whether more may be due. */
struct leases_brought {
    bool some, more;
};

enum lease_record {
    LEASE_RECORDED,
    LEASE_GIVEN_UP, /* recorded; no further try */
    LEASE_BUSY,     /* somebody has its row locked: not recorded */
};

/* What is a channel's own; owner is what leases_new was given. */
struct leases_channel {
    const char *name;                                                 /* as metrics have it */
    const char *plural;                                               /* the field of a log line that counts its deliveries */
    const char *claim_failed, *outcome_rejected, *leases_not_renewed; /* log lines */
    bool tells_rejection; /* outcome_rejected has PostgreSQL's message: it cannot quote a mail address */
    /* Claims again as soon as anything is free. Otherwise when no more than half of `most` is in hand and more is known to be
     * due. */
    bool keeps_full;
    /* How many it may have in hand now. */
    int (*most)(const void *owner);
    /* Sends a claim, for done and the leases as its argument; arena lives until it is sent. What is in hand: leases_each. */
    void (*claim)(struct leases *leases, const void *owner, const struct leases_wanted *wanted, struct arena *arena,
                  pg_done *done);
    /* Sends the question what could be claimed, and reads a row of its answer. */
    void (*find_due)(struct leases *leases, const void *owner, struct pg_texts held_ids, int most, struct arena *arena,
                     pg_done *done);
    const char *(*due_id)(const struct pg_answer *answer, int row);
    /* Reads a claim's answer and gives what it leased to leases_take, with asked_us. */
    struct leases_brought (*take)(void *owner, struct leases *leases, const struct pg_answer *answer, int64_t asked_us);
    /* Begins it. Calls lease_conclude or lease_lapsed once, now or later. */
    void (*send)(struct lease *lease);
    /* Pushes the concluded delivery's outcome into a batch, with done and the lease as its argument: into another one when it was
     * not taken before (lease->untaken), so that it holds up none that is recorded for the first time. */
    void (*record)(struct lease *lease, pg_done *done);
    /* What the answer to that, which has a row at least, says. */
    enum lease_record (*recorded)(const struct pg_answer *answer);
};

/* at_once: how many may be begun and not yet recorded. */
struct leases *leases_new(struct daemon *daemon, const struct notifications *notifications, const struct leases_channel *channel,
                          void *owner, int at_once);
void leases_pause(struct leases *leases);
bool leases_is_empty(const struct leases *leases);
void leases_free(struct leases *leases); /* only when it is empty */

/* How many may be leased to it now by a statement that is no claim. */
int leases_room(const struct leases *leases);
/* Takes what was leased to us, a JSON array of contexts, and begins what may be begun. asked_us: clock_boot_us() before the
 * statement was sent. How many that were. */
int leases_take(struct leases *leases, const char *contexts, int64_t asked_us);
/* More is due than was taken: to be claimed as soon as there is room. */
void leases_note_more(struct leases *leases);
/* Something may be due: claims now, or again after the claim under way. */
void leases_wake(struct leases *leases);
/* This member of the context of each delivery in hand, a list in the arena. */
struct pg_texts leases_each(const struct leases *leases, struct arena *arena, const char *member);

/* A text in its context, or NULL. */
const char *lease_text(const struct lease *lease, const char *member);
/* It was tried. outcome is borrowed, detail (NULL: none) copied; delay_ms: before the next try, as the record understands it. */
void lease_conclude(struct lease *lease, const char *outcome, const char *detail, int64_t delay_ms);
/* It was not begun, as its lease had run out: dropped. */
void lease_lapsed(struct lease *lease);

#endif
