/* flow.c - runs the steps of flows; see flow.h for the idea.
 *
 * A wait is a small object of its own that outlives its flow when the deadline comes first: the one who owes the answer
 * holds it, and finds out by flow_wait_end that nobody waits any more.
 */
#include "common/loop/flow.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/str.h"
#include "common/loop/timer.h"

struct flow_wait {
    struct flow *flow; /* NULL once abandoned */
    flow_step *then;
};

struct soon {
    struct flow_wait *wait;
    const void *answer;
};

struct pause {
    struct flow_wait *wait;
    struct event *timer;
};

static void run(struct flow *flow, flow_step *step);
static void pass_deadline(evutil_socket_t fd, short what, void *arg);
static void end_pause(evutil_socket_t fd, short what, void *arg);
static void answer_soon(evutil_socket_t fd, short what, void *arg);
static void release(struct flow *flow);

static unsigned alive;
/* What ends and waits return: its address means nothing but "decided". */
static char decided;

struct flow *flow_new(struct event_base *base, const struct flow_kind *kind, struct daemon *daemon, void *owner,
                      int64_t deadline_ms)
{
    struct arena *arena = arena_new();
    struct flow *flow = arena_alloc(arena, sizeof *flow);

    flow->arena = arena;
    flow->base = base;
    flow->kind = kind;
    flow->daemon = daemon;
    flow->owner = owner;
    flow->request_id = "";
    if (deadline_ms > 0) {
        const struct timeval after = timer_ms(deadline_ms);
        /* Timers of one length share a queue in libevent, which makes them cheap. */
        const struct timeval *shared = event_base_init_common_timeout(base, &after);
        flow->deadline = evtimer_new(base, pass_deadline, flow);
        if (!flow->deadline || evtimer_add(flow->deadline, shared ? shared : &after) < 0) {
            abort();
        }
    }
    alive++;
    return flow;
}

void flow_start(struct flow *flow, flow_step *first)
{
    run(flow, first);
}

static void run(struct flow *flow, flow_step *step)
{
    flow->stepping = true;
    struct next *next = step(flow);
    flow->stepping = false;
    flow->answer = NULL;

    assert(next && (flow->ended || flow->wait));
    (void)next;
    if (flow->ended) {
        release(flow);
    }
}

struct flow_wait *flow_wait_begin(struct flow *flow, flow_step *then)
{
    assert(!flow->wait && !flow->ended);
    struct flow_wait *wait = mem_alloc(sizeof *wait);

    wait->flow = flow;
    wait->then = then;
    flow->wait = wait;
    return wait;
}

struct next *flow_waiting(void)
{
    return (struct next *)&decided;
}

void flow_wait_end(struct flow_wait *wait, const void *answer)
{
    struct flow *flow = wait->flow;
    flow_step *then = wait->then;

    free(wait);
    if (!flow) {
        return;
    }
    assert(!flow->stepping);
    flow->wait = NULL;
    flow->answer = answer;
    run(flow, then);
}

bool flow_wait_is_abandoned(const struct flow_wait *wait)
{
    return !wait->flow;
}

static void pass_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct flow *flow = arg;
    (void)fd;
    (void)what;

    log_warn("flow.deadline_passed", LOG_TEXT("kind", flow->kind->name), LOG_TEXT("request_id", flow->request_id));
    if (flow->wait) {
        flow->wait->flow = NULL;
        flow->wait = NULL;
    }
    run(flow, flow->kind->on_deadline);
}

struct next *flow_soon(struct flow *flow, const void *answer, flow_step *then)
{
    struct soon *soon = mem_alloc(sizeof *soon);

    soon->wait = flow_wait_begin(flow, then);
    soon->answer = answer;
    timer_soon(flow->base, answer_soon, soon);
    return flow_waiting();
}

static void answer_soon(evutil_socket_t fd, short what, void *arg)
{
    struct soon soon = *(struct soon *)arg;
    (void)fd;
    (void)what;

    free(arg);
    flow_wait_end(soon.wait, soon.answer);
}

/* By a timer: what is merely made active would be next, before the loop has looked for anything else. */
struct next *flow_yield(struct flow *flow, flow_step *then)
{
    struct pause *pause = mem_alloc(sizeof *pause);

    pause->wait = flow_wait_begin(flow, then);
    pause->timer = evtimer_new(flow->base, end_pause, pause);
    if (!pause->timer) {
        abort();
    }
    timer_set(pause->timer, 0);
    return flow_waiting();
}

static void end_pause(evutil_socket_t fd, short what, void *arg)
{
    struct pause pause = *(struct pause *)arg;
    (void)fd;
    (void)what;

    free(arg);
    event_free(pause.timer);
    flow_wait_end(pause.wait, NULL);
}

struct next *flow_end(struct flow *flow)
{
    assert(!flow->ended);
    flow->ended = true;
    return (struct next *)&decided;
}

static void release(struct flow *flow)
{
    if (flow->deadline) {
        event_free(flow->deadline);
    }
    if (flow->wait) {
        flow->wait->flow = NULL;
    }
    if (flow->kind->on_end) {
        flow->kind->on_end(flow);
    }
    alive--;
    arena_free(flow->arena);
}

unsigned flow_count(void)
{
    return alive;
}
