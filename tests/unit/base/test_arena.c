/* test_arena.c - memory of an arena is zeroed, aligned, apart from each other, and released newest first. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

static char released[8];

static void note_release(void *object)
{
    size_t length = strlen(released);

    released[length] = *(const char *)object;
    released[length + 1] = '\0';
}

static void test_allocations_are_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = { 1, 0, 7, 16, 4095, 1, 4096, 100000, 3, 1025, 33 };
    enum { ROUNDS = 200, COUNT = sizeof sizes / sizeof sizes[0] };
    struct arena *arena = arena_new();
    unsigned char *places[ROUNDS * COUNT];
    (void)state;

    for (size_t i = 0; i < ROUNDS * COUNT; i++) {
        size_t size = sizes[i % COUNT];
        places[i] = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)places[i] % _Alignof(max_align_t), 0);
        for (size_t at = 0; at < size; at++) {
            assert_int_equal(places[i][at], 0);
        }
        memset(places[i], (int)(i % 251 + 1), size);
    }
    for (size_t i = 0; i < ROUNDS * COUNT; i++) {
        for (size_t at = 0; at < sizes[i % COUNT]; at++) {
            assert_int_equal(places[i][at], (int)(i % 251 + 1));
        }
    }
    arena_free(arena);
}

static void test_copies(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    assert_string_equal(arena_strdup(arena, "text"), "text");
    assert_null(arena_strdup(arena, NULL));
    assert_null(arena_strndup(arena, NULL, 3));
    assert_memory_equal(arena_strndup(arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_strndup(arena, "abcdef", 2), "ab");
    assert_string_equal(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    assert_int_equal(strlen(arena_printf(arena, "%20000d", 1)), 20000);
    arena_free(arena);
}

static void test_releases_run_newest_first(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    released[0] = '\0';
    arena_defer(arena, note_release, arena_strdup(arena, "1"));
    arena_defer(arena, note_release, arena_strdup(arena, "2"));
    arena_defer(arena, note_release, arena_strdup(arena, "3"));
    arena_defer(arena, free, malloc(100)); /* a leak here is found by the sanitizer's run */
    assert_string_equal(released, "");
    arena_free(arena);
    assert_string_equal(released, "321");
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_releases_run_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
