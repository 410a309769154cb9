/* test_proxies.c - whom the server believes about the address of a client. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>

#include "common/data/networks.h"
#include "common/http/proxies.h"
#include "tests/unit/rigs/http_rig.h"

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
        assert_string_equal(http_proxies_client(proxies, arena, cases[i].peer, cases[i].forwarded, count), cases[i].client);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checks_cidrs),
        cmocka_unit_test(test_finds_the_client_behind_proxies),
        TEST(test_believes_forwarded_from_trusted_peers_only),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
