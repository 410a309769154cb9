/* test_json.c - JSON within our limits, and hostile bodies outside them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/json.h"
#include "common/base/str.h"

static void assert_broken(const char *text, size_t length, const char *why)
{
    struct arena *arena = arena_new();
    const char *error = NULL;

    assert_null(json_parse(arena, text, length, &error));
    assert_non_null(error);
    if (!strstr(error, why)) {
        fail_msg("%.*s: %s", (int)length, text, error);
    }
    arena_free(arena);
}

static void test_parses_and_writes(void **state)
{
    struct arena *arena = arena_new();
    const char *error, text[] = "{\"b\":[1,2.5,null,true],\"a\":{\"z\":\"\xC3\xA4\",\"y\":4.2}}";
    (void)state;

    json_t *value = json_parse(arena, text, strlen(text), &error);
    assert_non_null(value);
    assert_null(error);
    assert_string_equal(json_text(arena, value), text);
    assert_string_equal(json_text(arena, json_parse(arena, "\"x\"", 3, &error)), "\"x\"");
    assert_string_equal(json_text(arena, json_parse(arena, " 7 ", 3, &error)), "7");
    arena_free(arena);
}

/* As the library itself writes it. */
static void test_texts_are_escaped(void **state)
{
    struct arena *arena = arena_new();
    char every[0x100], text[8] = "";
    json_t *value = json_keep(arena, json_object());
    (void)state;

    for (int byte = 1; byte < 0x80; byte++) {
        every[byte - 1] = (char)byte;
        text[0] = (char)byte;
        assert_int_equal(json_object_set_new(value, text, json_string(text)), 0);
    }
    every[0x7F] = 0;
    json_object_set_new(value, every,
                        json_pack("[s, s, s, [], {}, [[]], b, f]", every, "", "\xC3\xA4\xF0\x9F\x98\x80\"\xE2\x82\xAC", 0, 0.1));
    char *wanted = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
    assert_string_equal(json_text(arena, value), wanted);
    free(wanted);
    arena_free(arena);
}

static void test_refuses_what_is_broken_or_ambiguous(void **state)
{
    (void)state;

    assert_broken("", 0, "early");
    assert_broken("{", 1, "early");
    assert_broken("{\"a\":1}x", 8, "follows");
    assert_broken("{\"a\":1,\"a\":2}", 13, "twice");
    assert_broken("{a:1}", 5, "syntax");
    assert_broken("[1,]", 4, "syntax");
    assert_broken("NaN", 3, "syntax");
    assert_broken("\"\\u0000\"", 8, "u0000");
    assert_broken("{\"\\u0000\":1}", 12, "u0000");
    assert_broken("\"\\ud800\"", 8, "");
    assert_broken("\"\xFF\"", 3, "UTF-8");
    assert_broken("\"\xED\xA0\x80\"", 5, "UTF-8");
    assert_broken("1e999", 5, "too large");
    assert_broken("1\0", 2, "NUL");
    assert_broken("{}\0{\"hidden\":1}", 15, "NUL");
    assert_broken("\"a\nb\"", 5, "");
}

static void test_whole_numbers_are_integers(void **state)
{
    struct arena *arena = arena_new();
    const char *error, text[] = "[2.0,2e0,20e-1,-0.0,{\"a\":[1E2]},9223372036854775807,2.5,1e19,-9223372036854775808]";
    (void)state;

    const json_t *value = json_parse(arena, text, strlen(text), &error);
    assert_string_equal(json_text(arena, value), "[2,2,2,0,{\"a\":[100]},9223372036854775807,2.5,1e19,-9223372036854775808]");
    assert_true(json_is_integer(json_parse(arena, "2.0", 3, &error)));
    const char beyond[] = "[99999999999999999999,3]";
    value = json_parse(arena, beyond, strlen(beyond), &error);
    assert_true(json_is_real(json_array_get(value, 0)) && json_is_integer(json_array_get(value, 1)));
    arena_free(arena);
}

static void test_errors_tell_the_place_and_nothing_of_the_input(void **state)
{
    struct arena *arena = arena_new();
    const char *error, text[] = "{\n \"name\": sesame }";
    (void)state;

    assert_null(json_parse(arena, text, strlen(text), &error));
    assert_non_null(strstr(error, "line 2"));
    assert_null(strstr(error, "sesame"));
    assert_null(strstr(error, "name"));
    arena_free(arena);
}

static bool nested_parses(char open, char close, int depth, const char *inside)
{
    struct arena *arena = arena_new();
    struct buf text = { 0 };
    const char *error;

    for (int i = 0; i < depth; i++) {
        buf_add_text(&text, open == '{' ? "{\"k\":" : "[");
    }
    buf_add_text(&text, inside);
    for (int i = 0; i < depth; i++) {
        buf_add_char(&text, close);
    }
    bool parses = json_parse(arena, text.data, text.length, &error) != NULL;
    assert_true(parses || strstr(error, "nested"));
    buf_clear(&text);
    arena_free(arena);
    return parses;
}

static void test_depth_is_limited(void **state)
{
    (void)state;

    assert_true(nested_parses('[', ']', JSON_DEPTH_MAX, "1"));
    assert_false(nested_parses('[', ']', JSON_DEPTH_MAX + 1, "1"));
    assert_true(nested_parses('{', '}', JSON_DEPTH_MAX, "1"));
    assert_false(nested_parses('{', '}', JSON_DEPTH_MAX + 1, "1"));
    assert_false(nested_parses('[', ']', 500000, "1"));
    assert_true(nested_parses('[', ']', JSON_DEPTH_MAX, "\"[[[[{{\\\"[[[[\\\\\""));
    assert_broken("[[[[[[[[[[[[[[[[[[[[[[[[", 24, "nested");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses_and_writes),          cmocka_unit_test(test_refuses_what_is_broken_or_ambiguous),
        cmocka_unit_test(test_whole_numbers_are_integers), cmocka_unit_test(test_errors_tell_the_place_and_nothing_of_the_input),
        cmocka_unit_test(test_texts_are_escaped),          cmocka_unit_test(test_depth_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
