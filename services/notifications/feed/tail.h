/* tail.h - the log's tail: one reader per process, for all listeners. */
#ifndef SHARELINK_NOTIFICATIONS_TAIL_H
#define SHARELINK_NOTIFICATIONS_TAIL_H

#include "common/daemon/daemon.h"
#include "common/data/json.h"

struct tail;

struct tail_options {
    /* Of each event that was committed since it knows where the log ends: as read_tail.sql has it. */
    void (*tell)(void *arg, const json_t *event);
    /* It could not be read for long: those who listen have missed something. */
    void (*on_lost)(void *arg);
    void *arg;
};

struct tail *tail_new(struct daemon *daemon, const struct tail_options *options);
void tail_pause(struct tail *tail);
bool tail_is_quiet(const struct tail *tail);
void tail_free(struct tail *tail);

/* Something was added to the log: it is read when somebody listens or when it is being read anyway. */
void tail_note_added(struct tail *tail, bool anybody_listens);

/* feed.h says what these mean. */
bool tail_is_ready(const struct tail *tail);
bool tail_is_behind(const struct tail *tail);
struct next *tail_catch_up(struct tail *tail, struct flow *flow, flow_step *then) FLOW_NEXT;

#endif
