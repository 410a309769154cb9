/* tail.c - see the header.
 *
 * It is read when the streams say that something was added, and twice a second without them and while nobody listens.
 */
#include "services/notifications/feed/tail.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/pg/pg.h"
#include "services/notifications/feed/read_tail.sql.h"
#include "services/notifications/feed/round.h"

#define FAILING_MOST_US (10 * (int64_t)1000000)

enum { FIRST_TICK_MS = 20, TICK_MS = 500 };

struct tail {
    struct daemon *daemon;
    struct tail_options options;
    struct round round;         /* told: NULL until the log's end is known */
    struct flow_wait **joining; /* the first listeners to be, until it has caught up */
    size_t joining_count;
    struct event *tick;
    int64_t failing_since_us;
    bool behind; /* something was added, and not read: nobody listened */
    bool reading, again, paused;
};

static void on_tick(evutil_socket_t fd, short what, void *arg);
static void read_tail(struct tail *tail);
static void ask_tail(struct tail *tail);
static void take_tail(void *arg, const struct pg_answer *answer);
static void note_failure(struct tail *tail);
static void let_join(struct tail *tail);

struct tail *tail_new(struct daemon *daemon, const struct tail_options *options)
{
    const struct timeval interval = { 0, FIRST_TICK_MS * 1000 }; /* until PostgreSQL has told where the log ends */
    struct tail *tail = mem_alloc(sizeof *tail);

    tail->daemon = daemon;
    tail->options = *options;
    tail->tick = event_new(daemon->base, -1, EV_PERSIST, on_tick, tail);
    evtimer_add(tail->tick, &interval);
    return tail;
}

bool tail_is_ready(const struct tail *tail)
{
    return tail->round.told && !tail->paused;
}

bool tail_is_behind(const struct tail *tail)
{
    return tail->behind;
}

void tail_note_added(struct tail *tail, bool anybody_listens)
{
    if (anybody_listens || tail->reading) {
        read_tail(tail);
    } else {
        tail->behind = true;
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    read_tail(arg);
}

static void read_tail(struct tail *tail)
{
    /* A round tells nothing that was committed since it began. */
    tail->again = tail->reading || tail->round.upto;
    if (!tail->reading) {
        ask_tail(tail);
    }
}

static void ask_tail(struct tail *tail)
{
    struct pg_params params;

    if (tail->paused) {
        return;
    }
    struct arena *arena = arena_new();
    struct read_tail_in in = {
        .told = tail->round.told,
        .upto = tail->round.upto,
        .xid = tail->round.xid ? tail->round.xid : "0",
        .event_id = tail->round.event_id ? tail->round.event_id : "",
    };
    read_tail_params(&params, arena, &in);
    tail->reading = true;
    pg_send(tail->daemon->pg, &read_tail_statement, &params, take_tail, tail);
    arena_free(arena);
}

static void take_tail(void *arg, const struct pg_answer *answer)
{
    struct tail *tail = arg;
    const char *error;

    tail->reading = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        note_failure(tail);
        let_join(tail);
        return; /* the next tick tries again, from the same place */
    }
    tail->failing_since_us = 0;
    struct arena *arena = arena_new();
    struct read_tail_out out = read_tail_read(answer, 0);
    const json_t *events = json_parse(arena, out.events, strlen(out.events), &error);
    for (size_t i = 0; i < json_array_size(events); i++) {
        tail->options.tell(tail->options.arg, json_array_get(events, i));
    }
    if (!tail->round.told) {
        const struct timeval interval = { 0, TICK_MS * 1000 };
        evtimer_add(tail->tick, &interval);
    }
    round_advance(&tail->round, events, out.snapshot);
    arena_free(arena);
    if (out.has_more) {
        ask_tail(tail);
        return;
    }
    round_end(&tail->round);
    if (tail->again) {
        read_tail(tail);
    } else {
        tail->behind = false;
        let_join(tail);
    }
}

/* Silence must not pass for quiet: who comes again hears that it cannot be read, or goes on when it can. */
static void note_failure(struct tail *tail)
{
    int64_t now_us = clock_mono_us();

    tail->failing_since_us = tail->failing_since_us ? tail->failing_since_us : now_us;
    if (!tail->round.told || now_us - tail->failing_since_us < FAILING_MOST_US) {
        return;
    }
    tail->options.on_lost(tail->options.arg);
    round_clear(&tail->round);
}

struct next *tail_catch_up(struct tail *tail, struct flow *flow, flow_step *then)
{
    tail->joining = mem_resize(tail->joining, (tail->joining_count + 1) * sizeof(struct flow_wait *));
    tail->joining[tail->joining_count++] = flow_wait_begin(flow, then);
    tail->behind = true; /* what is committed by now may not have been noted yet */
    read_tail(tail);
    return flow_waiting();
}

/* Their steps may join again, when it is behind again. */
static void let_join(struct tail *tail)
{
    struct flow_wait **joining = tail->joining;
    size_t count = tail->joining_count;

    tail->joining = NULL;
    tail->joining_count = 0;
    for (size_t i = 0; i < count; i++) {
        flow_wait_end(joining[i], NULL);
    }
    free(joining);
}

void tail_pause(struct tail *tail)
{
    tail->paused = true;
    evtimer_del(tail->tick);
    let_join(tail);
}

bool tail_is_quiet(const struct tail *tail)
{
    return !tail->reading;
}

void tail_free(struct tail *tail)
{
    event_free(tail->tick);
    round_clear(&tail->round);
    free(tail);
}
