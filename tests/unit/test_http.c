/* test_http.c - the HTTP server as its clients see it: a real one on a free loopback port, and exact bytes over
 * sockets.
 *
 * Server and clients share one event loop. pump() runs it until a condition holds, and fails after five seconds.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/http/http.h"
#include "common/data/networks.h"
#include "common/http/door.h"
#include "common/http/proxies.h"
#include "common/base/metrics.h"
#include "common/base/str.h"

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

static struct next *reply_parked(struct flow *flow)
{
    return http_reply_json(flow, 200, "{\"late\":true}");
}

static bool list_parameter(void *arg, const char *name, const char *value)
{
    buf_printf(arg, " [%s=%s]", name, value);
    return true;
}

static struct next *reply_description(struct flow *flow)
{
    struct buf text = { 0 };
    size_t length;
    const char *body = http_body(flow, &length);
    const char *q = http_query(flow, "q"), *cookie = http_cookie(flow, "sid");

    buf_printf(&text, "%s %s body=%zu:%.40s client=%s id=%s trace=%s json=%d q=%s sid=%s",
               http_method_name(http_method(flow)), http_path(flow), length, body, http_client_address(flow),
               flow->request_id, flow->traceparent ? flow->traceparent : "none", http_is_json(flow), q ? q : "none",
               cookie ? cookie : "none");
    if (!http_query_each(flow, list_parameter, &text)) {
        buf_add_text(&text, " malformed-query");
    }
    struct next *next = http_reply(flow, 200, "text/plain", text.data, text.length);
    buf_clear(&text);
    return next;
}

static struct next *handle(struct flow *flow)
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
    .header_max = HEADER_MAX,
    .body_max = BODY_MAX,
    .read_limit_ms = 300,
    .write_limit_ms = 300,
    .idle_limit_ms = 60000,
    .deadline_ms = 60000,
    .handle = handle,
};

static void tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static int set_up(void **state)
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

static void start(const struct http_server_options *options)
{
    const char *error = NULL;

    world.server = http_server_new(world.base, options, &error);
    if (!world.server) {
        fail_msg("cannot listen: %s", error);
    }
}

static void hang_up(struct client *client)
{
    if (client->fd >= 0) {
        event_free(client->readable);
        close(client->fd);
        client->fd = -1;
    }
}

static int tear_down(void **state)
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

static void collect(evutil_socket_t fd, short what, void *arg)
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

static struct client *dial(void)
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

static void say_bytes(struct client *client, const char *bytes, size_t length)
{
    assert_int_equal(send(client->fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void say(struct client *client, const char *text)
{
    say_bytes(client, text, strlen(text));
}

static void pump(bool (*holds)(void *arg), void *arg)
{
    int64_t deadline_us = clock_mono_us() + PATIENCE_US;

    while (!holds(arg)) {
        assert_true(clock_mono_us() < deadline_us);
        event_base_loop(world.base, EVLOOP_ONCE);
    }
}

static bool has_ended(void *client)
{
    return ((struct client *)client)->ended;
}

static bool is_handled(void *arg)
{
    (void)arg;
    return world.handled > 0;
}

static bool is_quiet(void *arg)
{
    (void)arg;
    return http_server_is_quiet(world.server);
}

static int times(const struct client *client, const char *text)
{
    int count = 0;

    for (const char *at = client->got.data; at && (at = strstr(at, text)); at++) {
        count++;
    }
    return count;
}

static bool has_body(void *arg)
{
    struct client *client = arg;

    const char *head_end = client->got.data ? strstr(client->got.data, "\r\n\r\n") : NULL;
    const char *length = head_end ? strstr(client->got.data, "Content-Length: ") : NULL;
    return length && client->got.length >= (size_t)(head_end + 4 - client->got.data) + (size_t)atol(length + 16);
}

static int status_of(const struct client *client)
{
    return client->got.data && client->got.length > 12 ? atoi(client->got.data + 9) : 0;
}

/* One request on a connection of its own; the answer is in the client. */
static struct client *ask(const char *text)
{
    struct client *client = dial();

    say(client, text);
    pump(has_body, client);
    return client;
}

static bool contains(const struct client *client, const char *text)
{
    return client->got.data && strstr(client->got.data, text);
}

/* --- what a good client gets --- */

