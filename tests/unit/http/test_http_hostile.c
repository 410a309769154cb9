/* test_http_hostile.c - requests that no good client sends: each gets one answer, and its connection ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/http/door.h"
#include "tests/unit/rigs/http_rig.h"

struct hostile {
    const char *name, *bytes;
    int status;
    const char *text; /* in the answer; NULL when evhttp itself gives it */
};

#define HOST      "Host: h\r\n"
#define MALFORMED "\"code\":\"malformed_request\""

static const struct hostile hostiles[] = {
    { "two lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, MALFORMED },
    { "two different lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 9\r\n\r\na", 400, MALFORMED },
    { "signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nabcde", 400, MALFORMED },
    { "hexadecimal length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nabcde", 400, NULL },
    { "negative length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", 400, NULL },
    { "list of lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nabcde", 400, NULL },
    { "length with a space before the colon", "POST / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc", 400, NULL },
    { "TE and CL", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 0, NULL },
    { "chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 411, "length_required" },
    { "chunk size 0x3", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", 0, NULL },
    { "odd transfer encoding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 411, "length_required" },
    { "no Host", "GET / HTTP/1.1\r\n\r\n", 400, MALFORMED },
    { "two keys", "POST / HTTP/1.1\r\n" HOST "Idempotency-Key: a\r\nidempotency-key: a\r\n\r\n", 400,
      "more than one Idempotency-Key" },
    { "two types", "POST / HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\nContent-Type: application/json\r\n\r\n", 400,
      "more than one Content-Type" },
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
    { "HEAD with a body", "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 34\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 400,
      NULL },
    { "GET with a body", "GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 400, MALFORMED },
    { "unknown method with a body",
      "BREW / HTTP/1.1\r\n" HOST "Content-Length: 34\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 400, MALFORMED },
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hostile_requests_get_one_answer_and_an_end),
        TEST(test_bodies_over_the_limit),
        TEST(test_header_over_the_limit),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
