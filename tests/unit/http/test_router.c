/* test_router.c - which handler a path and a method find, asked over a real server. */
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
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/http/http.h"
#include "common/http/router.h"
#include "common/base/str.h"

#define PATIENCE_US 60000000 /* only a test that hangs comes to its end */

static struct event_base *base;
static struct http_server *server;
static char answer[4096];

static struct next *reply_with(struct flow *flow, const char *name, const char *parameter)
{
    char text[300];

    snprintf(text, sizeof text, "%s(%s) %s", name, parameter, router_route(flow)->pattern);
    return http_reply(flow, 200, "text/plain", text, strlen(text));
}

static struct next *show_root(struct flow *flow)
{
    return reply_with(flow, "root", "");
}

static struct next *list_links(struct flow *flow)
{
    return reply_with(flow, "list", "");
}

static struct next *create_link(struct flow *flow)
{
    return reply_with(flow, "create", "");
}

static struct next *show_link(struct flow *flow)
{
    return reply_with(flow, "show", router_param(flow, "id"));
}

static struct next *show_latest(struct flow *flow)
{
    return reply_with(flow, "latest", "");
}

static struct next *drop_reviewer(struct flow *flow)
{
    char both[100];

    snprintf(both, sizeof both, "%s+%s", router_param(flow, "id"), router_param(flow, "reviewer"));
    return reply_with(flow, "drop", both);
}

static struct next *guard(struct flow *flow)
{
    const char *key = http_header(flow, "Authorization");

    if (!key || !str_equal(key, router_route(flow)->scope)) {
        return http_reply_problem(flow, 401, "unauthorized", "No.");
    }
    return router_proceed(flow);
}

static const struct deprecation old_route[] = {
    { .since = "2027-03-01", .sunset = "2028-03-01" },
    { .since = NULL },
};

static const struct deprecation old_parameters[] = {
    { .parameter = "q", .since = "2027-03-01", .sunset = "2028-09-15" },
    { .parameter = "page", .since = "2027-02-28", .sunset = "2028-12-31" },
    { .since = NULL },
};

static const struct route routes[] = {
    { HTTP_GET, "/", show_root, .scope = NULL },
    { HTTP_GET, "/v1/links/{id}", show_link, .scope = NULL }, /* before the literal one on purpose */
    { HTTP_GET, "/v1/links", list_links, .scope = NULL },
    { HTTP_POST, "/v1/links", create_link, .scope = "links.write" },
    { HTTP_GET, "/v1/links/latest", show_latest, .scope = NULL },
    { HTTP_PATCH, "/v1/links/{id}", show_link, .scope = NULL },
    { HTTP_DELETE, "/v1/links/{id}/reviewers/{reviewer}", drop_reviewer, .scope = NULL },
    { HTTP_GET, "/v1/old", list_links, .scope = "old.read", .deprecated = old_route },
    { HTTP_GET, "/v1/search", list_links, .scope = NULL, .deprecated = old_parameters },
    { .pattern = NULL },
};

static int set_up(void **state)
{
    const struct router_options options = { routes, guard };
    const struct http_server_options http = {
        .listen = "127.0.0.1:0",
        .connections_max = 8,
        .header_max = 8192,
        .body_max = 1024,
        .read_limit_ms = 5000,
        .write_limit_ms = 5000,
        .idle_limit_ms = 5000,
        .deadline_ms = 5000,
        .handle = router_handle,
    };
    const char *error;
    (void)state;

    router_setup(&options);
    base = event_base_new();
    server = http_server_new(base, &http, &error);
    return server ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_free(server);
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_base_free(base);
    return 0;
}

static void collect(evutil_socket_t fd, short what, void *arg)
{
    size_t length = strlen(answer);
    ssize_t got = read(fd, answer + length, sizeof answer - length - 1);
    (void)what;

    if (got <= 0) {
        *(bool *)arg = true;
    } else {
        answer[length + (size_t)got] = '\0';
    }
}

/* The whole answer to one request. */
static const char *ask_with(const char *method, const char *path, const char *field, const char *body)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(server)) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ended = false;
    char request[1000];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    int length = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: h\r\n%sConnection: close\r\n\r\n%s", method, path,
                          field, body);
    assert_int_equal(send(fd, request, (size_t)length, MSG_NOSIGNAL), length);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    answer[0] = '\0';
    struct event *readable = event_new(base, fd, EV_READ | EV_PERSIST, collect, &ended);
    event_add(readable, NULL);
    int64_t deadline_us = clock_mono_us() + PATIENCE_US;
    while (!ended) {
        assert_true(clock_mono_us() < deadline_us);
        event_base_loop(base, EVLOOP_ONCE);
    }
    event_free(readable);
    close(fd);
    return answer;
}