static void test_answers_with_the_usual_headers(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = ask("GET /a/b?q=x%20y+z&r=1 HTTP/1.1\r\nHost: h\r\nCookie: a=1; sid=\"s s\"; b=2\r\n\r\n");

    assert_int_equal(status_of(client), 200);
    assert_true(contains(client, "GET /a/b body=0: client=127.0.0.1"));
    assert_true(contains(client, "q=x y z sid=s s [q=x y z] [r=1]"));
    assert_true(contains(client, "\r\nX-Request-Id: req_"));
    assert_true(contains(client, "\r\nX-Content-Type-Options: nosniff\r\n"));
    assert_true(contains(client, "\r\nCache-Control: no-store\r\n"));
    assert_true(contains(client, "\r\nContent-Type: text/plain\r\n"));
    assert_int_equal(times(client, "\r\nDate: "), 1);
    assert_true(contains(client, " GMT\r\n"));
    assert_false(contains(client, "Connection: close"));
    assert_false(client->ended);
}

static void test_keeps_a_connection_for_pipelined_requests(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = dial();
    say(client, "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                "DELETE /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nde"
                "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    pump(has_ended, client);

    assert_int_equal(times(client, "HTTP/1.1 200 OK\r\n"), 3);
    assert_true(contains(client, "POST /1 body=3:abc"));
    assert_true(contains(client, "DELETE /2 body=2:de"));
    assert_true(contains(client, "GET /3 body=0:"));
    pump(is_quiet, NULL);
}

static void test_ids_come_in_and_go_out(void **state)
{
    static const char trace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    char text[400];
    (void)state;

    start(&usual);
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: A.b_c:9-\r\ntraceparent: %s\r\n\r\n",
             trace);
    struct client *client = ask(text);
    assert_true(contains(client, "X-Request-Id: A.b_c:9-\r\n"));
    assert_true(contains(client, "id=A.b_c:9- trace=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));

    static const char *const bad[] = {
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\ntraceparent: %s\r\n\r\n",
                 bad[i]);
        client = ask(text);
        assert_true(contains(client, "X-Request-Id: req_"));
        assert_true(contains(client, " trace=none "));
    }
}

static void test_reads_json_types(void **state)
{
    static const struct {
        const char *type;
        int is_json;
    } types[] = {
        { "application/json", 1 },
        { "Application/JSON; charset=UTF-8", 1 },
        { "application/json;charset=\"utf-8\"", 1 },
        { "application/json; charset=latin1", 0 },
        { "application/jsonp", 0 },
        { "text/plain", 0 },
    };
    char text[200];
    (void)state;

    start(&usual);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\n\r\n", types[i].type);
        snprintf(text + 150, 50, " json=%d ", types[i].is_json);
        assert_true(contains(ask(text), text + 150));
    }
}

static void test_malformed_query_is_noticed(void **state)
{
    (void)state;
    start(&usual);
    assert_true(contains(ask("GET /?q=%zz HTTP/1.1\r\nHost: h\r\n\r\n"), "q=none sid=none malformed-query"));
    assert_true(contains(ask("GET /?&&q&x==&q=2 HTTP/1.1\r\nHost: h\r\n\r\n"), "q= sid=none [q=] [x==] [q=2]"));
}

