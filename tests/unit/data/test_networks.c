/* test_networks.c - which addresses are public, and which are in a list of networks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/data/networks.h"

static struct address read(const char *text)
{
    struct address address;

    assert_true(address_read(text, strlen(text), &address));
    return address;
}

static void test_public_addresses(void **state)
{
    static const char *const public[] = { "1.1.1.1",        "8.8.8.8",          "172.15.0.1",      "172.32.0.1",
                                          "100.63.255.255", "100.128.0.1",      "223.255.255.255", "2606:4700::1111",
                                          "2a00:1450::1",   "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8" };
    (void)state;

    for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
        struct address address = read(public[i]);
        if (!address_is_public(&address)) {
            fail_msg("%s is public", public[i]);
        }
    }
}

static void test_addresses_that_are_not_public(void **state)
{
    static const char *const others[] = { "0.0.0.0",
                                          "0.1.2.3",
                                          "10.1.2.3",
                                          "100.64.0.1",
                                          "127.0.0.1",
                                          "127.255.255.255",
                                          "169.254.169.254",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "192.0.0.8",
                                          "192.168.1.1",
                                          "198.18.0.1",
                                          "192.0.2.1",
                                          "203.0.113.9",
                                          "224.0.0.1",
                                          "239.1.1.1",
                                          "240.0.0.1",
                                          "255.255.255.255",
                                          "::",
                                          "::1",
                                          "::ffff:127.0.0.1",
                                          "::ffff:10.0.0.1",
                                          "::127.0.0.1",
                                          "64:ff9b::7f00:1",
                                          "64:ff9b::a9fe:a9fe",
                                          "64:ff9b:1::1",
                                          "2002:7f00:1::",
                                          "2002:a00:1::1",
                                          "2001::1",
                                          "2001:db8::1",
                                          "fc00::1",
                                          "fd12::1",
                                          "fe80::1",
                                          "fec0::1",
                                          "ff02::1",
                                          "100::1",
                                          "4000::1" };
    (void)state;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct address address = read(others[i]);
        if (address_is_public(&address)) {
            fail_msg("%s is not public", others[i]);
        }
    }
}

static void test_lists_of_networks(void **state)
{
    struct networks *networks = networks_new("127.0.0.0/8, fd00::/8");
    struct address loopback = read("127.1.2.3"), private = read("10.0.0.1"), local = read("fd00::1"),
                   nat64 = read("64:ff9b::7f00:1");
    (void)state;

    assert_true(networks_hold(networks, &loopback));
    assert_false(networks_hold(networks, &private));
    assert_true(networks_hold(networks, &local));
    assert_false(networks_hold(networks, &nat64));
    assert_true(networks_hold_inner(networks, &nat64));
    networks_free(networks);
    assert_null(networks_check(""));
    assert_non_null(networks_check("10.0.0.0/33"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_addresses),
        cmocka_unit_test(test_addresses_that_are_not_public),
        cmocka_unit_test(test_lists_of_networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