static const char *ask(const char *method, const char *path, const char *field)
{
    return ask_with(method, path, field, "");
}

static bool answers(const char *method, const char *path, const char *text)
{
    return strstr(ask(method, path, ""), text) != NULL;
}

static void test_finds_handlers(void **state)
{
    (void)state;
    assert_true(answers("GET", "/", "root() /"));
    assert_true(answers("GET", "/?x=/v1/links", "root() /"));
    assert_true(answers("GET", "/v1/links", "list() /v1/links"));
    assert_true(answers("GET", "/v1/links/lnk_1?x=1", "show(lnk_1) /v1/links/{id}"));
    assert_true(answers("PATCH", "/v1/links/lnk_1", "show(lnk_1) "));
    assert_true(answers("DELETE", "/v1/links/a/reviewers/b", "drop(a+b) "));
}

static void test_literal_goes_before_parameter(void **state)
{
    (void)state;
    assert_true(answers("GET", "/v1/links/latest", "latest() "));
    assert_true(answers("PATCH", "/v1/links/latest", "show(latest) "));
}

static void test_parameters_are_decoded(void **state)
{
    (void)state;
    assert_true(answers("GET", "/v1/links/a%20b+c", "show(a b+c) "));
    assert_true(answers("GET", "/v1/links/%c3%a4", "show(\xc3\xa4) "));
    assert_true(answers("GET", "/v1/links/%2e%2e", "show(..) "));
}

static void test_head_is_served_by_get(void **state)
{
    (void)state;
    assert_true(answers("HEAD", "/v1/links/1", "HTTP/1.1 200 OK\r\n"));
    assert_true(str_ends_with(answer, "\r\n\r\n"));
}

static void test_what_is_not_there_is_a_404(void **state)
{
    static const char *const paths[] = {
        "/v1",           "/v1/",          "/v1/links/",      "/v1/links/a/",           "/v1/Links",
        "/v1/links/a/b", "/v1%2flinks",   "/v1/links/a%2fb", "/v1/links/a%0ab",        "/v1/links/%zz",
        "/v1/links/%",   "/v1/links/%ff", "/v1//links",      "/v1/links/x/reviewers/", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p",
        "/v1/links/%7f", "/v1/linksx",    "/v1/link",
    };
    (void)state;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!answers("GET", paths[i], "HTTP/1.1 404 Not Found\r\n") || !strstr(answer, "\"code\":\"not_found\"")) {
            fail_msg("%s: got %s", paths[i], answer);
        }
    }
}

static void test_wrong_method_is_a_405_with_allow(void **state)
{
    static const char *const methods[] = { "DELETE", "PUT", "OPTIONS", "TRACE", "BREW" };
    (void)state;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        assert_true(answers(methods[i], "/v1/links", "HTTP/1.1 405 Method Not Allowed\r\n"));
        assert_non_null(strstr(answer, "\r\nAllow: GET, HEAD, POST\r\n"));
        assert_non_null(strstr(answer, "\"code\":\"method_not_allowed\""));
    }
    assert_true(answers("POST", "/v1/links/latest", "\r\nAllow: GET, HEAD, PATCH\r\n"));
    assert_true(answers("GET", "/v1/links/a/reviewers/b", "\r\nAllow: DELETE\r\n"));
}

static void test_address_that_takes_a_patch_says_of_which_type(void **state)
{
    static const char told[] = "\r\nAccept-Patch: application/json, application/merge-patch+json\r\n";
    (void)state;

    assert_true(answers("GET", "/v1/links/a", told) && answers("HEAD", "/v1/links/a", told));
    assert_true(answers("PATCH", "/v1/links/a", told) && answers("OPTIONS", "/v1/links/a", told));
    assert_false(answers("GET", "/v1/links", "Accept-Patch") || answers("OPTIONS", "/v1/links", "Accept-Patch"));
    assert_false(answers("GET", "/nothing", "Accept-Patch"));
}

