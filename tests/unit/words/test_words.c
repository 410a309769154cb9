/* test_words.c - which language a person gets; texts filled; plurals; times, durations and lists in each language. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/words/words.h"

#define FSI "\xE2\x81\xA8"
#define PDI "\xE2\x81\xA9"
#define NOA "\xD7\xA0\xD7\x95\xD7\xA2\xD7\x94"

static void test_the_language_of_a_tag(void **state)
{
    static const struct {
        const char *tag, *language;
    } tags[] = {
        { "de", "de" },    { "de-AT", "de" }, { "DE-at", "de" }, { "fr-CA", "fr" },   { "es-419", "es" },
        { "nl-BE", "nl" }, { "en-GB", "en" }, { "pt", NULL },    { "deu", NULL },     { "d", NULL },
        { "", NULL },      { NULL, NULL },    { "-de", NULL },   { "zh-Hant", NULL }, { "de-Latn-AT-1996", "de" },
        { "gsw", NULL },
    };
    (void)state;

    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_string_equal(words_tag(words_choose(tags[i].tag, NULL, "nl")), tags[i].language ? tags[i].language : "nl");
        assert_string_equal(words_tag(words_choose(tags[i].tag, NULL, "es")), tags[i].language ? tags[i].language : "es");
    }
}

static void test_which_way_a_page_runs(void **state)
{
    static const char *const rtl[] = {
        "ar", "ar-EG", "AR", "he-IL", "iw", "fa", "ur-PK", "yi", "az-Arab", "ks-Arab-IN", "pa-aran"
    };
    static const char *const ltr[] = { NULL, "",     "en",   "de-AT", "ar-Latn", "he-latn-IL",
                                       "a",  "arab", "x-ar", "-ar",   "zh-Hant", "es-419" };
    (void)state;

    for (size_t i = 0; i < sizeof rtl / sizeof rtl[0]; i++) {
        assert_string_equal(words_direction(rtl[i]), "rtl");
    }
    for (size_t i = 0; i < sizeof ltr / sizeof ltr[0]; i++) {
        assert_string_equal(words_direction(ltr[i]), "ltr");
    }
}

static void test_locale_then_header_then_account(void **state)
{
    static const struct {
        const char *locale, *header, *account, *chosen;
    } cases[] = {
        { "de-AT", "fr", "es", "de" },
        { "pt", "fr", "es", "fr" },
        { NULL, NULL, "es-MX", "es" },
        { "pt", "ja", "nl", "nl" },
        { NULL, NULL, NULL, "en" },
        { "", "", "", "en" },
        { NULL, "da, en-GB;q=0.8, en;q=0.7", NULL, "en" },
        { NULL, "de-CH,fr;q=0.9", NULL, "de" },
        { NULL, "fr;q=0.5, nl;q=0.9, de;q=0.7", NULL, "nl" },
        { NULL, "fr, de", NULL, "fr" },          /* of the same weight the first */
        { NULL, "FR ; Q=1.0 , de", NULL, "fr" }, /* blanks and case */
        { NULL, "de;q=0, fr;q=0.001", NULL, "fr" },
        { NULL, "de;q=0", "de", "de" },    /* nothing else was named */
        { NULL, "en;q=0, *", NULL, "de" }, /* any but English */
        { NULL, "*", "es", "es" },         /* any: the account's */
        { NULL, "*", NULL, "en" },
        { NULL, "de;q=0.4, *;q=0.8", "nl", "nl" },
        { NULL, "fr;q=0.8, *;q=0.8", "nl", "fr" },
        { NULL, "de-AT;q=0, de;q=0.5", NULL, "de" },
        { NULL, "de;q=0.5, de-CH;q=0.9, fr;q=0.7", NULL, "de" },
        /* What is not well formed counts for nothing. */
        { NULL, "de;q=2, fr;q=0.1", NULL, "fr" },
        { NULL, "de;q=1.001, fr;q=0.1", NULL, "fr" },
        { NULL, "de;q=0.1234, fr;q=0.1", NULL, "fr" },
        { NULL, "de;q=, fr;q=0.1", NULL, "fr" },
        { NULL, "de;q=-1, fr;q=0.1", NULL, "fr" },
        { NULL, "de;x=1, fr;q=0.1", NULL, "fr" },
        { NULL, "de;q=0.9;x, fr;q=0.1", NULL, "fr" },
        { NULL, ",,;,;q=1,de;q=01, fr;q=0.1,", NULL, "fr" },
        { NULL, "de;q=1.,fr;q=0.9", NULL, "de" }, /* RFC 9110 allows the bare point */
        { NULL, "\xFF\xFE, de", NULL, "de" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *chosen = words_tag(words_choose(cases[i].locale, cases[i].header, cases[i].account));
        if (strcmp(chosen, cases[i].chosen) != 0) {
            print_error("%s | %s | %s\n", cases[i].locale, cases[i].header, cases[i].account);
        }
        assert_string_equal(chosen, cases[i].chosen);
    }
}

