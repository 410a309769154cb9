/* test_json_digest.c - which texts of JSON are the same, and which are not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/data/json_digest.h"

static void digest(const char *text, uint8_t hash[CRYPTO_HASH_SIZE])
{
    struct arena *arena = arena_new();
    const char *error;
    const json_t *value = json_parse(arena, text, strlen(text), &error);

    if (!value) {
        fail_msg("%s: %s", text, error);
    }
    json_digest(hash, value);
    arena_free(arena);
}

static bool are_same(const char *one, const char *other)
{
    uint8_t first[CRYPTO_HASH_SIZE], second[CRYPTO_HASH_SIZE];

    digest(one, first);
    digest(other, second);
    return memcmp(first, second, sizeof first) == 0;
}

static void test_how_it_is_written_does_not_count(void **state)
{
    (void)state;

    assert_true(
        are_same("{\"a\":{\"c\":null,\"d\":2},\"b\":[1,2.5]}", " {\"b\" :\n[1e0, 25e-1], \"a\":{\"d\":2.0,\t\"c\":null} } "));
    assert_true(are_same("\"A/\xC3\xA4\xF0\x9F\x98\x80\\n\"", "\"\\u0041\\/\\u00e4\\uD83D\\ude00\\u000a\""));
    assert_true(are_same("{\"\\u0061\":1}", "{\"a\":1}"));
    assert_true(are_same("[0.1,0,100]", "[1e-1,-0.0,1E2]"));
    assert_true(are_same("[99999999999999999999]", "[1e20]"));
}

static void test_what_it_says_counts(void **state)
{
    static const char *const values[] = {
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "1.5",
        "\"\"",
        "\"0\"",
        "\"a\"",
        "\"A\"",
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "[null]",
        "[1,2]",
        "[2,1]",
        "[12]",
        "[\"a\",\"b\"]",
        "[\"ab\"]",
        "[\"ab\",\"\"]",
        "{\"a\":1}",
        "{\"a\":\"1\"}",
        "{\"a\":null}",
        "{\"b\":1}",
        "{\"a\":1,\"b\":1}",
        "{\"a\":{\"b\":1}}",
        "[{\"a\":1},{\"b\":1}]",
        "[{\"a\":1,\"b\":1}]",
        "[[1],2]",
        "[[1,2]]",
        "9007199254740993",
        "9007199254740992",
        "0.30000000000000004",
        "0.3",
        "\"e\xCC\x81\"",
        "\"\xC3\xA9\"",
    };
    (void)state;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (size_t other = 0; other < sizeof values / sizeof *values; other++) {
            if (are_same(values[i], values[other]) != (i == other)) {
                fail_msg("%s and %s", values[i], values[other]);
            }
        }
    }
}

/* More than fit into the mill, and more members than are sorted on the stack. */
static void test_large_values(void **state)
{
    struct buf forwards = { 0 }, backwards = { 0 };
    (void)state;

    for (int i = 0; i < 5000; i++) {
        buf_printf(&forwards, "%s\"k%d\":[%d,\"%d\"]", i ? "," : "{", i, i, i);
        buf_printf(&backwards, "%s\"k%d\":[%d, \"%d\"]", i ? "," : "{", 4999 - i, 4999 - i, 4999 - i);
    }
    buf_add_text(&forwards, "}");
    buf_add_text(&backwards, "}");
    assert_true(are_same(forwards.data, backwards.data));
    forwards.data[forwards.length - 4] = 'x';
    assert_false(are_same(forwards.data, backwards.data));
    buf_clear(&forwards);
    buf_clear(&backwards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_how_it_is_written_does_not_count),
        cmocka_unit_test(test_what_it_says_counts),
        cmocka_unit_test(test_large_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
