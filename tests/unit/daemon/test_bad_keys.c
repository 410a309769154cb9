/* test_bad_keys.c - who tries bad keys waits, whatever ids he makes up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "common/daemon/bad_keys.h"
#include "common/data/crypto.h"

enum { PER_MINUTE = 5, MANY = 50000 };

static void note(struct bad_keys *bad, const char *address, int number)
{
    uint8_t hash[CRYPTO_HASH_SIZE];
    char id[32];

    snprintf(id, sizeof id, "slk_%d", number);
    crypto_hash(hash, id, sizeof id);
    bad_keys_note(bad, hash, address, id);
}

static int64_t wait_of(struct bad_keys *bad, const char *address, int number)
{
    char id[32];

    snprintf(id, sizeof id, "slk_%d", number);
    return bad_keys_wait_s(bad, address, id);
}

static void test_network_waits_for_any_id(void **state)
{
    struct bad_keys *bad = bad_keys_new(PER_MINUTE);
    (void)state;

    for (int i = 0; i < PER_MINUTE; i++) {
        assert_int_equal(wait_of(bad, "192.0.2.7", i), 0);
        note(bad, "192.0.2.7", i);
    }
    for (int i = 0; i < MANY; i++) {
        assert_true(wait_of(bad, "192.0.2.200", i) > 0);
    }
    assert_int_equal(wait_of(bad, "198.51.100.7", MANY + 1), 0);
    bad_keys_free(bad);
}

static void test_id_waits_for_any_network(void **state)
{
    struct bad_keys *bad = bad_keys_new(PER_MINUTE);
    char address[32];
    (void)state;

    for (int i = 0; i < PER_MINUTE; i++) {
        snprintf(address, sizeof address, "192.0.%d.7", i);
        note(bad, address, 1);
    }
    assert_true(wait_of(bad, "198.51.100.7", 1) > 0);
    assert_int_equal(wait_of(bad, "198.51.100.7", 2), 0);
    bad_keys_free(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_waits_for_any_id),
        cmocka_unit_test(test_id_waits_for_any_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
