/* test_fetch.c - what is got, and what is not posted: past its time, to a port of another protocol, to an address that is not
 * public. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/fetch/fetch.h"
#include "common/fetch/ports.h"

#define FAR_US ((int64_t)60 * 1000000)

struct outcome {
    int count, status;
    bool has_lapsed;
    char error[200];
};

static int listener;
static unsigned port;

static void listen_on_loopback(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;

    listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
}

/* All that one client sent; "" when it left without a byte. */
static const char *heard_from_client(void)
{
    static char heard[2000];
    int client = accept(listener, NULL, NULL);
    ssize_t length = recv(client, heard, sizeof heard - 1, 0);

    heard[length > 0 ? length : 0] = '\0';
    close(client);
    return heard;
}

static void note(void *arg, const struct fetch_result *result)
{
    struct outcome *outcome = arg;

    outcome->count++;
    outcome->status = result->status;
    outcome->has_lapsed = result->has_lapsed;
    snprintf(outcome->error, sizeof outcome->error, "%s", result->error ? result->error : "");
}

static struct outcome post(const char *allowed, const char *url, int64_t good_for_us)
{
    struct event_base *base = event_base_new();
    struct fetch_pool *pool = fetch_pool_new(base, &(struct fetch_options){ .allow_networks = allowed,
                                                                            .user_agent = "test",
                                                                            .connect_limit_ms = 2000,
                                                                            .total_limit_ms = 500,
                                                                            .answer_max = 1000 });
    const _Atomic int64_t good_until_us = clock_boot_us() + good_for_us;
    const char *const headers[] = { "Content-Type: text/plain", NULL };
    struct outcome outcome = { 0 };

    fetch_post(pool, url, headers, "hello", 5, &good_until_us, note, &outcome);
    while (outcome.count == 0) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    fetch_pool_free(pool);
    event_base_free(base);
    return outcome;
}

static void nothing_is_posted_when_its_time_is_over(void **state)
{
    char url[100];
    (void)state;

    listen_on_loopback();
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    struct outcome got = post("127.0.0.0/8", url, 0);
    assert_true(got.has_lapsed);
    assert_string_equal(heard_from_client(), "");
    got = post("127.0.0.0/8", url, FAR_US);
    assert_false(got.has_lapsed);
    assert_non_null(strstr(heard_from_client(), "POST / HTTP/1.1"));
    close(listener);
}

/* --- what is got --- */

struct got {
    int count, status;
    char error[200], body[200];
};

static void note_got(void *arg, const struct fetch_result *result)
{
    struct got *got = arg;

    got->count++;
    got->status = result->status;
    snprintf(got->error, sizeof got->error, "%s", result->error ? result->error : "");
    snprintf(got->body, sizeof got->body, "%.*s", (int)result->length, result->body ? result->body : "");
}

/* From a server that answers its one client with this. answer NULL: it says nothing, and all is broken off. */
static struct got get(const char *answer, size_t answer_max)
{
    struct event_base *base = event_base_new();
    struct fetch_pool *pool = fetch_pool_new(
        base, &(struct fetch_options){
                  .allow_networks = "127.0.0.0/8", .user_agent = "test", .connect_limit_ms = 2000, .total_limit_ms = 2000 });
    const char *const none[] = { NULL };
    struct got got = { 0 };
    char url[100];
    int client = -1;

    listen_on_loopback();
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    fetch_get(pool, url, none, answer_max, note_got, &got);
    assert_int_equal(got.count, 0);
    while (got.count == 0) {
        struct pollfd ready = { .fd = listener, .events = POLLIN };
        event_base_loop(base, client < 0 ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
        if (client < 0 && poll(&ready, 1, 10) == 1) {
            client = accept(listener, NULL, NULL);
            if (answer) {
                assert_int_equal(send(client, answer, strlen(answer), MSG_NOSIGNAL), (ssize_t)strlen(answer));
                shutdown(client, SHUT_WR);
            } else {
                fetch_pool_cancel(pool);
            }
        }
    }
    assert_int_equal(got.count, 1);
    close(client);
    close(listener);
    fetch_pool_free(pool);
    event_base_free(base);
    return got;
}

static void bodies_are_got_up_to_their_most(void **state)
{
    (void)state;
    struct got got = get("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 5);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body, "hello");
    assert_string_equal(get("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!", 5).error, "the answer is too long");
    assert_string_equal(get("HTTP/1.1 200 OK\r\n\r\nhello!", 5).error, "the answer is too long");
    got = get("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", 5);
    assert_int_equal(got.status, 302);
    assert_int_equal(get("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi", 5).status, 0);
}

static void what_is_under_way_can_be_broken_off(void **state)
{
    (void)state;
    struct got got = get(NULL, 5);
    assert_int_equal(got.status, 0);
    assert_true(got.error[0]);
}

static void what_must_not_be_posted_to_is_told_in_the_same_words(void **state)
{
    static const char *const urls[] = { "http://127.0.0.1/", "http://10.0.0.1:8080/", "http://nobody.invalid/" };
    (void)state;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        assert_string_equal(post(NULL, urls[i], FAR_US).error,
                            "its host does not resolve, is not public, or has no web server at that port");
    }
    assert_string_equal(post("127.0.0.0/8", "http://127.0.0.1:6379/", FAR_US).error,
                        "its host does not resolve, is not public, or has no web server at that port");
}

static void ports_of_other_protocols_are_known(void **state)
{
    static const unsigned bad[] = { 0, 1, 22, 25, 139, 445, 3306, 5432, 6000, 6379, 6667, 10080, 11211, 27017 };
    static const unsigned good[] = { 80, 443, 2, 81, 3000, 8000, 8080, 8443, 9443, 32768, 65535 };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(port_may_be_http(bad[i]));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(port_may_be_http(good[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_posted_when_its_time_is_over),
        cmocka_unit_test(bodies_are_got_up_to_their_most),
        cmocka_unit_test(what_is_under_way_can_be_broken_off),
        cmocka_unit_test(what_must_not_be_posted_to_is_told_in_the_same_words),
        cmocka_unit_test(ports_of_other_protocols_are_known),
    };

    log_setup("test", LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
