/* test_crypto.c - tokens, passcodes, keyed hashes and boxes, with keys that change. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/data/crypto.h"

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "8Z2Tq0m5kJx0bVw3nWJ7yHk2nEo4P2uQf1o9mXk4RrE="
#define KEY_C "nW9xkq2V6rA1Zb7c0Yq3uT5eJ8hLpD4sFgHiKjMlOoQ="

static int set_up(void **state)
{
    (void)state;

    crypto_setup();
    return 0;
}

static void test_what_is_random_has_its_form_and_differs(void **state)
{
    static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char token[CRYPTO_TOKEN_SIZE], other[CRYPTO_TOKEN_SIZE], secret[CRYPTO_SECRET_SIZE];
    (void)state;

    crypto_token_new(token);
    crypto_token_new(other);
    crypto_secret_new(secret);
    assert_int_equal(strspn(token, base64url), CRYPTO_TOKEN_SIZE - 1);
    assert_int_equal(strspn(secret, base64url), CRYPTO_SECRET_SIZE - 1);
    assert_int_equal(strlen(token), CRYPTO_TOKEN_SIZE - 1);
    assert_int_equal(strlen(secret), CRYPTO_SECRET_SIZE - 1);
    assert_string_not_equal(token, other);
    for (int i = 0; i < 1000; i++) {
        assert_true(crypto_random_below(7) < 7);
    }
}

static void test_a_new_passcode_is_canonical(void **state)
{
    char passcode[CRYPTO_PASSCODE_SIZE], again[CRYPTO_PASSCODE_SIZE];
    (void)state;

    for (int i = 0; i < 500; i++) {
        crypto_passcode_new(passcode);
        assert_int_equal(strlen(passcode), CRYPTO_PASSCODE_SIZE - 1);
        assert_true(crypto_passcode_normalise(again, passcode));
        assert_string_equal(again, passcode);
    }
}

static void test_what_a_person_types_is_made_canonical(void **state)
{
    static const char *const bad[] = { "",
                                       "----",
                                       "ABCD-EFGH-JKMN-PQR",
                                       "ABCD-EFGH-JKMN-PQRSX",
                                       "ABCD-EFGH-JKMN-PQRU",
                                       "ABCD-EFGH-JKMN-PQR!",
                                       "\xE2\x80\x94\xC2\xA0\xE2\x80\x8B",
                                       "ABCD-EFGH-JKMN-PQR\xD0\x90",
                                       "ABCD-EFGH-JKMN-PQR\xE2\x80",
                                       "ABCD-EFGH-JKMN-PQR\xC3\xA4" };
    char to[CRYPTO_PASSCODE_SIZE];
    (void)state;

    assert_true(crypto_passcode_normalise(to, " abcd efgh\tjkmn-pqrs\n"));
    assert_string_equal(to, "ABCD-EFGH-JKMN-PQRS");
    /* No-break and thin blanks, dashes, what is drawn as nothing, and what stands behind a URL. */
    assert_true(crypto_passcode_normalise(to, "\xEF\xBB\xBF(ABCD\xE2\x80\x93"
                                              "EFGH\xC2\xA0JKMN\xE2\x80\x89\xE2\x80\x8BPQRS)."));
    assert_string_equal(to, "ABCD-EFGH-JKMN-PQRS");
    assert_true(crypto_passcode_normalise(to, "\xC2\xAB"
                                              "ABCD_EFGH/JKMN\xE2\x80\xA6\xE3\x80\x80PQRS\xC2\xBB \xF0\x9F\x99\x82\xEF\xB8\x8F"));
    assert_string_equal(to, "ABCD-EFGH-JKMN-PQRS");
    /* At full width. */
    assert_true(crypto_passcode_normalise(to, "\xEF\xBC\xA1\xEF\xBD\x82"
                                              "CD\xEF\xBC\x8D"
                                              "EFGHJKMNPQ\xEF\xBC\xAF\xEF\xBC\x91"));
    assert_string_equal(to, "ABCD-EFGH-JKMN-PQ01");
    assert_true(crypto_passcode_normalise(to, "oOiI-lLaa-0011-2233"));
    assert_string_equal(to, "0011-11AA-0011-2233");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(crypto_passcode_normalise(to, bad[i]));
    }
}

static void test_hash_is_blake2b_256(void **state)
{
    static const uint8_t of_abc[CRYPTO_HASH_SIZE] = { 0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72, 0x31, 0x71, 0xef,
                                                      0x3f, 0xee, 0x98, 0x57, 0x9b, 0x94, 0x96, 0x4e, 0x3b, 0xb1, 0xcb,
                                                      0x3e, 0x42, 0x72, 0x62, 0xc8, 0xc0, 0x68, 0xd5, 0x23, 0x19 };
    uint8_t hash[CRYPTO_HASH_SIZE];
    (void)state;

    crypto_hash(hash, "abc", 3);
    assert_memory_equal(hash, of_abc, sizeof hash);
}

