/* test_http.c - what a good client of the HTTP server gets, and what is counted. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/metrics.h"
#include "tests/unit/rigs/http_rig.h"

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
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: A.b_c:9-\r\ntraceparent: %s\r\n\r\n", trace);
    struct client *client = ask(text);
    assert_true(contains(client, "X-Request-Id: A.b_c:9-\r\n"));
    assert_true(contains(client, "id=A.b_c:9- trace=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));

    static const char *const bad[] = {
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",   "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",   "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\ntraceparent: %s\r\n\r\n", bad[i]);
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
    say(client, "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
    pump(was_told_to_continue, client);
    say(client, "body");
    pump(has_ended, client);
    assert_true(contains(client, "POST /x body=4:body"));
}

static void test_counts_what_it_answers(void **state)
{
    struct buf text = { 0 };
    (void)state;

    start(&usual);
    ask("PATCH / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    ask("PUT / HTTP/1.1\r\n\r\n");
    metrics_write(&text);
    assert_non_null(strstr(text.data, "sharelink_http_requests_total{route=\"/test\",method=\"PATCH\",code=\"200\"} 1\n"));
    assert_non_null(strstr(text.data, "sharelink_http_requests_total{route=\"none\",method=\"PUT\",code=\"400\"} 1\n"));
    assert_non_null(strstr(text.data, "sharelink_http_connections "));
    buf_clear(&text);
}

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
        TEST(test_counts_what_it_answers),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
