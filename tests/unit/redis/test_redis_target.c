/* test_redis_target.c - the URL of a connection: what is broken, and that all of it is used. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/rigs/redis_rig.h"

/* url: redis://…@ the server's own host and port, and what comes behind it. */
static void url_with(char *to, size_t size, const char *credentials, const char *database)
{
    const char *rest = strstr(server_url(), "://") + 3;
    const char *at = strrchr(rest, '@');

    rest = at ? at + 1 : rest;
    snprintf(to, size, "redis://%s%.*s%s", credentials, (int)strcspn(rest, "/"), rest, database);
}

static void users_passwords_and_databases_of_the_url_are_used(void **state)
{
    struct rig rig, admin;
    struct noted noted;
    char url[256];
    (void)state;

    open_ready_rig(&admin);
    ASK(&admin, &noted, "ACL", "SETUSER", "t:user", "on", ">p@ss/w:rd%", "~*", "+@all");
    assert_string_equal(noted.text, "OK");
    url_with(url, sizeof url, "t%3Auser:p%40ss%2Fw%3Ard%25@", "/3");
    rig = (struct rig){ 0 };
    open_rig(&rig, url);
    assert_true(loop_until(rig.base, is_ready, &rig));
    ASK(&rig, &noted, "ACL", "WHOAMI");
    assert_string_equal(noted.text, "t:user");
    ASK(&rig, &noted, "SET", "t:three", "3");
    close_rig(&rig);

    ASK(&admin, &noted, "GET", "t:three");
    assert_int_equal(noted.kind, REDIS_NIL);
    ASK(&admin, &noted, "SELECT", "3");
    ASK(&admin, &noted, "GETDEL", "t:three");
    assert_string_equal(noted.text, "3");

    url_with(url, sizeof url, "t%3Auser:wrong@", "");
    rig = (struct rig){ 0 };
    open_rig(&rig, url);
    for (int i = 0; i < 200; i++) {
        ASK(&rig, &noted, "PING");
        assert_string_not_equal(noted.error, "");
    }
    assert_int_equal(rig.ready, 0);
    close_rig(&rig);
    ASK(&admin, &noted, "ACL", "DELUSER", "t:user");
    close_rig(&admin);
}

static void broken_urls_fail_every_command(void **state)
{
    static const char *const urls[] = { "",
                                        "redis",
                                        "redis://",
                                        "redis://:6379",
                                        "redis://host:0",
                                        "redis://host:65536",
                                        "redis://host:12x",
                                        "redis://host/x",
                                        "redis://host/-1",
                                        "redis://password@host",
                                        "redis://u:%zz@host",
                                        "redis://u:%00@host",
                                        "redis://[::1",
                                        "rediss://127.0.0.1",
                                        "http://127.0.0.1",
                                        "unix://",
                                        "unix://relative",
                                        "unix:///no/such/socket",
                                        "redis://127.0.0.1:1",
                                        "redis://[::1]:1/2" };
    (void)state;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct rig rig = { 0 };
        struct noted noted;
        open_rig(&rig, urls[i]);
        for (int turn = 0; turn < 5; turn++) {
            ASK(&rig, &noted, "PING");
            assert_string_not_equal(noted.error, "");
        }
        assert_int_equal(rig.ready, 0);
        close_rig(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_urls_fail_every_command),
        cmocka_unit_test(users_passwords_and_databases_of_the_url_are_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
