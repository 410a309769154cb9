/* test_language_tag.c - which names of languages are well-formed, and how they are written. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/data/language_tag.h"

static const char *const written[][2] = {
    { "en", "en" },
    { "DE", "de" },
    { "pt-br", "pt-BR" },
    { "ZH-HANT-tw", "zh-Hant-TW" },
    { "es-419", "es-419" },
    { "sr-LATN", "sr-Latn" },
    { "yue", "yue" },
    { "zh-cmn-hans-cn", "zh-cmn-Hans-CN" },
    { "abcd", "abcd" },
    { "abcdefgh-DE", "abcdefgh-DE" },
    { "sl-ROZAJ-biske-1994", "sl-rozaj-biske-1994" },
    { "de-1901", "de-1901" },
    { "de-CH-1996-x-PRIVATE-ab", "de-CH-1996-x-private-ab" },
    { "en-u-CA-GREGORY-t-IT", "en-u-ca-gregory-t-it" },
    { "en-A-bbb-X-a-CCC", "en-a-bbb-x-a-ccc" },
    { "X-whatever-1", "x-whatever-1" },
    { "ar-EG", "ar-EG" },
};

static const char *const none[] = {
    "",
    "e",
    "-",
    "en-",
    "-en",
    "en--US",
    "en_US",
    "en US",
    "en-US ",
    "e1",
    "123",
    "abcdefghi",
    "en-abcdefghi",
    "en-a",
    "en-u",
    "en-u-",
    "en-x",
    "x",
    "x-",
    "x-abcdefghi",
    "en-US-GB",
    "en-US-Latn",
    "en-419-US",
    "en-rozaj-ROZAJ",
    "en-u-ca-u-nu",
    "en-u-a",
    "a-DE",
    "de-DE-u-x-y",
    "zh-aaa-bbb-ccc-ddd",
    "i-klingon",
    "en-GB-oed",
    "d\xc3\xa9",
    "en\n",
    "en-abcde-abcde1-abcde2-abcde3-abcde4-abcde5-abcde6-abcde7-abcde8",
};

static void test_tags_are_taken_and_written_as_usual(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        if (!language_tag_is_well_formed(written[i][0])) {
            fail_msg("%s is one", written[i][0]);
        }
        assert_string_equal(language_tag_canonical(arena, written[i][0]), written[i][1]);
        assert_true(language_tag_is_well_formed(written[i][1]));
        assert_string_equal(language_tag_canonical(arena, written[i][1]), written[i][1]);
    }
    arena_free(arena);
}

static void test_what_is_no_tag(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (language_tag_is_well_formed(none[i])) {
            fail_msg("'%s' is none", none[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags_are_taken_and_written_as_usual),
        cmocka_unit_test(test_what_is_no_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
