/* work.h - items that share a statement and never a fate.
 *
 * An item is a key: the id of an event, of a link. All go as one statement while that goes well. When PostgreSQL answers with an
 * error, whatever it is, they go one by one, within limits far below those of all together; what fails alone is put off: it waits
 * by itself, longer each time, and is tried again by itself, behind those that have failed less. Nobody else waits for it. Only
 * what PostgreSQL rejects for the item's own data (PG_REJECTED) is condemned, and only when it was tried alone.
 *
 * What waits is remembered in this process alone, and some thousands at most: who sends items finds those that are not done
 * again.
 */
#ifndef SHARELINK_PG_WORK_H
#define SHARELINK_PG_WORK_H

#include "common/pg/declared.h"

struct pg_work;

struct pg_work_options {
    const char *name; /* in metrics and logs */
    /* Sends the statement for these items, within these limits (pg_params.limits). */
    struct next *(*send)(struct flow *flow, void *owner, struct pg_texts keys, struct pg_limits limits, flow_step *then);
    /* These are done: reads the answer, which is PG_OK. arg: of pg_work_run, NULL when they had waited. */
    void (*take)(struct flow *flow, void *owner, struct pg_texts keys, void *arg);
    /* Sends what records that the item itself is at fault. When this is done, so is the item. NULL: it waits like any other. */
    struct next *(*condemn)(struct flow *flow, void *owner, const char *key, const char *sqlstate, flow_step *then);
    void (*condemned)(struct flow *flow, void *owner); /* reads the answer of that, which is PG_OK; may be NULL */
    void *owner;
    const void *app; /* of the flows in which what has waited is tried again */
    struct daemon *daemon;
    const char *log_event; /* of what is put off; NULL: work.put_off */
    bool hides_keys;       /* they are no matter of logs */
};

struct pg_work *pg_work_new(struct event_base *base, const struct pg_work_options *options);
void pg_work_pause(struct pg_work *work); /* tries nothing again; what is under way ends by itself */
void pg_work_free(struct pg_work *work);

/* Goes on with then when each item is done, condemned or put off, or had been put off before; with failed when the connection is
 * gone. The keys are borrowed until then. */
struct next *pg_work_run(struct flow *flow, struct pg_work *work, struct pg_texts keys, void *arg, flow_step *then,
                         flow_step *failed) FLOW_NEXT;

/* Those that wait, copied into the arena. */
struct pg_texts pg_work_waiting(const struct pg_work *work, struct arena *arena);
bool pg_work_has_waiting(const struct pg_work *work);

/* Counts what PostgreSQL did not do now and is asked for again, under the name of a work: for work that has no items. */
void pg_work_note_put_off(const char *name, const char *sqlstate, const char *error);
/* From the start: a counter that appears with its first count shows no increase. */
void pg_work_announce(const char *name);

#endif
