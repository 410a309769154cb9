/* flow.h - asynchronous steps that read from top to bottom.
 *
 * A flow is one piece of work: an HTTP request, a batch of stream entries, a mail. Its steps are functions that do a
 * little work and RETURN what happens next. struct next is never defined, so only a wait (pg_query, mail_send…) or an end
 * (http_reply_json, stream_ack…) can make one, and all of them are FLOW_NEXT: a step that forgets to decide does not
 * compile.
 *
 *     static struct next *look_up(struct flow *flow) { … return pg_query(flow, db, &statement, &params, reply); }
 *     static struct next *reply(struct flow *flow)   { … return http_reply_json(flow, 200, text); }
 *
 * One wait is in flight per flow, and calls its step exactly once, failures too. A flow has a deadline: when it passes,
 * on_deadline ends the flow, and an answer that comes later is dropped. What must outlive a wait is a field of the flow's
 * state; its memory is in the flow's arena, which is freed once, when the flow has ended and its step has returned.
 *
 * Everything here belongs to the event loop's thread.
 */
#ifndef SHARELINK_FLOW_H
#define SHARELINK_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"

struct daemon;
struct event_base;
struct flow;
struct flow_wait;
struct next;
struct pg_transaction;

#define FLOW_NEXT __attribute__((warn_unused_result))

typedef struct next *flow_step(struct flow *flow);

/* What a kind of flow (an HTTP request, a stream batch) has its owner do. */
struct flow_kind {
    const char *name;
    /* Ends the flow: replies 503, leaves the entries for later. Must end in a flow_end. */
    struct next *(*on_deadline)(struct flow *flow);
    /* Called once, last, before the arena goes; may be NULL. */
    void (*on_end)(struct flow *flow);
};

struct flow {
    struct arena *arena;
    struct daemon *daemon;              /* its pools and settings */
    const void *app;                    /* the service's own settings and parts, as given to the daemon */
    const void *identity;               /* who calls, as the route's guard found out; NULL without one */
    void *owner;                        /* of the kind: the request, the batch */
    void *state;                        /* the handler's own fields, in the arena */
    const void *answer;                 /* of the wait that just ended; valid until the step returns */
    const char *request_id;             /* never NULL */
    const char *traceparent;            /* W3C trace context, or NULL */
    struct pg_transaction *transaction; /* through which its statements go; NULL mostly, see pg/transaction.h */

    /* flow.c's own */
    const struct flow_kind *kind;
    struct event_base *base;
    struct flow_wait *wait;
    struct event *deadline;
    bool ended;
    bool stepping;
};

/* A flow with an arena of its own; runs nothing yet. */
struct flow *flow_new(struct event_base *base, const struct flow_kind *kind, struct daemon *daemon, void *owner,
                      int64_t deadline_ms);
/* Runs its first step. The flow may be gone when this returns. */
void flow_start(struct flow *flow, flow_step *first);

/* For those who make waits. flow_wait_begin parks the flow until flow_wait_end, which must be called exactly once, from
 * the loop, never from inside flow_wait_begin's caller's own step. It runs the step, or does nothing when the flow has
 * ended meanwhile. flow_waiting() is what the wait function returns. answer is borrowed until flow_wait_end returns. */
struct flow_wait *flow_wait_begin(struct flow *flow, flow_step *then);
void flow_wait_end(struct flow_wait *wait, const void *answer);
bool flow_wait_is_abandoned(const struct flow_wait *wait);
struct next *flow_waiting(void) FLOW_NEXT;

/* For a wait that fails at once: the step runs with the answer from the loop's next turn. The answer must stay valid
 * until then (static or in the arena). */
struct next *flow_soon(struct flow *flow, const void *answer, flow_step *then) FLOW_NEXT;

/* For work that is too long for one turn of the loop: the step runs when all that has come meanwhile has had its turn. */
struct next *flow_yield(struct flow *flow, flow_step *then) FLOW_NEXT;

/* For those who make ends: marks the flow as ended. */
struct next *flow_end(struct flow *flow) FLOW_NEXT;

/* Flows that have not ended, of all kinds; for drains and gauges. */
unsigned flow_count(void);

#endif
