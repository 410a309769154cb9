/* connections_refusal.c - what is answered beside evhttp, and how such a connection ends.
 *
 * evhttp answers what its parser refuses by itself, in HTML: that is reworded. And it reads a chunked body to its end before it
 * says that there is a request; none of its limits holds a chunk's size line, which may have no end. No body of ours is chunked
 * (door.c), so a request with a Transfer-Encoding is refused as soon as its head is read.
 * The head also says whether its body may be larger than others: evhttp has one limit for all bodies of a connection, and a body
 * waits in the bufferevent's buffer until it is whole, so both are set anew when that changes from one request to the next.
 *
 * A connection that was refused in the middle of a request lingers for a moment: what its client still sends is thrown
 * away, because closing at once would reset the connection and the client might never read why.
 */
#include "common/http/connections_internal.h"

#include <ctype.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/str.h"

#define LINGER_US        (2 * (int64_t)1000000)
#define LINGER_BYTES_MAX ((size_t)256 * 1024) /* who sends more reads no answer either */

static const char coding[] = "transfer-encoding";

static void scan(struct http_connection *connection, const char *bytes, size_t length);
static void end_line(struct http_connection *connection);
static void scan_request(struct head_scan *scan, const char *large, char byte);
static void scan_field(struct head_scan *scan, char byte);
static void take_size(struct http_connection *connection, bool is_large);
static void refuse_all(evutil_socket_t fd, short what, void *arg);
static void refuse_coded(struct http_connection *connection);
static void reword(struct http_connection *connection);

void connections_refusal_setup(struct http_connections *connections)
{
    connections->refusing = event_new(connections->base, -1, 0, refuse_all, connections);
    if (!connections->refusing) {
        abort();
    }
    event_priority_set(connections->refusing, 0);
}

void connections_refusal_free(struct http_connections *connections)
{
    event_free(connections->refusing);
}

void connection_look_at(struct http_connection *connection, struct evbuffer *input, size_t length)
{
    struct evbuffer_ptr at;
    struct evbuffer_iovec pieces[16];
    size_t all = evbuffer_get_length(input);

    while (length > 0 && !connection->scan.is_over && evbuffer_ptr_set(input, &at, all - length, EVBUFFER_PTR_SET) == 0) {
        int count = evbuffer_peek(input, (ev_ssize_t)length, &at, pieces, 16);
        size_t seen = 0;
        for (int i = 0; i < count && i < 16 && seen < length; i++) {
            size_t piece = pieces[i].iov_len < length - seen ? pieces[i].iov_len : length - seen;
            scan(connection, pieces[i].iov_base, piece);
            seen += piece;
        }
        length = seen > 0 ? length - seen : 0;
    }
    if (connection->scan.is_over && connection->scan.has_coding && !connection->is_coded) {
        connection->is_coded = true;
        connection_refuse_coded_soon(connection);
    }
}

/* Line by line until an empty one. */
static void scan(struct http_connection *connection, const char *bytes, size_t length)
{
    struct head_scan *scan = &connection->scan;
    const char *large = connection->owner->options.large.line;

    for (size_t i = 0; i < length && !scan->is_over; i++) {
        if (bytes[i] == '\n') {
            end_line(connection);
        } else if (bytes[i] != '\r') {
            if (scan->lines > 0) {
                scan_field(scan, bytes[i]);
            } else if (large) {
                scan_request(scan, large, bytes[i]);
            }
            scan->column++;
        }
    }
}

static void end_line(struct http_connection *connection)
{
    struct head_scan *scan = &connection->scan;

    if (scan->lines == 0 && scan->is_large != connection->is_large) {
        take_size(connection, scan->is_large);
    }
    scan->is_over = scan->column == 0;
    scan->column = scan->matched = 0;
    scan->lines++;
}

/* Does it begin with the method and path of the one that may be larger? */
static void scan_request(struct head_scan *scan, const char *large, char byte)
{
    if (scan->matched == scan->column && large[scan->matched] == byte) {
        scan->matched++;
    } else if (scan->matched == scan->column && large[scan->matched] == '\0') {
        scan->is_large = byte == ' ' || byte == '?';
    }
}

/* Does it begin with the field's name? */
static void scan_field(struct head_scan *scan, char byte)
{
    if (scan->matched == scan->column && scan->matched < sizeof coding - 1 &&
        tolower((unsigned char)byte) == coding[scan->matched]) {
        scan->matched++;
    } else if (scan->matched == sizeof coding - 1 && scan->column == scan->matched && byte == ':') {
        scan->has_coding = true;
    }
}