static void test_head_has_length_but_no_body(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = dial();
    say(client, "HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    pump(has_ended, client);
    assert_int_equal(status_of(client), 200);
    assert_false(contains(client, "Content-Length: 0\r\n"));
    assert_true(contains(client, "Content-Length: "));
    assert_true(str_ends_with(client->got.data, "\r\n\r\n"));
    assert_int_equal(times(client, "HEAD /x"), 0);
}

static void test_statuses_without_body(void **state)
{
    static const char *const paths[] = { "nothing", "unchanged" };
    char text[100];
    (void)state;

    start(&usual);
    for (int i = 0; i < 2; i++) {
        struct client *client = dial();
        snprintf(text, sizeof text, "GET /%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", paths[i]);
        say(client, text);
        pump(has_ended, client);
        assert_int_equal(status_of(client), i ? 304 : 204);
        assert_false(contains(client, "\r\nContent-Type:"));
        assert_false(contains(client, "Content-Length"));
        assert_true(str_ends_with(client->got.data, "\r\n\r\n"));
    }
}

static void test_headers_of_the_handler(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = ask("GET /headers HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_false(contains(client, "Injected"));
    assert_false(contains(client, "evil"));
    assert_false(contains(client, "X-Bad"));
    assert_int_equal(times(client, "Cache-Control:"), 1);
    assert_true(contains(client, "Cache-Control: max-age=60\r\n"));
    assert_true(contains(client, "Set-Cookie: a=1\r\n"));
    assert_true(contains(client, "Set-Cookie: b=2\r\n"));
}

static void test_half_closing_client_gets_its_whole_answer(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.write_limit_ms = 60000;
    start(&options);
    struct client *client = dial();
    say(client, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(client->fd, SHUT_WR);
    pump(has_ended, client);
    assert_true(client->got.length > BIG_SIZE);
}

static bool was_told_to_continue(void *client)
{
    return contains(client, "100 Continue\r\n\r\n");
}

static void test_continue_is_said(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = dial();
    say(client,
        "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
    pump(was_told_to_continue, client);
    say(client, "body");
    pump(has_ended, client);
    assert_true(contains(client, "POST /x body=4:body"));
}

/* --- what a hostile one gets --- */

struct hostile {
    const char *name, *bytes;
    int status;
    const char *text; /* in the answer; NULL when evhttp itself gives it */
};

#define HOST      "Host: h\r\n"
#define MALFORMED "\"code\":\"malformed_request\""

static const struct hostile hostiles[] = {
    { "two lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, MALFORMED },
    { "two different lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 9\r\n\r\na", 400,
      MALFORMED },
    { "signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nabcde", 400, MALFORMED },
    { "hexadecimal length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nabcde", 400, NULL },
    { "negative length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", 400, NULL },
    { "list of lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nabcde", 400, NULL },
    { "length with a space before the colon", "POST / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc", 400, NULL },
    { "TE and CL", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 0,
      NULL },
    { "chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 411,
      "length_required" },
    { "chunk size 0x3", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", 0,
      NULL },
    { "odd transfer encoding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 411,
      "length_required" },
    { "no Host", "GET / HTTP/1.1\r\n\r\n", 400, MALFORMED },
    { "two Hosts", "GET / HTTP/1.1\r\n" HOST "Host: evil\r\n\r\n", 400, MALFORMED },
    { "empty Host", "GET / HTTP/1.1\r\nHost: \r\n\r\n", 400, MALFORMED },
    { "Host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400, MALFORMED },
    { "absolute target", "GET http://evil/ HTTP/1.1\r\n" HOST "\r\n", 400, MALFORMED },
    { "double slash", "GET //evil/x HTTP/1.1\r\n" HOST "\r\n", 400, MALFORMED },
    { "asterisk", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400, MALFORMED },
    { "space in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
    { "fragment", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400, MALFORMED },
    { "raw byte in the target", "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
    { "encoded NUL", "GET /a%00b HTTP/1.1\r\n" HOST "\r\n", 400, MALFORMED },
    { "name with a space", "GET / HTTP/1.1\r\n" HOST "X Y: 1\r\n\r\n", 400, NULL },
    { "empty name", "GET / HTTP/1.1\r\n" HOST ": 1\r\n\r\n", 400, NULL },
    { "line without colon", "GET / HTTP/1.1\r\n" HOST "nonsense\r\n\r\n", 400, NULL },
    { "control character in a value", "GET / HTTP/1.1\r\n" HOST "X: a\x01z\r\n\r\n", 400, NULL },
    { "HEAD with a body",
      "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 34\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 400, NULL },
    { "GET with a body", "GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 400, MALFORMED },
    { "unknown method with a body",
      "BREW / HTTP/1.1\r\n" HOST "Content-Length: 34\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 400,
      MALFORMED },
    { "HTTP/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 400, NULL },
    { "HTTP/1.7", "GET / HTTP/1.7\r\n" HOST "\r\n", 400, NULL },
    { "HTTP/0.9", "GET / HTTP/0.9\r\n" HOST "\r\n", 400, NULL },
    { "other expectation", "GET / HTTP/1.1\r\n" HOST "Expect: miracles\r\n\r\n", 417, "expectation_failed" },
    { "CONNECT", "CONNECT /x HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
    { "CONNECT to a host", "CONNECT evil:443 HTTP/1.1\r\n" HOST "\r\n", 400, NULL },
    { "TLS", "\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n", 400, NULL },
};

static void test_hostile_requests_get_one_answer_and_an_end(void **state)
{
    (void)state;
    start(&usual);
    for (size_t i = 0; i < sizeof hostiles / sizeof *hostiles; i++) {
        const struct hostile *hostile = &hostiles[i];
        world.client_count = 0;
        struct client *client = dial();
        say(client, hostile->bytes);
        pump(has_ended, client);
        bool fine = times(client, "HTTP/1.") == 1 &&
                    (hostile->status ? status_of(client) == hostile->status : status_of(client) >= 400) &&
                    (!hostile->text || contains(client, hostile->text));
        if (hostile->text) {
            fine = fine && contains(client, "application/problem+json") && contains(client, "Connection: close\r\n");
        }
        if (!fine) {
            fail_msg("%s: got %s", hostile->name, client->got.data ? client->got.data : "nothing");
        }
        hang_up(client);
        buf_clear(&client->got);
        client->ended = false;
    }
    assert_int_equal(world.handled, 0);
}

static void test_bodies_over_the_limit(void **state)
{
    static char body[BODY_MAX * 16];
    char head[200];
    (void)state;

    memset(body, 'x', sizeof body);
    start(&usual);
    struct client *fits = dial();
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", BODY_MAX);
    say(fits, head);
    say_bytes(fits, body, BODY_MAX);
    pump(has_body, fits);
    assert_int_equal(status_of(fits), 200);

    struct client *over = dial();
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", BODY_MAX + 1);
    say(over, head);
    say_bytes(over, body, BODY_MAX + 1);
    pump(has_ended, over);
    assert_int_equal(status_of(over), 413);
    assert_true(contains(over, "\"code\":\"body_too_large\""));

    struct client *absurd = dial();
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", sizeof body);
    say(absurd, head);
    say_bytes(absurd, body, sizeof body);
    pump(has_ended, absurd);
    assert_int_equal(status_of(absurd), 413);
    assert_int_equal(world.handled, 1);
}

static void test_header_over_the_limit(void **state)
{
    static char line[HEADER_MAX + 100];
    (void)state;

    memset(line, 'x', sizeof line);
    start(&usual);
    struct client *client = dial();
    say(client, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
    say_bytes(client, line, sizeof line);
    pump(has_ended, client);
    assert_int_equal(status_of(client), 400);

    client = dial();
    say(client, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < HTTP_FIELDS_MAX + 1; i++) {
        say(client, "a: b\r\n");
    }
    say(client, "\r\n");
    pump(has_ended, client);
    assert_true(contains(client, "too many header fields"));
    assert_int_equal(world.handled, 0);
}

static void test_slow_request_is_cut_at_the_deadline(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = dial();
    int64_t started_us = clock_mono_us(), said_us = 0;

    while (!client->ended && clock_mono_us() - started_us < PATIENCE_US) {
        if (clock_mono_us() - said_us > 20000) { /* never silent, so that no timer of inactivity helps */
            send(client->fd, said_us ? "x" : "GET / HTTP/1.1\r\nX: ", said_us ? 1 : 19, MSG_NOSIGNAL);
            said_us = clock_mono_us();
        }
        event_base_loop(world.base, EVLOOP_ONCE);
    }
    assert_true(client->ended);
    assert_true(clock_mono_us() - started_us > 250000);
    assert_int_equal(world.handled, 0);
}

static void test_endless_chunk_size_is_bounded(void **state)
{
    static char zeros[16384];
    const int small = 65536;
    struct http_server_options options = usual;
    size_t sent = 0;
    (void)state;

    memset(zeros, '0', sizeof zeros);
    options.read_limit_ms = 1000;
    start(&options);
    struct client *client = dial();
    setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    int64_t deadline_us = clock_mono_us() + PATIENCE_US;
    say(client, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (!client->ended && clock_mono_us() < deadline_us) {
        for (ssize_t now = 1; now > 0; sent += now > 0 ? (size_t)now : 0) {
            now = send(client->fd, zeros, sizeof zeros, MSG_NOSIGNAL);
        }
        event_base_loop(world.base, EVLOOP_ONCE);
    }
    assert_true(client->ended);
    assert_true(sent < (size_t)1 << 20); /* the limits, the kernel's buffers, and no more */
    assert_int_equal(world.handled, 0);
}

static void test_reader_that_does_not_read_is_cut(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.write_limit_ms = 200;
    start(&options);
    struct client *client = dial();
    event_del(client->readable);
    say(client, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    pump(is_handled, NULL);
    assert_false(http_server_is_quiet(world.server));
    pump(is_quiet, NULL);
    event_add(client->readable, NULL);
    pump(has_ended, client);
    assert_true(client->got.length < BIG_SIZE);
}

/* Reads a spoonful now and then; the answer takes several times the limit. */
static int64_t read_slowly(struct client *client)
{
    int64_t started_us = clock_mono_us(), next_us = 0;
    ssize_t got = 1;

    event_del(client->readable);
    say(client, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    while (got != 0 && clock_mono_us() < started_us + PATIENCE_US) {
        event_base_loop(world.base, EVLOOP_ONCE);
        if (clock_mono_us() >= next_us) {
            static char spoon[384 * 1024];
            got = recv(client->fd, spoon, sizeof spoon, MSG_DONTWAIT);
            buf_add(&client->got, spoon, got > 0 ? (size_t)got : 0);
            next_us = clock_mono_us() + 30000;
        }
        if (client->got.length > BIG_SIZE) {
            break;
        }
    }
    return clock_mono_us() - started_us;
}

static void test_slow_reader_with_a_fair_rate_gets_all(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.write_limit_ms = 300;
    options.write_rate_min = 100000;
    start(&options);
    struct client *client = dial();
    int64_t took_us = read_slowly(client);
    assert_true(took_us > 2 * 300000);
    assert_true(client->got.length > BIG_SIZE);
}

static void test_slow_reader_below_the_rate_is_cut(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.write_limit_ms = 300;
    options.write_rate_min = 100 << 20;
    start(&options);
    struct client *client = dial();
    read_slowly(client);
    assert_true(client->got.length < BIG_SIZE);
}

/* --- a flow that takes its time --- */

static void test_client_may_leave_while_its_flow_waits(void **state)
{
    const struct linger reset = { .l_onoff = 1 };
    (void)state;

    start(&usual);
    for (int with_reset = 0; with_reset < 2; with_reset++) {
        struct client *client = dial();
        world.handled = 0;
        say(client, "GET /park HTTP/1.1\r\nHost: h\r\n\r\nGET /pipelined HTTP/1.1\r\nHost: h\r\n\r\n");
        pump(is_handled, NULL);
        if (with_reset) {
            setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        }
        hang_up(client);
        for (int turn = 0; turn < 30; turn++) { /* past a sweep */
            event_base_loop(world.base, EVLOOP_ONCE);
        }
        assert_false(http_server_is_quiet(world.server));
        flow_wait_end(world.parked, NULL);
        pump(is_quiet, NULL);
    }
    assert_int_equal(status_of(ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
}

static void test_pending_request_has_no_read_deadline(void **state)
{
    (void)state;
    start(&usual); /* read_limit_ms is 300 */
    struct client *client = dial();
    say(client, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    pump(is_handled, NULL);
    int64_t until_us = clock_mono_us() + 700000;
    while (clock_mono_us() < until_us) {
        event_base_loop(world.base, EVLOOP_ONCE);
    }
    flow_wait_end(world.parked, NULL);
    pump(has_body, client);
    assert_true(contains(client, "{\"late\":true}"));
    assert_true(contains(client, "X-Of-The-Handler: early"));
}

static void test_flow_over_its_deadline_is_a_503(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.deadline_ms = 50;
    start(&options);
    struct client *client = ask("GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(status_of(client), 503);
    assert_true(contains(client, "\"code\":\"timeout\""));
    assert_true(contains(client, "Retry-After: 1\r\n"));
    assert_false(contains(client, "X-Of-The-Handler"));
    assert_true(flow_wait_is_abandoned(world.parked));
    flow_wait_end(world.parked, NULL); /* the late answer */
    assert_int_equal(times(client, "HTTP/1.1"), 1);
}

static void test_server_may_go_before_its_flows(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = dial();
    say(client, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    pump(is_handled, NULL);
    http_server_free(world.server);
    world.server = NULL;
    flow_wait_end(world.parked, NULL);
    pump(has_ended, client);
    assert_int_equal(client->got.length, 0);
    assert_int_equal(flow_count(), 0);
}

/* --- connections --- */

static void test_connections_are_capped(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.connections_max = 3;
    start(&options);
    struct client *held[3];
    for (int i = 0; i < 3; i++) {
        held[i] = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    struct client *fourth = dial(); /* the kernel's backlog takes it */
    say(fourth, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int turn = 0; turn < 10; turn++) {
        event_base_loop(world.base, EVLOOP_ONCE);
    }
    assert_int_equal(fourth->got.length, 0);
    assert_int_equal(world.handled, 3);
    hang_up(held[1]);
    pump(has_body, fourth);
    assert_int_equal(status_of(fourth), 200);
}

static void test_survives_running_out_of_descriptors(void **state)
{
    struct rlimit limit;
    (void)state;

    start(&usual);
    struct client *client = dial(); /* its connection waits in the backlog */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = { .rlim_cur = (rlim_t)client->fd + 1, .rlim_max = limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    say(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    int turns = 0;
    for (int64_t until_us = clock_mono_us() + 300000; clock_mono_us() < until_us; turns++) {
        event_base_loop(world.base, EVLOOP_ONCE);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(client->got.length, 0);
    assert_true(turns < 100); /* an eager listener would spin many thousand times */
    pump(has_body, client);
    assert_int_equal(status_of(client), 200);
}

static void test_connection_ends_after_a_thousand_requests(void **state)
{
    (void)state;
    start(&usual);
    struct client *client = dial();
    for (int i = 0; i < 1001 && !client->ended; i++) {
        buf_clear(&client->got);
        send(client->fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27, MSG_NOSIGNAL);
        pump(i < 1000 ? has_body : has_ended, client);
        assert_int_equal(contains(client, "Connection: close\r\n"), i == 999);
        if (i == 999) {
            pump(has_ended, client);
        }
    }
    assert_true(client->ended);
    assert_int_equal(world.handled, 1000);
}

static void test_drain_ends_idle_connections_and_waits_for_the_rest(void **state)
{
    (void)state;
    start(&usual);
    struct client *idle = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    struct client *silent = dial();
    struct client *busy = dial();
    world.handled = 0;
    say(busy, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    pump(is_handled, NULL);
    pump(has_body, ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));

    http_server_drain(world.server);
    pump(has_ended, idle);
    pump(has_ended, silent);
    assert_false(http_server_is_quiet(world.server));
    assert_false(busy->ended);
    flow_wait_end(world.parked, NULL);
    pump(has_ended, busy);
    assert_int_equal(status_of(busy), 200);
    assert_true(contains(busy, "Connection: close\r\n"));
    pump(is_quiet, NULL);
}

static void test_listens_where_it_is_told(void **state)
{
    static const char *const bad[] = { "127.0.0.1", "localhost:80", "127.0.0.1:65536", "[::1:80", "::1:80", ":80", "" };
    struct http_server_options options = usual;
    const char *error = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        options.listen = bad[i];
        error = NULL;
        assert_null(http_server_new(world.base, &options, &error));
        assert_non_null(error);
    }
    options.listen = "[::1]:0";
    world.server = http_server_new(world.base, &options, &error);
    if (world.server) { /* a machine may have no IPv6 */
        assert_true(http_server_port(world.server) > 0);
    }
}

/* --- whom to believe --- */

static void test_checks_cidrs(void **state)
{
    static const char *const good[] = { "", "10.0.0.0/8", "127.0.0.1, ::1", "2001:db8::/32,192.0.2.1/32", "0.0.0.0/0" };
    static const char *const bad[] = { "10.0.0.0/33", "10.0.0.1/8",     "::/129",        "x",
                                       ",",           "10.0.0.0/8,",    "10.0.0.0/",     "10.0.0/8",
                                       "10.0.0.0/-1", "10.0.0.0/8;::1", "2001:db8::1/32" };
    (void)state;

    assert_null(networks_check(NULL));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_null(networks_check(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_non_null(networks_check(bad[i]));
    }
}

static void test_finds_the_client_behind_proxies(void **state)
{
    static const struct {
        const char *trusted, *peer, *forwarded[2], *client;
    } cases[] = {
        { "", "10.0.0.1", { "1.1.1.1" }, "10.0.0.1" },
        { "10.0.0.0/8", "192.0.2.1", { "1.1.1.1" }, "192.0.2.1" },
        { "10.0.0.0/8", "10.0.0.1", { "6.6.6.6, 1.1.1.1" }, "1.1.1.1" },
        { "10.0.0.0/8", "10.0.0.1", { "6.6.6.6,1.1.1.1 , 10.9.9.9" }, "1.1.1.1" },
        { "10.0.0.0/8", "10.0.0.1", { "6.6.6.6", "1.1.1.1,10.2.2.2" }, "1.1.1.1" },
        { "10.0.0.0/8", "10.0.0.1", { "1.1.1.1", "10.2.2.2" }, "1.1.1.1" },
        { "10.0.0.0/8", "10.0.0.1", { "10.3.3.3,10.2.2.2" }, "10.3.3.3" },
        { "10.0.0.0/8", "10.0.0.1", { "6.6.6.6, <script>, 10.2.2.2" }, "10.2.2.2" },
        { "10.0.0.0/8", "10.0.0.1", { "6.6.6.6, <script>" }, "10.0.0.1" },
        { "10.0.0.0/8", "10.0.0.1", { "" }, "10.0.0.1" },
        { "10.0.0.0/8", "::ffff:10.0.0.1", { "::ffff:1.1.1.1" }, "1.1.1.1" },
        { "::/0", "10.0.0.1", { "1.1.1.1" }, "10.0.0.1" },
        { "0.0.0.0/0", "::1", { "1.1.1.1" }, "::1" },
        { "::1", "::1", { "[2001:db8::7]:443" }, "2001:db8::7" },
        { "::1", "::1", { "1.1.1.1:443" }, "1.1.1.1" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_proxies *proxies = http_proxies_new(cases[i].trusted);
        struct arena *arena = arena_new();
        size_t count = cases[i].forwarded[1] ? 2 : 1;
        assert_string_equal(http_proxies_client(proxies, arena, cases[i].peer, cases[i].forwarded, count),
                            cases[i].client);
        arena_free(arena);
        http_proxies_free(proxies);
    }
}

static void test_believes_forwarded_from_trusted_peers_only(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n";
    struct http_server_options options = usual;
    (void)state;

    start(&options);
    assert_true(contains(ask(text), "client=127.0.0.1 "));
    http_server_free(world.server);
    options.trusted_proxies = "127.0.0.0/8";
    start(&options);
    assert_true(contains(ask(text), "client=203.0.113.9 "));
}

static void test_counts_what_it_answers(void **state)
{
    struct buf text = { 0 };
    (void)state;

    start(&usual);
    ask("PATCH / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    ask("PUT / HTTP/1.1\r\n\r\n");
    metrics_write(&text);
    assert_non_null(
        strstr(text.data, "sharelink_http_requests_total{route=\"/test\",method=\"PATCH\",code=\"200\"} 1\n"));
    assert_non_null(strstr(text.data, "sharelink_http_requests_total{route=\"none\",method=\"PUT\",code=\"400\"} 1\n"));
    assert_non_null(strstr(text.data, "sharelink_http_connections "));
    buf_clear(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_with_the_usual_headers),
        TEST(test_keeps_a_connection_for_pipelined_requests),
        TEST(test_ids_come_in_and_go_out),
        TEST(test_reads_json_types),
        TEST(test_malformed_query_is_noticed),
        TEST(test_head_has_length_but_no_body),
        TEST(test_statuses_without_body),
        TEST(test_headers_of_the_handler),
        TEST(test_half_closing_client_gets_its_whole_answer),
        TEST(test_continue_is_said),
        TEST(test_hostile_requests_get_one_answer_and_an_end),
        TEST(test_bodies_over_the_limit),
        TEST(test_header_over_the_limit),
        TEST(test_slow_request_is_cut_at_the_deadline),
        TEST(test_endless_chunk_size_is_bounded),
        TEST(test_reader_that_does_not_read_is_cut),
        TEST(test_slow_reader_with_a_fair_rate_gets_all),
        TEST(test_slow_reader_below_the_rate_is_cut),
        TEST(test_client_may_leave_while_its_flow_waits),
        TEST(test_pending_request_has_no_read_deadline),
        TEST(test_flow_over_its_deadline_is_a_503),
        TEST(test_server_may_go_before_its_flows),
        TEST(test_connections_are_capped),
        TEST(test_survives_running_out_of_descriptors),
        TEST(test_connection_ends_after_a_thousand_requests),
        TEST(test_drain_ends_idle_connections_and_waits_for_the_rest),
        TEST(test_listens_where_it_is_told),
        cmocka_unit_test(test_checks_cidrs),
        cmocka_unit_test(test_finds_the_client_behind_proxies),
        TEST(test_believes_forwarded_from_trusted_peers_only),
        TEST(test_counts_what_it_answers),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
