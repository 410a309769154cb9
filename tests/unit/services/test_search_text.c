/* test_search_text.c - what is found is what has the words, whatever the bits say; and where it is found is told by the text that
 * was folded, cut at characters. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "services/views/search_text.h"

/* Of the test that runs. */
static struct arena *arena;

static struct search_hit hit_of(const char *texts, const char *folded, const char *places, const char *search)
{
    struct search_text *text =
        search_text_new("v1", &(struct search_item){ .texts = texts, .folded = folded, .places = places }, 1);
    struct search_hit hit = search_text_find(text, arena, search)[0];

    made_release(text);
    return hit;
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static bool finds(const char *texts, const char *search)
{
    return hit_of(texts, NULL, "1  \n2  ", search).is_found;
}

static void test_letters_are_folded_as_they_are_listed(void **state)
{
    static const char list[] = "Äa\nßss\n\u0301\n…...";
    static const char text[] = "STRAßE Äe\u0301… Ω 🙂";
    (void)state;
    struct search_folds *folds = search_folds_new(list);
    char folded[64];

    assert_int_equal(search_folds_length(folds, text), strlen("strasse ae... Ω 🙂"));
    search_folds_put(folds, folded, text);
    assert_string_equal(folded, "strasse ae... Ω 🙂");
    assert_int_equal(search_folds_length(NULL, text), strlen(text));
    search_folds_put(NULL, folded, "Ä\xC3");
    assert_string_equal(folded, "Ä\xC3");
    search_folds_free(folds);

    folds = search_folds_new(NULL);
    search_folds_put(folds, folded, "AbÄ");
    assert_string_equal(folded, "abÄ");
    search_folds_free(folds);
}

static void test_a_text_is_found_by_its_folds(void **state)
{
    (void)state;
    struct search_folds *folds = search_folds_new("Äa\nßss");
    struct search_text *text = search_text_new(
        "v1", &(struct search_item){ .texts = "In der Ägidienstraße\nÄ", .places = "1  \n2  ", .folds = folds }, 1);

    search_folds_free(folds);
    struct search_hit hit = search_text_find(text, arena, "agidienstrasse")[0];
    assert_true(hit.is_found);
    assert_non_null(strstr(hit.found_in, "In der Ägidienstraße"));
    made_release(text);
}

static void test_finds_words_of_each_length_and_nothing_else(void **state)
{
    (void)state;
    assert_true(finds("Ada\nLovelace", "a"));
    assert_true(finds("Ada\nLovelace", "da lo"));
    assert_true(finds("Ada\nLovelace", "lovelace  ada "));
    assert_true(finds("Ada", " "));
    assert_true(finds("X", "x"));
    assert_true(finds("", " "));
    assert_false(finds("Ada\nLovelace", "adalo"));
    assert_false(finds("Ada\nLovelace", "ada grace"));
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

static const char texts[] =
    "Zoë van Dijk\nSupport Lead\nWhy us?\nBecause\nI led a team\nthen another team\nand a third team\nteam";
static const char folded[] =
    "zoe van dijk\nsupport lead\nwhy us?\nbecause\ni led a team\nthen another team\nand a third team\nteam";
static const char places[] = "1  \n2  \n3  q 1\n4  q 1\n5 0 q 1\n5 12.125 q 1\n5 3661.0006 q2\n8  ";

static void test_says_where_the_most_telling_first(void **state)
{
    (void)state;
    assert_string_equal(hit_of(texts, folded, places, "zoe").found_in, "[{\"where\":\"name\",\"text\":\"Zoë van Dijk\"}]");
    assert_string_equal(hit_of(texts, folded, places, "us").found_in,
                        "[{\"where\":\"question\",\"text\":\"Why us?\",\"question_id\":\"q 1\"},"
                        "{\"where\":\"answer\",\"text\":\"Because\",\"question_id\":\"q 1\"}]");
    assert_string_equal(hit_of(texts, folded, places, "team").found_in,
                        "[{\"where\":\"transcript\",\"text\":\"I led a team\",\"question_id\":\"q 1\",\"start\":0.0},"
                        "{\"where\":\"transcript\",\"text\":\"then another team\",\"question_id\":\"q 1\",\"start\":12.125},"
                        "{\"where\":\"transcript\",\"text\":\"and a third team\",\"question_id\":\"q2\",\"start\":3661.0006}]");
    assert_string_equal(hit_of(texts, folded, places, "third dijk lead").found_in,
                        "[{\"where\":\"name\",\"text\":\"Zoë van Dijk\"},{\"where\":\"job\",\"text\":\"Support Lead\"},"
                        "{\"where\":\"transcript\",\"text\":\"and a third team\",\"question_id\":\"q2\",\"start\":3661.0006}]");
    assert_string_equal(hit_of(texts, folded, places, "zoe van dijk").found_in,
                        "[{\"where\":\"name\",\"text\":\"Zoë van Dijk\"}]");
    assert_string_equal(hit_of(texts, folded, places, " ").found_in, "[]");
}

static void test_names_rank_before_all_else(void **state)
{
    static const char *const worse[] = { "zoe", "zoe team", "lead", "us", "because", "third" };
    (void)state;

    for (size_t i = 1; i < sizeof worse / sizeof worse[0]; i++) {
        assert_true(hit_of(texts, folded, places, worse[i - 1]).rank < hit_of(texts, folded, places, worse[i]).rank);
    }
}

/* The text of the first place where it is found. */
static const char *excerpt(const char *text, const char *folded_text, const char *search)
{
    const char *found = strstr(hit_of(text, folded_text, "6  ", search).found_in, "\"text\":\"") + strlen("\"text\":\"");

    return arena_printf(arena, "%.*s", (int)strcspn(found, "\""), found);
}

static void test_long_texts_are_cut_around_the_match(void **state)
{
    char text[1200] = "";
    (void)state;

    for (int i = 0; i < 100; i++) {
        sprintf(text + strlen(text), "%sword%03d é", i ? " " : "", i);
    }
    char *small = arena_printf(arena, "%s", text);
    for (char *at = small; (at = strstr(at, "é"));) {
        memmove(at + 1, at + 2, strlen(at + 2) + 1);
        *at = 'e';
    }
    for (int i = 0; i < 100; i++) {
        const char *word = arena_printf(arena, "word%03d", i), *part = excerpt(text, small, word);
        assert_non_null(strstr(part, word));
        assert_true(str_utf8_length(part) <= 160 && str_utf8_length(part) >= 120);
        assert_true(str_is_utf8(part, strlen(part)));
        assert_int_equal(str_starts_with(part, "…"), strstr(part, "word000") == NULL);
        assert_int_equal(str_ends_with(part, "…"), strstr(part, "word099 é") == NULL);
    }
}

static void test_texts_without_blanks_are_cut_at_characters(void **state)
{
    struct buf text = { 0 };
    (void)state;

    for (int i = 0; i < 400; i++) {
        buf_add_text(&text, i == 300 ? "語" : "日");
    }
    const char *part = excerpt(text.data, text.data, "語");
    assert_non_null(strstr(part, "語"));
    assert_in_range(str_utf8_length(part), 158, 160);
    assert_true(str_is_utf8(part, strlen(part)));
    buf_clear(&text);
}

static void test_a_folded_text_of_another_length_leads_to_the_same_word(void **state)
{
    struct buf text = { 0 }, small = { 0 };
    (void)state;

    for (int i = 0; i < 60; i++) {
        buf_add_text(&text, i == 40 ? "Straßenköter " : "ﬃßﬃßﬃß ");
        buf_add_text(&small, i == 40 ? "strassenkoter " : "ffissffissffiss ");
    }
    assert_non_null(strstr(excerpt(text.data, small.data, "koter"), "Straßenköter"));
    buf_clear(&text);
    buf_clear(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_are_folded_as_they_are_listed),
        cmocka_unit_test_setup_teardown(test_a_text_is_found_by_its_folds, begin, end),
        cmocka_unit_test_setup_teardown(test_finds_words_of_each_length_and_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(test_finds_by_chance_what_a_plain_search_finds, begin, end),
        cmocka_unit_test_setup_teardown(test_says_where_the_most_telling_first, begin, end),
        cmocka_unit_test_setup_teardown(test_names_rank_before_all_else, begin, end),
        cmocka_unit_test_setup_teardown(test_long_texts_are_cut_around_the_match, begin, end),
        cmocka_unit_test_setup_teardown(test_texts_without_blanks_are_cut_at_characters, begin, end),
        cmocka_unit_test_setup_teardown(test_a_folded_text_of_another_length_leads_to_the_same_word, begin, end),
    };

    return cmocka_run_group_tests_name("search_text", tests, NULL, NULL);
}
