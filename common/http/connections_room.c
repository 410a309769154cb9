/* connections_room.c - who may come in, and who has to go for it.
 *
 * When all connections that there may be are taken, one who says nothing makes room for one who has just come: first those that
 * have never sent a byte, then those that wait between two requests, then those that have sent half a request and take their time
 * for the rest; of each the oldest. Where none may be ended, the listener rests, and who comes waits in the backlog.
 */
#include "common/http/connections_internal.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/loop/timer.h"

#define ACCEPT_PAUSE_MS 200
/* Of connections that were shut and hold their descriptors still: no more, or they would be too many. */
#define LEAVING_MAX 64
/* In a queue, at one time: each is a call of the system. */
#define LOOKED_AT_MAX 32

/* How long one may have been so before it has to go. One that says nothing at first has had its time when it is the oldest. */
static const int64_t grace_us[QUEUES] = { [SILENT] = 0, [BETWEEN_REQUESTS] = 3000000, [HALF_READ] = 3000000 };

static enum connection_queue queue_of(const struct http_connection *connection);
static struct http_connection *find_dispensable(struct http_connections *connections);
static struct http_connection *find_oldest(struct http_connections *connections, enum connection_queue queue);
static void accept_failed(struct evconnlistener *listener, void *arg);
static void resume_accepting(evutil_socket_t fd, short what, void *arg);

/* A listener's error callback gets evhttp's argument, so its registry is looked up here. */
static struct http_connections *registries;

void connections_room_setup(struct http_connections *connections)
{
    for (int i = 0; i < QUEUES; i++) {
        TAILQ_INIT(&connections->queues[i]);
    }
    connections->resume = evtimer_new(connections->base, resume_accepting, connections);
    if (!connections->resume) {
        abort();
    }
    connections->next_registry = registries;
    registries = connections;
}

void connections_room_free(struct http_connections *connections)
{
    struct http_connections **at = &registries;

    while (*at != connections) {
        at = &(*at)->next_registry;
    }
    *at = connections->next_registry;
    event_free(connections->resume);
}

void http_connections_guard(struct http_connections *connections, struct evconnlistener *listener)
{
    connections->listener = listener;
    if (listener) {
        evconnlistener_set_error_cb(listener, accept_failed);
    }
}

void connection_queue_up(struct http_connection *connection)
{
    enum connection_queue queue = queue_of(connection);

    connection_leave_queue(connection);
    if (queue != IN_NO_QUEUE && !connection->leaves) {
        TAILQ_INSERT_TAIL(&connection->owner->queues[queue], connection, in_queue);
        connection->queue = queue;
        connection->since_us = clock_mono_us();
    }
}

static enum connection_queue queue_of(const struct http_connection *connection)
{
    switch (connection->state) {
    case IDLE:
        return connection->requests == 0 ? SILENT : BETWEEN_REQUESTS;
    case READING:
        return HALF_READ;
    case PENDING:
    case REFUSED:
    case WRITING:
    case STREAMING:
        break;
    }
    return IN_NO_QUEUE;
}

void connection_leave_queue(struct http_connection *connection)
{
    if (connection->queue != IN_NO_QUEUE) {
        TAILQ_REMOVE(&connection->owner->queues[connection->queue], connection, in_queue);
        connection->queue = IN_NO_QUEUE;
    }
}

void connections_make_room(struct http_connections *connections)
{
    struct http_connection *dispensable = NULL;
    int most = connections->options.most;

    while (connections->count - connections->leaving > most && (dispensable = find_dispensable(connections))) {
        metrics_add(connections->displaced, 1);
        connection_displace(dispensable);
    }
    if (!connections->listener) {
        return;
    }
    bool has_room = connections->count - connections->leaving < most || find_dispensable(connections);
    if (!has_room || connections->leaving >= LEAVING_MAX || connections->out_of_descriptors) {
        evconnlistener_disable(connections->listener);
    } else {
        evconnlistener_enable(connections->listener);
    }
}

static struct http_connection *find_dispensable(struct http_connections *connections)
{
    for (int i = 0; i < QUEUES; i++) {
        struct http_connection *oldest = find_oldest(connections, i);
        if (oldest) {
            return oldest;
        }
    }
    return NULL;
}

static struct http_connection *find_oldest(struct http_connections *connections, enum connection_queue queue)
{
    int64_t now_us = clock_mono_us();

    for (int looked = 0; looked < LOOKED_AT_MAX; looked++) {
        struct http_connection *oldest = TAILQ_FIRST(&connections->queues[queue]);
        /* The one that has just come is no reason to end itself. */
        if (!oldest || now_us - oldest->since_us < grace_us[queue] || (queue == SILENT && !TAILQ_NEXT(oldest, in_queue))) {
            return NULL;
        }
        if (queue == HALF_READ || !connection_has_unread(oldest)) {
            return oldest;
        }
        connection_queue_up(oldest); /* it has spoken, we have not listened yet */
    }
    return NULL;
}

void connection_displace(struct http_connection *connection)
{
    struct http_connections *connections = connection->owner;

    connection_leave_queue(connection);
    connection_has_taken(connection);
    connection_has_sent_all(connection);
    connection->leaves = true;
    connections->leaving++;
    connection_end(connection);
    timer_set(connections->sweep_soon, SWEEP_SOON_MS);
}

/* Out of descriptors or memory: the connection stays in the backlog, so that an eager loop would spin on it. */
static void accept_failed(struct evconnlistener *listener, void *arg)
{
    struct http_connections *connections = registries;
    int error = errno;
    (void)arg;

    while (connections && connections->listener != listener) {
        connections = connections->next_registry;
    }
    if (!connections) {
        return;
    }
    log_warn("http.accept_failed", LOG_TEXT("error", strerror(error)), LOG_INT("connections", connections->count));
    connections->out_of_descriptors = true;
    connections_make_room(connections);
    timer_set(connections->resume, ACCEPT_PAUSE_MS);
}

static void resume_accepting(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *connections = arg;
    (void)fd;
    (void)what;

    connections->out_of_descriptors = false;
    connections_make_room(connections);
}