static void take_size(struct http_connection *connection, bool is_large)
{
    struct http_connections *connections = connection->owner;
    void *evcon = NULL;

    connection->is_large = is_large;
    bufferevent_getcb(connection->bev, NULL, NULL, NULL, &evcon);
    bufferevent_setwatermark(connection->bev, EV_READ, 0, connection_unread_max(connection));
    if (evcon) {
        connections->options.limit_body(evcon, http_connection_body_max(connection));
    }
}

size_t connection_unread_max(const struct http_connection *connection)
{
    return connection->owner->options.header_max + http_connection_body_max(connection) + HTTP_BODY_SLACK;
}

size_t http_connection_body_max(const struct http_connection *connection)
{
    const struct http_connections_options *options = &connection->owner->options;

    return connection->is_large ? options->large.body_max : options->body_max;
}

void connection_look_anew(struct http_connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->bev);

    connection->scan = (struct head_scan){ 0 };
    connection->is_coded = false;
    connection_look_at(connection, input, evbuffer_get_length(input));
}

void connection_refuse_coded_soon(struct http_connection *connection)
{
    if (connection->is_coded) {
        event_active(connection->owner->refusing, EV_TIMEOUT, 0);
    }
}

/* Inside the buffer's change it cannot be reworded; right after the callback that made it, it can: the event is of a higher
 * priority than the one that writes to the socket. */
void connection_noticed_output(struct http_connection *connection)
{
    connection->speaks_for_itself = true;
    event_active(connection->owner->refusing, EV_TIMEOUT, 0);
}

static void refuse_all(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *connections = arg;
    (void)fd;
    (void)what;

    for (struct http_connection *connection = connections->all; connection; connection = connection->next) {
        bool is_freed = connection_was_freed_by_evhttp(connection);
        if (connection->is_coded && connection->state == READING && !is_freed) {
            refuse_coded(connection);
        } else if (connection->speaks_for_itself) {
            reword(connection);
        }
        connection->speaks_for_itself = false;
    }
}

/* evhttp is in the middle of a body, so the answer goes past it; what it may have written by then (100 Continue) goes nowhere.
 * Then the connection lingers, and ends as if its client had left. */
static void refuse_coded(struct http_connection *connection)
{
    struct http_connections *connections = connection->owner;
    struct evbuffer *input = bufferevent_get_input(connection->bev), *output = bufferevent_get_output(connection->bev);
    int peer = bufferevent_getfd(connection->bev);
    struct buf reply = { 0 };

    bufferevent_disable(connection->bev, EV_READ | EV_WRITE);
    evbuffer_unfreeze(output, 1);
    evbuffer_drain(output, evbuffer_get_length(output));
    evbuffer_freeze(output, 1);
    evbuffer_drain(input, evbuffer_get_length(input));
    connections->options.reword(connections->options.arg, 411, &reply);
    /* The socket's buffer is empty: one request is answered at a time. */
    send(peer, reply.data, reply.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(peer, SHUT_WR);
    buf_clear(&reply);
    connection->linger_until_us = clock_mono_us() + LINGER_US;
    connection_move(connection, REFUSED);
}

static void reword(struct http_connection *connection)
{
    struct http_connections *connections = connection->owner;
    struct evbuffer *output = bufferevent_get_output(connection->bev);
    char start[16] = "";
    struct buf reply = { 0 };

    /* A bufferevent lets nobody but itself read or take from its output. */
    evbuffer_unfreeze(output, 1);
    evbuffer_copyout(output, start, sizeof start - 1);
    int status = strncmp(start, "HTTP/1.", 7) == 0 ? atoi(start + 9) : 0;
    if (status >= 400) { /* 100 Continue is as it should be */
        connection->linger_until_us = clock_mono_us() + LINGER_US;
        connections->options.reword(connections->options.arg, status, &reply);
        evbuffer_drain(output, evbuffer_get_length(output));
        evbuffer_add(output, reply.data, reply.length);
        buf_clear(&reply);
    }
    evbuffer_freeze(output, 1);
}

bool connection_lingers(struct http_connection *connection, int64_t now_us)
{
    static char unwanted[64 * 1024];
    ssize_t got;

    if (connection->linger_until_us == 0) {
        return false;
    }
    do {
        got = recv(bufferevent_getfd(connection->bev), unwanted, sizeof unwanted, MSG_DONTWAIT);
        connection->unwanted += got > 0 ? (size_t)got : 0;
    } while (got > 0 && connection->unwanted < LINGER_BYTES_MAX);
    return connection->linger_until_us > now_us && got < 0 && (errno == EAGAIN || errno == EINTR);
}
