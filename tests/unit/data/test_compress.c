/* test_compress.c - what was made smaller comes back as it was, and nothing else comes back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/data/compress.h"

#define SIZE 70000

static void test_comes_back_as_it_was(void **state)
{
    static const size_t lengths[] = { 0, 1, 100, SIZE };
    struct arena *arena = arena_new();
    char *text = arena_alloc(arena, SIZE);
    (void)state;

    for (size_t i = 0; i < SIZE; i++) {
        text[i] = (char)(i % 251 * i);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t size, length = 7;
        uint8_t *bytes = compress_text(arena, text, lengths[i], &size);
        const char *again = compress_restore(arena, bytes, size, SIZE, &length);
        assert_non_null(again);
        assert_int_equal(length, lengths[i]);
        assert_memory_equal(again, text, length);
        assert_int_equal(again[length], '\0');
    }
    size_t size;
    memset(text, 'a', SIZE);
    compress_text(arena, text, SIZE, &size);
    assert_true(size < SIZE / 100);
    arena_free(arena);
}

static void test_refuses_what_it_has_not_made(void **state)
{
    struct arena *arena = arena_new();
    size_t size, length;
    uint8_t *bytes = compress_text(arena, "{\"a\": 1}", 8, &size);
    (void)state;

    assert_null(compress_restore(arena, bytes, size, 7, &length)); /* longer than it may be */
    for (size_t i = 0; i < size; i++) {
        assert_null(compress_restore(arena, bytes, i, 8, &length));
    }
    assert_null(compress_restore(arena, "{\"a\": 1}", 8, 100, &length));
    bytes[1]++;
    assert_null(compress_restore(arena, bytes, size, 100, &length));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back_as_it_was),
        cmocka_unit_test(test_refuses_what_it_has_not_made),
    };
    return cmocka_run_group_tests_name("compress", tests, NULL, NULL);
}