static void test_a_header_of_any_length(void **state)
{
    static char header[1 << 20];
    (void)state;

    memset(header, ',', sizeof header - 1);
    assert_string_equal(words_tag(words_choose(NULL, header, "nl")), "nl");
    memset(header, 'x', sizeof header - 1);
    assert_string_equal(words_tag(words_choose(NULL, header, NULL)), "en");
    memcpy(header, "de;q=0.3,", 9);
    memset(header + 9, ';', sizeof header - 10);
    assert_string_equal(words_tag(words_choose(NULL, header, NULL)), "de");
}

static void test_filled(void **state)
{
    static const struct words_value values[] = {
        { "weekday", "A&B" }, { "day", "1" }, { "month", "<b>" }, { "year", "\"" }, { NULL, NULL }
    };
    struct arena *arena = arena_new();
    (void)state;

    assert_string_equal(
        words_say(arena, WORDS_DE, TIMES_DAY, { "weekday", "A" }, { "day", "{month}" }, { "month", "<b>" }, { "year", "1" }),
        "A, {month} <b> 1");
    assert_string_equal(words_fill_html(arena, WORDS_DE, TIMES_DAY, values, "weekday"),
                        "<bdi><strong>A&amp;B</strong></bdi>, <bdi>1</bdi> <bdi>&lt;b&gt;</bdi> <bdi>&quot;</bdi>");
    /* What is not given is left out, and what it has no place for does no harm. */
    assert_string_equal(words_say(arena, WORDS_EN, TIMES_DAY, { "weekday", "A" }, { "other", "B" }, { "day", NULL }), "A,   ");
    assert_string_equal(words_text(WORDS_FR, TIMES_AND), "et");
    arena_free(arena);
}

static void test_right_to_left_in_an_isolate(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    assert_string_equal(words_isolated(arena, NOA), FSI NOA PDI);
    assert_string_equal(words_isolated(arena, "Zoë 漢字 😀"), "Zoë 漢字 😀");
    assert_string_equal(words_isolated(arena, "a \xD8\xB9"), FSI "a \xD8\xB9" PDI);
    assert_string_equal(words_isolated(arena, "cut \xD8"), "cut \xD8");
    assert_string_equal(words_say(arena, WORDS_EN, TIMES_ABOUT_MINUTES, { "count", NOA }), "about " FSI NOA PDI " min");
    arena_free(arena);
}

static void test_plurals(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    assert_string_equal(words_say(arena, WORDS_ES, TIMES_ABOUT_MINUTES, { "count", "1" }), "aproximadamente 1 min");
    assert_string_equal(words_say(arena, WORDS_ES, TIMES_ABOUT_MINUTES, { "count", "0" }), "unos 0 min");
    assert_string_equal(words_say(arena, WORDS_ES, TIMES_ABOUT_MINUTES, { "count", "11" }), "unos 11 min");
    arena_free(arena);
}

