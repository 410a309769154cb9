/* test_content_page.c - what is found in a page is what has the words, whatever the bits say; and a page asked for whole is
 * itself. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/crypto.h"
#include "services/views/content_page.h"

static struct content_page *page_of(const char *searched)
{
    struct content_item items[] = {
        { .interview = "{\"id\":\"a\"}", .searched = searched, .job_id = "j", .type = "live", .name_rank = 2, .rating = 3 },
        { .interview = "{\"id\":\"b\"}", .searched = "", .name_rank = 1 },
    };

    return content_page_new("v1", "{\"sender\":\"x\"}", true, items, 2);
}

static void test_joins_what_is_wanted(void **state)
{
    struct arena *arena = arena_new();
    struct content_page *page = page_of("ada");
    struct content_view whole = content_page_view(page, arena, &(struct content_wish){ .sort = NULL });
    struct content_view sorted = content_page_view(page, arena, &(struct content_wish){ .sort = "name" });
    struct content_view none = content_page_view(page, arena, &(struct content_wish){ .job_id = "k" });
    (void)state;

    assert_string_equal(whole.body, "{\"sender\":\"x\",\"interviews\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"total\":2}");
    assert_string_equal(sorted.body, "{\"sender\":\"x\",\"interviews\":[{\"id\":\"b\"},{\"id\":\"a\"}],\"total\":2}");
    assert_string_equal(none.body, "{\"sender\":\"x\",\"interviews\":[],\"total\":0}");
    assert_int_equal(whole.length, strlen(whole.body));
    assert_int_equal(sorted.length, strlen(sorted.body));
    assert_string_not_equal(whole.etag, sorted.etag);
    assert_string_not_equal(whole.etag, none.etag);
    content_page_release(page);
    arena_free(arena);
}

static bool finds(const char *searched, const char *search)
{
    struct arena *arena = arena_new();
    struct content_page *page = page_of(searched);
    struct content_view view = content_page_view(page, arena, &(struct content_wish){ .search = search });
    bool found = strstr(view.body, "\"a\"") != NULL;

    content_page_release(page);
    arena_free(arena);
    return found;
}

static void test_finds_words_of_each_length_and_nothing_else(void **state)
{
    (void)state;
    assert_true(finds("ada\nlovelace", "a"));
    assert_true(finds("ada\nlovelace", "da lo"));
    assert_true(finds("ada\nlovelace", "lovelace  ada "));
    assert_true(finds("ada", " "));
    assert_true(finds("x", "x"));
    assert_false(finds("ada\nlovelace", "adalo"));
    assert_false(finds("ada\nlovelace", "ada grace"));
    assert_false(finds("x", "y"));
    assert_false(finds("", "a"));
    assert_true(finds("1 2 3 4 5 6 7 8 9 0 a b c d e f g h i j k", "1 2 3 4 5 6 7 8 9 0 a b c d e f g h i j k"));
}

static void test_finds_by_chance_what_a_plain_search_finds(void **state)
{
    char text[3000], word[6];
    (void)state;

    srand(7);
    for (int turn = 0; turn < 2000; turn++) {
        size_t length = (size_t)(rand() % (int)(sizeof text - 1));
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)('a' + rand() % (turn % 2 ? 4 : 26));
        }
        text[length] = '\0';
        size_t word_length = (size_t)(1 + rand() % 5);
        for (size_t i = 0; i < word_length; i++) {
            word[i] = (char)('a' + rand() % 4);
        }
        word[word_length] = '\0';
        assert_int_equal(finds(text, word), strstr(text, word) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joins_what_is_wanted),
        cmocka_unit_test(test_finds_words_of_each_length_and_nothing_else),
        cmocka_unit_test(test_finds_by_chance_what_a_plain_search_finds),
    };
    crypto_setup();
    return cmocka_run_group_tests_name("content_page", tests, NULL, NULL);
}
