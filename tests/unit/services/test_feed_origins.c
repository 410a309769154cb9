/* test_feed_origins.c - which origins an operator may list. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "services/notifications/feed/feed_origins.h"

static void test_origins_as_browsers_send_them(void **state)
{
    static const char *const good[] = {
        "https://app.example.com",
        "https://app.example.com:8443",
        "https://a.example, https://b.example",
        "https://a.example,https://b.example",
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://localhost:3000",
        "http://[::1]:3000",
        "https://xn--bcher-kva.example",
    };
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (feed_origins_check(good[i])) {
            fail_msg("%s: %s", good[i], feed_origins_check(good[i]));
        }
    }
}

static void test_what_is_no_origin(void **state)
{
    static const char *const bad[] = {
        "*",
        "null",
        "https://*.example.com",
        "app.example.com",
        "https://",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://user@app.example.com",
        "https://App.example.com",
        "HTTPS://app.example.com",
        "https://app.example.com:443",
        "http://127.0.0.1:80",
        "http://app.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "ftp://app.example.com",
        "https://a.example; https://b.example",
        "https://a.example,*",
    };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (!feed_origins_check(bad[i])) {
            fail_msg("%s was taken", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origins_as_browsers_send_them),
        cmocka_unit_test(test_what_is_no_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