static void test_moments(void **state)
{
    static const struct {
        enum words_language language;
        const char *at, *said;
    } moments[] = {
        { WORDS_EN, "2026-12-13T10:00:00+01:00[Europe/Amsterdam]", "Sunday, 13 December 2026, 10:00 (Europe/Amsterdam)" },
        { WORDS_DE, "2026-12-13T10:00:00+01:00[Europe/Amsterdam]", "Sonntag, 13. Dezember 2026, 10:00 (Europe/Amsterdam)" },
        { WORDS_FR, "2026-12-13T10:00:00+01:00[Europe/Amsterdam]",
          "dimanche 13 d\xC3\xA9"
          "cembre 2026, 10:00 (Europe/Amsterdam)" },
        { WORDS_ES, "2026-12-13T10:00:00+01:00[Europe/Amsterdam]", "domingo, 13 de diciembre de 2026, 10:00 (Europe/Amsterdam)" },
        { WORDS_NL, "2026-12-13T10:00:00+01:00[Europe/Amsterdam]", "zondag 13 december 2026, 10:00 (Europe/Amsterdam)" },
        { WORDS_FR, "2027-03-01T23:59[Europe/Paris]", "lundi 1er mars 2027, 23:59 (Europe/Paris)" },
        { WORDS_DE, "2028-02-29T00:05:01.123Z", "Dienstag, 29. Februar 2028, 00:05 (UTC)" },
        { WORDS_NL, "2027-01-01T07:30:00-03:30", "vrijdag 1 januari 2027, 07:30 (UTC-03:30)" },
        { WORDS_EN, "2027-01-01T07:30:00+00:00[UTC]", "Friday, 1 January 2027, 07:30 (UTC)" },
        { WORDS_EN, "", "" },
        { WORDS_EN, NULL, "" },
        { WORDS_EN, "2027-13-01T07:30:00Z", "" },
        { WORDS_EN, "soon", "" },
    };
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        assert_string_equal(words_moment(arena, moments[i].language, moments[i].at), moments[i].said);
    }
    assert_string_equal(words_day(arena, WORDS_ES, "2026-12-01T10:00:00Z"), "martes, 1 de diciembre de 2026");
    arena_free(arena);
}

static void test_minutes(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    assert_string_equal(words_minutes(arena, WORDS_EN, 1320), "about 22 min");
    assert_string_equal(words_minutes(arena, WORDS_DE, 91), "etwa 2 Min.");
    assert_string_equal(words_minutes(arena, WORDS_FR, 89.9), "environ 1 min");
    assert_string_equal(words_minutes(arena, WORDS_NL, 0), "ongeveer 1 min");
    arena_free(arena);
}

static void test_lists(void **state)
{
    static const char *const names[] = { "Ana", "Bo", "In\xC3\xA9s", "Hielo", "Hilario", NOA };
    struct arena *arena = arena_new();
    (void)state;

    assert_string_equal(words_list(arena, WORDS_EN, names, 0), "");
    assert_string_equal(words_list(arena, WORDS_EN, names, 1), "Ana");
    assert_string_equal(words_list(arena, WORDS_DE, names, 2), "Ana und Bo");
    assert_string_equal(words_list(arena, WORDS_FR, names, 3), "Ana, Bo et In\xC3\xA9s");
    assert_string_equal(words_list(arena, WORDS_ES, names, 3), "Ana, Bo e In\xC3\xA9s");
    assert_string_equal(words_list(arena, WORDS_ES, names, 4), "Ana, Bo, In\xC3\xA9s y Hielo");
    assert_string_equal(words_list(arena, WORDS_ES, names, 5), "Ana, Bo, In\xC3\xA9s, Hielo e Hilario");
    assert_string_equal(words_list(arena, WORDS_NL, names + 4, 2), "Hilario en " FSI NOA PDI);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_language_of_a_tag),
        cmocka_unit_test(test_which_way_a_page_runs),
        cmocka_unit_test(test_locale_then_header_then_account),
        cmocka_unit_test(test_a_header_of_any_length),
        cmocka_unit_test(test_filled),
        cmocka_unit_test(test_right_to_left_in_an_isolate),
        cmocka_unit_test(test_plurals),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_minutes),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
