/* test_pg_suspects.c - keys of what is remembered: every byte of a value counts, and none behind it is read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/pg/suspects.h"

static const char statement[] = "one", other_statement[] = "another";

static uint64_t key_of(const void *bytes, size_t size)
{
    const char *value = bytes;

    return pg_suspect_key(statement, &value, &size, 1);
}

static void test_of_a_value_that_has_no_end_no_byte_behind_it_is_read(void **state)
{
    char *value = malloc(32); /* what is behind it is not ours: the sanitizer's build ends here */
    char same[64];
    (void)state;

    assert_non_null(value);
    memset(value, 'x', 32);
    memset(same, 'x', sizeof same);
    assert_int_equal(key_of(value, 32), key_of(same, 32));
    assert_int_not_equal(key_of(value, 32), key_of(same, 33));
    free(value);
}

static void test_bytes_behind_a_zero_count(void **state)
{
    (void)state;

    assert_int_not_equal(key_of("a\0b", 3), key_of("a\0c", 3));
    assert_int_not_equal(key_of("\0", 1), key_of("\0\0", 2));
}

static void test_null_the_empty_value_and_the_statement_tell_keys_apart(void **state)
{
    const char *value = "";
    size_t size = 0;
    (void)state;

    assert_int_not_equal(key_of(NULL, 0), key_of("", 0));
    assert_int_not_equal(pg_suspect_key(statement, &value, &size, 1), pg_suspect_key(other_statement, &value, &size, 1));
    assert_int_not_equal(pg_suspect_key(statement, &value, &size, 1), 0);
}

static void test_values_do_not_run_into_each_other(void **state)
{
    const char *first[] = { "ab", "c" }, *second[] = { "a", "bc" };
    const size_t first_sizes[] = { 2, 1 }, second_sizes[] = { 1, 2 };
    (void)state;

    assert_int_not_equal(pg_suspect_key(NULL, first, first_sizes, 2), pg_suspect_key(NULL, second, second_sizes, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_a_value_that_has_no_end_no_byte_behind_it_is_read),
        cmocka_unit_test(test_bytes_behind_a_zero_count),
        cmocka_unit_test(test_null_the_empty_value_and_the_statement_tell_keys_apart),
        cmocka_unit_test(test_values_do_not_run_into_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