static void test_passcode_hash_depends_on_all_its_parts(void **state)
{
    struct keyring *keyring = keyring_new(KEY_A, KEY_B), *previous = keyring_new(KEY_B, NULL);
    uint8_t hash[CRYPTO_KEYED_HASH_SIZE], other[CRYPTO_KEYED_HASH_SIZE];
    (void)state;

    assert_true(crypto_passcode_hash(keyring, 0, "token", "AAAA", hash));
    assert_true(crypto_passcode_hash(keyring, 0, "token", "AAAA", other));
    assert_memory_equal(hash, other, sizeof hash);
    crypto_passcode_hash(keyring, 0, "token", "AAAB", other);
    assert_memory_not_equal(hash, other, sizeof hash);
    crypto_passcode_hash(keyring, 0, "tokenA", "AAA", other);
    assert_memory_not_equal(hash, other, sizeof hash);
    assert_memory_equal(hash, other, 4); /* the key's id */

    assert_true(crypto_passcode_hash(keyring, 1, "token", "AAAA", hash));
    assert_memory_not_equal(hash, other, 4);
    assert_true(crypto_passcode_hash(previous, 0, "token", "AAAA", other));
    assert_memory_equal(hash, other, sizeof hash);
    assert_false(crypto_passcode_hash(previous, 1, "token", "AAAA", other));
    assert_false(crypto_passcode_hash(keyring, 2, "token", "AAAA", other));
    assert_false(crypto_passcode_hash(keyring, -1, "token", "AAAA", other));
    keyring_free(keyring);
    keyring_free(previous);
}

static void test_marks_are_apart_by_purpose_and_key(void **state)
{
    struct keyring *a = keyring_new(KEY_A, NULL), *b = keyring_new(KEY_B, NULL);
    uint8_t mark[CRYPTO_HASH_SIZE], same[CRYPTO_HASH_SIZE], other[CRYPTO_HASH_SIZE];
    (void)state;

    crypto_mark(a, "network", "192.0.2.1", 9, mark);
    crypto_mark(a, "network", "192.0.2.1", 9, same);
    assert_true(crypto_equal(mark, same, sizeof mark));
    crypto_mark(a, "cursor", "192.0.2.1", 9, other);
    assert_false(crypto_equal(mark, other, sizeof mark));
    crypto_mark(b, "network", "192.0.2.1", 9, other);
    assert_false(crypto_equal(mark, other, sizeof mark));
    keyring_free(a);
    keyring_free(b);
}

static void test_a_box_opens_where_it_belongs_and_nowhere_else(void **state)
{
    struct arena *arena = arena_new();
    struct keyring *keyring = keyring_new(KEY_A, NULL);
    size_t box_length, again_length, length = 0;
    (void)state;

    uint8_t *box = crypto_seal(keyring, arena, "rvw_1 url", "secret", 6, &box_length);
    uint8_t *again = crypto_seal(keyring, arena, "rvw_1 url", "secret", 6, &again_length);
    assert_int_equal(box_length, 4 + 24 + 6 + 16);
    assert_memory_not_equal(box, again, box_length);
    assert_string_equal(crypto_open(keyring, arena, "rvw_1 url", box, box_length, &length), "secret");
    assert_int_equal(length, 6);
    assert_null(crypto_open(keyring, arena, "rvw_2 url", box, box_length, &length));
    assert_null(crypto_open(keyring, arena, "", box, box_length, &length));
    for (size_t i = 0; i < box_length; i++) {
        box[i] ^= 1;
        assert_null(crypto_open(keyring, arena, "rvw_1 url", box, box_length, &length));
        box[i] ^= 1;
        assert_null(crypto_open(keyring, arena, "rvw_1 url", box, i, &length));
    }
    assert_null(crypto_open(keyring, arena, "rvw_1 url", NULL, 0, &length));

    box = crypto_seal(keyring, arena, "x", "", 0, &box_length);
    assert_string_equal(crypto_open(keyring, arena, "x", box, box_length, NULL), "");
    keyring_free(keyring);
    arena_free(arena);
}

static void test_keys_can_be_rotated(void **state)
{
    struct arena *arena = arena_new();
    struct keyring *before = keyring_new(KEY_A, NULL), *during = keyring_new(KEY_B, KEY_A), *after = keyring_new(KEY_C, KEY_B);
    size_t old_length, new_length;
    (void)state;

    uint8_t *old = crypto_seal(before, arena, "b", "old", 3, &old_length);
    uint8_t *new = crypto_seal(during, arena, "b", "new", 3, &new_length);
    assert_string_equal(crypto_open(during, arena, "b", old, old_length, NULL), "old");
    assert_string_equal(crypto_open(during, arena, "b", new, new_length, NULL), "new");
    assert_null(crypto_open(before, arena, "b", new, new_length, NULL));
    assert_null(crypto_open(after, arena, "b", old, old_length, NULL));
    assert_string_equal(crypto_open(after, arena, "b", new, new_length, NULL), "new");
    keyring_free(before);
    keyring_free(during);
    keyring_free(after);
    keyring_free(NULL);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_random_has_its_form_and_differs),
        cmocka_unit_test(test_a_new_passcode_is_canonical),
        cmocka_unit_test(test_what_a_person_types_is_made_canonical),
        cmocka_unit_test(test_hash_is_blake2b_256),
        cmocka_unit_test(test_passcode_hash_depends_on_all_its_parts),
        cmocka_unit_test(test_marks_are_apart_by_purpose_and_key),
        cmocka_unit_test(test_a_box_opens_where_it_belongs_and_nowhere_else),
        cmocka_unit_test(test_keys_can_be_rotated),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
