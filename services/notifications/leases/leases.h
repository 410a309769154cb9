/* leases.h - the deliveries of one channel that this process holds leases on: from the claim to the outcome in PostgreSQL.
 *
 * Whose a delivery is, and when. The statement that leases it (a claim, or a plan that leases at once) makes it ours for
 * LEASE_SECONDS. It is in hand from then on until PostgreSQL has its outcome, and its lease is renewed every third of that
 * time: so a lease runs out only when its process died or cannot reach PostgreSQL, and then another may claim the delivery.
 * The one that still has it in hand is never leased it a second time: each claim names what is in hand.
 *
 * In hand it is first waiting, then begun, then recorded. Of those that are begun and not yet recorded there are `at_once` at
 * most, and only they can come twice when this process dies.
 *
 * An outcome that PostgreSQL has not taken, because it is away or rolled the statement back, is kept and recorded again every
 * half second: what was sent must not be sent again because nobody wrote it down. One that PostgreSQL rejects is logged and the
 * delivery let go; its lease runs out, and it is claimed again.
 *
 * At a drain (leases_pause) nothing more is claimed. What is in hand, the waiting too, is sent and recorded, and its leases are
 * renewed meanwhile. What the drain's time does not suffice for is left to its lease's end.
 *
 * A channel says how much it may have in hand, what a claim needs and what its answer means, how a delivery is sent, and how
 * its outcome is recorded. Whether to claim is decided in may_claim() alone, whether a delivery is begun in hand_over(), and
 * what becomes of an outcome that was not taken in on_recorded().
 */
#ifndef SHARELINK_NOTIFICATIONS_LEASES_H
#define SHARELINK_NOTIFICATIONS_LEASES_H

#include "common/data/json.h"
#include "common/pg/batch.h"
#include "common/pg/declared.h"
#include "services/notifications/notifications.h"

struct leases;

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

    /* leases.c's own */
    struct leases *leases;
    struct lease *before, *after;
    struct lease *next_waiting;
    struct event *record_again;
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
    /* Sends the claim, for done and the leases as its argument. room: how many may be leased; arena lives until it is sent. What
     * is in hand: leases_each. */
    void (*claim)(struct leases *leases, const void *owner, int room, struct arena *arena, pg_done *done);
    /* Reads a claim's answer and gives what it leased to leases_take; true when more may be due. */
    bool (*take)(void *owner, struct leases *leases, const struct pg_answer *answer);
    /* Begins it. Calls lease_conclude once, now or later. */
    void (*send)(struct lease *lease);
    /* Pushes the concluded delivery's outcome into the channel's batch, with done and the lease as its argument. */
    void (*record)(struct lease *lease, pg_done *done);
    /* Whether the answer to that, which has a row at least, says that the delivery was given up. */
    bool (*is_given_up)(const struct pg_answer *answer);
};

/* at_once: how many may be begun and not yet recorded. */
struct leases *leases_new(struct daemon *daemon, const struct notifications *notifications, const struct leases_channel *channel,
                          void *owner, int at_once);
void leases_pause(struct leases *leases);
bool leases_is_empty(const struct leases *leases);
void leases_free(struct leases *leases); /* only when it is empty */

/* How many may be leased to it now by a statement that is no claim. */
int leases_room(const struct leases *leases);
/* Takes what was leased to us, a JSON array of contexts, and begins what may be begun. How many that were. */
int leases_take(struct leases *leases, const char *contexts);
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

#endif
