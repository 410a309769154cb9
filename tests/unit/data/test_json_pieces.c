/* test_json_pieces.c - a large text divided into its elements: what is JSON stays so, what is broken is found, and told where. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/data/json_pieces.h"
#include "common/base/str.h"

#define MOST 3

/* Parses all pieces: NULL when all are sound, else the first error. */
static const char *error_of(struct arena *arena, const char *text, struct json_pieces *pieces)
{
    const char *error = NULL;

    json_divide(arena, text, strlen(text), "list", MOST, pieces);
    if (!json_parse_piece(arena, pieces, &pieces->rest, &error)) {
        return error;
    }
    for (size_t i = 0; i < pieces->kept; i++) {
        if (!json_parse_piece(arena, pieces, &pieces->list[i], &error)) {
            return error;
        }
    }
    return NULL;
}

static void test_elements_are_found_however_they_are_written(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        const char *rest, *last;
    } cases[] = {
        { "{\"list\":[]}", 0, "{\"list\":[]}", NULL },
        { " {\"list\" : [ \n ] } ", 0, " {\"list\" : [] } ", NULL },
        { "{\"list\":[1]}", 1, "{\"list\":[]}", "1" },
        { "{\"a\":{\"list\":[9]},\"list\":[1, {\"x\":[2,\"],[\"]} ],\"b\":3}", 2, "{\"a\":{\"list\":[9]},\"list\":[],\"b\":3}",
          " {\"x\":[2,\"],[\"]} " },
        { "{\"l\\u0069st\":[[\"\\\\\\\"]\"],[]]}", 2, "{\"l\\u0069st\":[]}", "[]" },
        { "{\"\\u006cis\\u0074\":[7]}", 1, "{\"\\u006cis\\u0074\":[]}", "7" },
        { "{\"\\u006C\\u0069\\u0073\\u0074\":[7]}", 1, "{\"\\u006C\\u0069\\u0073\\u0074\":[]}", "7" },
        { "{\"\\u016cist\":[7],\"lis\\t\":[8],\"list\\u0074\":[9]}", 0, "{\"\\u016cist\":[7],\"lis\\t\":[8],\"list\\u0074\":[9]}",
          NULL },
        { "{\"list\":{\"list\":[1]}}", 0, "{\"list\":{\"list\":[1]}}", NULL },
        { "{\"x\":\"list\",\"y\":[1],\"list\":7}", 0, "{\"x\":\"list\",\"y\":[1],\"list\":7}", NULL },
        { "{\"list\":[1,2,3,4,5]}", 5, "{\"list\":[]}", "3" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *arena = arena_new();
        struct json_pieces pieces;
        const char *error = error_of(arena, cases[i].text, &pieces);
        assert_null(error);
        assert_int_equal(pieces.count, cases[i].count);
        assert_string_equal(arena_strndup(arena, pieces.rest.text, pieces.rest.length), cases[i].rest);
        if (cases[i].last) {
            const struct json_piece *last = &pieces.list[pieces.kept - 1];
            assert_string_equal(arena_strndup(arena, last->text, last->length), cases[i].last);
        }
        arena_free(arena);
    }
}

/* Of what is not JSON no division is, and the place is that in the whole text, as json_parse tells it. */
static void test_broken_text_is_broken_in_the_same_place(void **state)
{
    static const char *const texts[] = {
        "{\"list\":[1,,2]}",     "{\"list\":[1,]}",
        "{\"list\":[,1]}",       "{\"list\":[\n {\"a\":1},\n {\"b\" 2}]}",
        "{\"list\":[1,2",        "{\"list\":[1,2}",
        "{\"list\":[1],}",       "{\"list\":[1]} x",
        "{\"list\":[\"a\nb\"]}", "{\"list\":[1\n],\n\"list\":[2]}",
        "{\"list\":[1]",         "{\"\xC3\xA4\":1,\"list\":[\"\xC3\xA4\", tru]}",
        "{\"list\":[1}]",        "\"list\":[1]",
        "[\"list\":[1]]",
    };
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena *arena = arena_new();
        struct json_pieces pieces;
        const char *expected, *error = error_of(arena, texts[i], &pieces);
        assert_null(json_parse(arena, texts[i], strlen(texts[i]), &expected));
        assert_non_null(error);
        assert_string_equal(error, expected);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements_are_found_however_they_are_written),
        cmocka_unit_test(test_broken_text_is_broken_in_the_same_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