static void test_encoded_body_is_a_415_that_says_what_is_taken(void **state)
{
    static const char *const codings[] = { "gzip",    "x-gzip",         "br",
                                           "deflate", "identity, gzip", "identity\r\nContent-Encoding: br",
                                           "nonsense" };
    static const char *const none[] = { "identity", "Identity", "", "identity, identity" };
    char fields[200];
    (void)state;

    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        snprintf(fields, sizeof fields, "Content-Encoding: %s\r\nContent-Length: 0\r\n", codings[i]);
        assert_null(strstr(ask("PATCH", "/v1/links/a", fields), " 415 "));
        snprintf(fields, sizeof fields, "Content-Encoding: %s\r\nContent-Length: 2\r\n", codings[i]);
        ask_with("PATCH", "/v1/links/a", fields, "{}");
        assert_non_null(strstr(answer, "HTTP/1.1 415 "));
        assert_non_null(strstr(answer, "\r\nAccept-Encoding: identity\r\n"));
        assert_non_null(strstr(answer, "\"code\":\"unsupported_media_type\""));
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        snprintf(fields, sizeof fields, "Content-Encoding: %s\r\nContent-Length: 2\r\n", none[i]);
        assert_non_null(strstr(ask_with("PATCH", "/v1/links/a", fields, "{}"), "show(a) "));
    }
}

static void test_guard_goes_first(void **state)
{
    (void)state;
    assert_non_null(strstr(ask("POST", "/v1/links", "Content-Length: 0\r\n"), "HTTP/1.1 401 Unauthorized\r\n"));
    assert_non_null(strstr(ask("POST", "/v1/links", "Authorization: links.write\r\n"), "create() "));
}

static void test_what_will_go_is_told_beforehand(void **state)
{
    (void)state;
    assert_true(answers("GET", "/v1/old", "HTTP/1.1 401 Unauthorized\r\n")); /* refusals tell it, too */
    assert_non_null(strstr(answer, "\r\nDeprecation: @1803859200\r\n"));
    assert_non_null(strstr(answer, "\r\nSunset: Wed, 01 Mar 2028 00:00:00 GMT\r\n"));
    assert_non_null(strstr(ask("GET", "/v1/old", "Authorization: old.read\r\n"), "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(answer, "\r\nDeprecation: @1803859200\r\n"));
    assert_true(answers("GET", "/v1/search?q=", "\r\nDeprecation: @1803859200\r\n"));
    assert_non_null(strstr(answer, "\r\nSunset: Fri, 15 Sep 2028 00:00:00 GMT\r\n"));
    /* Of both: what was told first, and what goes first. */
    assert_true(answers("HEAD", "/v1/search?page=2&q=x", "\r\nDeprecation: @1803772800\r\n"));
    assert_non_null(strstr(answer, "\r\nSunset: Fri, 15 Sep 2028 00:00:00 GMT\r\n"));
    assert_false(answers("GET", "/v1/search?qq=x", "Deprecation"));
    assert_null(strstr(answer, "Sunset"));
}

/* In a process of its own, which a table that must not be served ends. */
static bool is_served(const struct deprecation *deprecated)
{
    const struct route table[] = { { HTTP_GET, "/v1/old", list_links, .scope = NULL, .deprecated = deprecated },
                                   { .pattern = NULL } };
    int status;
    pid_t child = fork();

    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        signal(SIGABRT, SIG_DFL); /* cmocka has its own */
        router_setup(&(struct router_options){ .routes = table });
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_deprecation_that_is_none(void **state)
{
    static const struct deprecation sound[][2] = {
        { { NULL, "2027-03-01", "2028-03-01" } },
        { { NULL, "2028-02-29", "2029-03-01" } },
        { { "q", "2027-03-01", "2031-01-01" } },
    };
    static const struct deprecation unsound[][2] = {
        { { NULL, "2027-03-01", "2028-02-29" } }, /* less than a year */
        { { NULL, "2028-02-29", "2029-02-28" } },
        { { NULL, "2027-03-01", "2027-02-01" } },
        { { NULL, "2027-03-01", NULL } },
        { { NULL, "2027-3-1", "2028-03-01" } },
        { { NULL, "2027-02-29", "2028-03-01" } },
        { { NULL, "soon", "2028-03-01" } },
        { { NULL, "2027-03-01", "2028-03-01T00:00:00Z" } },
    };
    (void)state;

    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        assert_true(is_served(sound[i]));
    }
    for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++) {
        assert_false(is_served(unsound[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_handlers),
        cmocka_unit_test(test_literal_goes_before_parameter),
        cmocka_unit_test(test_parameters_are_decoded),
        cmocka_unit_test(test_head_is_served_by_get),
        cmocka_unit_test(test_what_is_not_there_is_a_404),
        cmocka_unit_test(test_wrong_method_is_a_405_with_allow),
        cmocka_unit_test(test_address_that_takes_a_patch_says_of_which_type),
        cmocka_unit_test(test_encoded_body_is_a_415_that_says_what_is_taken),
        cmocka_unit_test(test_guard_goes_first),
        cmocka_unit_test(test_what_will_go_is_told_beforehand),
        cmocka_unit_test(test_deprecation_that_is_none),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
