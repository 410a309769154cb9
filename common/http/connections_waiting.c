/* connections_waiting.c - answers that wait to be read, and requests that wait for their end; how much memory either may have
 * together.
 *
 * An answer is in memory until its last byte was taken, so that slow readers of big ones could fill it. Each big answer that is
 * on its way counts with its whole length, one that many readers share (a page of the cache) once. What would be too much ends
 * those who have taken nothing for a while, the longest first; where there are none, the answer is not given, but for one that
 * tells of something that was done.
 *
 * A request is in memory from its first byte on, so that those who send most of a large one, and not its end, could fill it too.
 * Where all of them together have too much, those go that have been at it the longest: after a second, or at once when it is
 * twice too much. A request that may be larger than others counts until it is answered: what is at work leaves less for who
 * comes.
 */
#include "common/http/connections_internal.h"

#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/loop/timer.h"

#define STALLED_US   (2 * (int64_t)1000000)
#define RECEIVING_US ((int64_t)1000000)
/* Of a request that may be so large: worth giving back when it is gone. */
#define RECEIVED_LARGE ((size_t)1024 * 1024)

struct shared_body {
    const void *body;
    size_t length;
    int readers;
    struct shared_body *next;
};

static struct shared_body **find_shared(struct http_connections *connections, const void *body);
static bool end_stalled(struct http_connections *connections);
static void count(struct http_connections *connections, size_t more, size_t less);

bool http_connection_takes(struct http_connection *connection, const void *shared, size_t length, bool may_be_refused)
{
    struct http_connections *connections = connection->owner;
    size_t most = connections->options.waiting_max;

    if (!most || length < WAITING_SMALL) {
        return true;
    }
    do {
        bool is_there = shared && *find_shared(connections, shared);
        if (is_there || connections->waiting + length <= most) {
            break;
        }
    } while (end_stalled(connections));
    struct shared_body **at = shared ? find_shared(connections, shared) : NULL;
    bool costs = !at || !*at;
    if (may_be_refused && costs && connections->waiting + length > most) {
        metrics_add(connections->refused, 1);
        return false;
    }
    if (costs) {
        count(connections, length, 0);
    }
    if (at && !*at) {
        *at = mem_alloc(sizeof **at);
        **at = (struct shared_body){ .body = shared, .length = length };
    }
    if (at) {
        (*at)->readers++;
    }
    connection->shared = at ? *at : NULL;
    connection->held = at ? 0 : length;
    connection->took_us = clock_mono_us();
    return true;
}

static struct shared_body **find_shared(struct http_connections *connections, const void *body)
{
    struct shared_body **at = &connections->shared;

    while (*at && (*at)->body != body) {
        at = &(*at)->next;
    }
    return at;
}

/* Of those that have taken nothing for a while the one that has done so the longest; false when there is none. */
static bool end_stalled(struct http_connections *connections)
{
    int64_t since_us = clock_mono_us() - STALLED_US;
    struct http_connection *worst = NULL;

    for (struct http_connection *at = connections->all; at; at = at->next) {
        if ((at->held || at->shared) && at->state == WRITING && !at->leaves && at->took_us < since_us) {
            since_us = at->took_us;
            worst = at;
        }
    }
    if (!worst) {
        return false;
    }
    metrics_add(connections->stalled, 1);
    connection_displace(worst);
    return true;
}

void connection_has_taken(struct http_connection *connection)
{
    struct shared_body *shared = connection->shared;

    if (connection->held) {
        count(connection->owner, 0, connection->held);
    } else if (shared && --shared->readers == 0) {
        count(connection->owner, 0, shared->length);
        *find_shared(connection->owner, shared->body) = shared->next;
        free(shared);
    }
    connection->held = 0;
    connection->shared = NULL;
}

static void count(struct http_connections *connections, size_t more, size_t less)
{
    connections->waiting += more;
    connections->waiting -= less;
    if (connections->options.waiting_gauge) {
        metrics_set(connections->options.waiting_gauge, (double)connections->waiting);
    }
}

/* --- requests that are not whole yet --- */

void connection_has_sent(struct http_connection *connection, size_t bytes)
{
    struct http_connections *connections = connection->owner;
    size_t most = connections->options.waiting_max;

    if (connection->leaves) {
        return;
    }
    connection->received += bytes;
    connections->receiving += bytes;
    if (most && connections->receiving > most && !event_pending(connections->sweep_soon, EV_TIMEOUT, NULL)) {
        timer_set(connections->sweep_soon, SWEEP_SOON_MS); /* not here: this is in the midst of a read */
    }
}

void connection_has_sent_all(struct http_connection *connection)
{
    struct http_connections *connections = connection->owner;

    connections->receiving -= connection->received;
    connections->gives_back = connections->gives_back || (connection->is_large && connection->received >= RECEIVED_LARGE);
    connection->received = 0;
}

/* Who sends many large requests at once, and their ends too, is through with each of them before long. */
void connections_bound_receiving(struct http_connections *connections)
{
    size_t most = connections->options.waiting_max;
    int64_t since_us = clock_mono_us() - RECEIVING_US;
    struct http_connection *next;

    for (struct http_connection *at = TAILQ_FIRST(&connections->queues[HALF_READ]); at && most; at = next) {
        next = TAILQ_NEXT(at, in_queue);
        bool is_too_much = connections->receiving > (at->since_us < since_us ? most : 2 * most);
        if (is_too_much && at->received >= WAITING_SMALL) {
            metrics_add(connections->crowding, 1);
            connections->gives_back = true;
            connection_displace(at);
        }
    }
}

/* Not in the turn in which the last of them was forgotten: libevent frees its buffers after it. */
void connections_give_back(struct http_connections *connections)
{
    if (connections->gives_back && connections->leaving == 0) {
        connections->gives_back = false;
        malloc_trim(0); /* it lay in many small pieces */
    }
}
