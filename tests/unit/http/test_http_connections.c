/* test_http_connections.c - flows that take their time, and the connections of the server: how many, how long, where, and their
 * end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/unit/rigs/http_rig.h"

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

/* Whoever has never sent a byte makes room; who is served does not. */
static void test_silent_connections_make_room(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.connections_max = 4;
    start(&options);
    struct client *busy = dial();
    say(busy, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    pump(is_handled, NULL);
    struct client *silent[12];
    for (int i = 0; i < 12; i++) {
        silent[i] = dial();
        event_base_loop(world.base, EVLOOP_NONBLOCK);
    }
    int64_t began_us = clock_mono_us();
    assert_int_equal(status_of(ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
    assert_true(clock_mono_us() - began_us < 200000);
    pump(has_ended, silent[0]);
    assert_false(busy->ended);
    flow_wait_end(world.parked, NULL);
    pump(has_body, busy);
}

static void test_connection_that_says_nothing_is_closed(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.first_byte_limit_ms = 300;
    start(&options);
    struct client *spoken = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), *silent = dial();
    pump(has_ended, silent);
    assert_false(spoken->ended); /* that one waits for another request, for as long as it may be idle */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_client_may_leave_while_its_flow_waits),
        TEST(test_pending_request_has_no_read_deadline),
        TEST(test_flow_over_its_deadline_is_a_503),
        TEST(test_server_may_go_before_its_flows),
        TEST(test_connections_are_capped),
        TEST(test_silent_connections_make_room),
        TEST(test_connection_that_says_nothing_is_closed),
        TEST(test_survives_running_out_of_descriptors),
        TEST(test_connection_ends_after_a_thousand_requests),
        TEST(test_drain_ends_idle_connections_and_waits_for_the_rest),
        TEST(test_listens_where_it_is_told),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
