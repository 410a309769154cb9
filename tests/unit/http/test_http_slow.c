/* test_http_slow.c - clients that send or read slowly, or without end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/rigs/http_rig.h"

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

/* Its size line is longer than any; neither the rest nor the end of it is waited for. */
static void test_chunked_body_is_refused_before_it_is_there(void **state)
{
    static const char *const heads[] = {
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0000000000",
        "POST / HTTP/1.1\nHost: h\ntransfer-ENCODING:chunked\n\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    };
    (void)state;

    start(&usual);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct client *client = dial();
        int64_t began_us = clock_mono_us();
        for (const char *at = heads[i]; *at; at++) { /* byte by byte, as a client may */
            char byte[2] = { *at, '\0' };
            say(client, byte);
            if (i % 2 == 0) {
                event_base_loop(world.base, EVLOOP_NONBLOCK);
            }
        }
        pump(has_ended, client);
        assert_true(clock_mono_us() - began_us < 1000000);
        assert_true(contains(client, "HTTP/1.1 411 Length Required\r\n"));
        assert_true(contains(client, "\"code\":\"length_required\""));
        assert_false(contains(client, "100 Continue"));
        hang_up(client);
    }
    assert_int_equal(world.handled, 1);
    assert_int_equal(status_of(ask("POST / HTTP/1.1\r\nHost: h\r\nX-Transfer-Encoding: a\r\nContent-Length: 1\r\n\r\nx")), 200);
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

/* Big answers that wait fill what there is for them. What only shows something comes later; what did something is told. */
static void test_no_room_for_a_big_answer_is_told_to_those_who_may_ask_again(void **state)
{
    struct http_server_options options = usual;
    (void)state;

    options.write_limit_ms = 60000;
    options.waiting_max = BIG_SIZE + BIG_SIZE / 2;
    start(&options);
    struct client *slow = dial();
    event_del(slow->readable);
    say(slow, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    pump(is_handled, NULL);

    struct client *program = ask("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(status_of(program), 503);
    assert_true(contains(program, "\r\nContent-Type: application/problem+json\r\n"));
    assert_true(contains(program, "\r\nRetry-After: 5\r\n"));
    assert_true(contains(program, "\"code\":\"busy\""));
    struct client *person = ask("GET /big HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n");
    assert_int_equal(status_of(person), 503);
    assert_true(contains(person, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
    assert_true(contains(person, "\r\nRetry-After: 5\r\n"));
    struct client *writer = ask("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(status_of(writer), 200);
    assert_true(writer->got.length > BIG_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_slow_request_is_cut_at_the_deadline),
        TEST(test_endless_chunk_size_is_bounded),
        TEST(test_chunked_body_is_refused_before_it_is_there),
        TEST(test_reader_that_does_not_read_is_cut),
        TEST(test_slow_reader_with_a_fair_rate_gets_all),
        TEST(test_slow_reader_below_the_rate_is_cut),
        TEST(test_no_room_for_a_big_answer_is_told_to_those_who_may_ask_again),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
