/* http_rig.h - the HTTP server as its clients see it: a real one on a free loopback port, and exact bytes over
 * sockets.
 *
 * Server and clients share one event loop. pump() runs it until a condition holds, and fails after PATIENCE_US.
 */
#ifndef SHARELINK_TESTS_HTTP_RIG_H
#define SHARELINK_TESTS_HTTP_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/http/http.h"

#define PATIENCE_US 60000000 /* only a test that hangs comes to its end */
#define BODY_MAX    ((size_t)16384)
#define HEADER_MAX  ((size_t)8192)
#define BIG_SIZE    ((size_t)16 << 20)
#define CLIENTS_MAX 32

struct client {
    int fd; /* -1 once closed by us */
    struct event *readable;
    struct buf got;
    bool ended;
};

static struct {
    struct event_base *base;
    struct event *tick;
    struct http_server *server;
    struct flow_wait *parked;
    int handled;
    char *big;
    struct client clients[CLIENTS_MAX];
    int client_count;
} world;

/* --- the service under test --- */

static inline struct next *reply_parked(struct flow *flow)
{
    return http_reply_json(flow, 200, "{\"late\":true}");
}

static inline bool list_parameter(void *arg, const char *name, const char *value)
{
    buf_printf(arg, " [%s=%s]", name, value);
    return true;
}

static inline struct next *reply_description(struct flow *flow)
{
    struct buf text = { 0 };
    size_t length;
    const char *body = http_body(flow, &length);
    const char *q = http_query(flow, "q"), *cookie = http_cookie(flow, "sid");

    buf_printf(&text, "%s %s body=%zu:%.40s client=%s id=%s trace=%s json=%d q=%s sid=%s", http_method_name(http_method(flow)),
               http_path(flow), length, body, http_client_address(flow), flow->request_id,
               flow->traceparent ? flow->traceparent : "none", http_is_json(flow), q ? q : "none", cookie ? cookie : "none");
    if (!http_query_each(flow, list_parameter, &text)) {
        buf_add_text(&text, " malformed-query");
    }
    struct next *next = http_reply(flow, 200, "text/plain", text.data, text.length);
    buf_clear(&text);
    return next;
}

static inline struct next *handle(struct flow *flow)
{
    const char *path = http_path(flow);

    world.handled++;
    http_remember_route(flow, "/test");
    if (str_equal(path, "/park")) {
        http_set_header(flow, "X-Of-The-Handler", "early");
        world.parked = flow_wait_begin(flow, reply_parked);
        return flow_waiting();
    }
    if (str_equal(path, "/big")) {
        return http_reply(flow, 200, "application/octet-stream", world.big, BIG_SIZE);
    }
    if (str_equal(path, "/nothing")) {
        return http_reply(flow, 204, "text/plain", "not sent", 8);
    }
    if (str_equal(path, "/unchanged")) {
        return http_reply(flow, 304, "text/plain", "not sent", 8);
    }
    if (str_equal(path, "/headers")) {
        http_set_header(flow, "X-Injected", "a\r\nSet-Cookie: evil=1");
        http_set_header(flow, "X-Bad Name", "a");
        http_set_header(flow, "Cache-Control", "private");
        http_set_header(flow, "Cache-Control", "max-age=60");
        http_set_header(flow, "Set-Cookie", "a=1");
        http_set_header(flow, "Set-Cookie", "b=2");
        return http_reply_empty(flow, 200);
    }
    return reply_description(flow);
}

/* --- the world --- */

static const struct http_server_options usual = {
    .listen = "127.0.0.1:0",
    .connections_max = 64,
    .first_byte_limit_ms = 60000,
    .header_max = HEADER_MAX,
    .body_max = BODY_MAX,
    .read_limit_ms = 300,
    .write_limit_ms = 300,
    .idle_limit_ms = 60000,
    .deadline_ms = 60000,
    .handle = handle,
};

static inline void tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static inline int set_up(void **state)
{
    const struct timeval interval = { 0, 10000 };
    (void)state;

    memset(&world, 0, sizeof world);
    world.base = event_base_new();
    event_base_priority_init(world.base, 2);
    world.tick = event_new(world.base, -1, EV_PERSIST, tick, NULL);
    event_add(world.tick, &interval);
    world.big = malloc(BIG_SIZE);
    memset(world.big, 'b', BIG_SIZE);
    return 0;
}

static inline void start(const struct http_server_options *options)
{
    const char *error = NULL;

    world.server = http_server_new(world.base, options, &error);
    if (!world.server) {
        fail_msg("cannot listen: %s", error);
    }
}

static inline void hang_up(struct client *client)
{
    if (client->fd >= 0) {
        event_free(client->readable);
        close(client->fd);
        client->fd = -1;
    }
}

static inline int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < world.client_count; i++) {
        hang_up(&world.clients[i]);
        buf_clear(&world.clients[i].got);
    }
    http_server_free(world.server);
    event_base_loop(world.base, EVLOOP_NONBLOCK);
    event_free(world.tick);
    event_base_free(world.base);
    free(world.big);
    return 0;
}

static inline void collect(evutil_socket_t fd, short what, void *arg)
{
    struct client *client = arg;
    char bytes[65536];
    ssize_t length = read(fd, bytes, sizeof bytes);
    (void)what;

    if (length > 0) {
        buf_add(&client->got, bytes, (size_t)length);
    } else {
        client->ended = true;
        event_del(client->readable);
    }
}

static inline struct client *dial(void)
{
    struct client *client = &world.clients[world.client_count++];
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(world.server)) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(client->fd >= 0);
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof address), 0);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    client->readable = event_new(world.base, client->fd, EV_READ | EV_PERSIST, collect, client);
    event_add(client->readable, NULL);
    return client;
}

static inline void say_bytes(struct client *client, const char *bytes, size_t length)
{
    assert_int_equal(send(client->fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static inline void say(struct client *client, const char *text)
{
    say_bytes(client, text, strlen(text));
}

static inline void pump(bool (*holds)(void *arg), void *arg)
{
    int64_t deadline_us = clock_mono_us() + PATIENCE_US;

    while (!holds(arg)) {
        assert_true(clock_mono_us() < deadline_us);
        event_base_loop(world.base, EVLOOP_ONCE);
    }
}

static inline bool has_ended(void *client)
{
    return ((struct client *)client)->ended;
}

static inline bool is_handled(void *arg)
{
    (void)arg;
    return world.handled > 0;
}

static inline bool is_quiet(void *arg)
{
    (void)arg;
    return http_server_is_quiet(world.server);
}

static inline int times(const struct client *client, const char *text)
{
    int count = 0;

    for (const char *at = client->got.data; at && (at = strstr(at, text)); at++) {
        count++;
    }
    return count;
}

static inline bool has_body(void *arg)
{
    struct client *client = arg;

    const char *head_end = client->got.data ? strstr(client->got.data, "\r\n\r\n") : NULL;
    const char *length = head_end ? strstr(client->got.data, "Content-Length: ") : NULL;
    return length && client->got.length >= (size_t)(head_end + 4 - client->got.data) + (size_t)atol(length + 16);
}

static inline int status_of(const struct client *client)
{
    return client->got.data && client->got.length > 12 ? atoi(client->got.data + 9) : 0;
}

/* One request on a connection of its own; the answer is in the client. */
static inline struct client *ask(const char *text)
{
    struct client *client = dial();

    say(client, text);
    pump(has_body, client);
    return client;
}

static inline bool contains(const struct client *client, const char *text)
{
    return client->got.data && strstr(client->got.data, text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
