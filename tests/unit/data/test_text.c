/* test_text.c - pasted text is mended: line ends, controls, directions; what can be seen of it; and the one form of an address.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/data/idn.h"
#include "common/data/text.h"

static void test_pasted_text_is_mended(void **state)
{
    static const struct {
        const char *pasted, *lines, *one_line;
    } texts[] = {
        { "", "", "" },
        { "plain \xC3\xA4\xE2\x82\xAC", "plain \xC3\xA4\xE2\x82\xAC", "plain \xC3\xA4\xE2\x82\xAC" },
        { "a\nb\tc", "a\nb\tc", "a b c" },
        { "a\r\nb\rc\n\rd", "a\nb\nc\n\nd", "a b c d" },
        { "a\vb\fc", "a\nb\nc", "a b c" },
        { "a\xC2\x85g\xE2\x80\xA8h\xE2\x80\xA9i", "a\ng\nh\ni", "a g h i" },
        { "\r\na\n\nb\r\n", "\na\n\nb\n", "a b" },
        { "a\x01\x1B[2J\x7F\xC2\x9F z", "a[2J z", "a[2J z" },
        { "\xE2\x80\xAA"
          "a\xE2\x80\xAE"
          "b\xE2\x80\xAC\xE2\x81\xA6"
          "c\xE2\x81\xA9",
          "abc", "abc" },
        /* Marks without which Arabic and Hebrew, or a family of one sign, are not written right. */
        { "\xE2\x80\x8F(a)\xE2\x80\x8E\xE2\x80\x8C\xE2\x80\x8D", "\xE2\x80\x8F(a)\xE2\x80\x8E\xE2\x80\x8C\xE2\x80\x8D",
          "\xE2\x80\x8F(a)\xE2\x80\x8E\xE2\x80\x8C\xE2\x80\x8D" },
        { "cut \xE2\x80", "cut \xE2\x80", "cut \xE2\x80" },
    };
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(text_mend(arena, texts[i].pasted, TEXT_LINES), texts[i].lines);
        assert_string_equal(text_mend(arena, texts[i].pasted, TEXT_ONE_LINE), texts[i].one_line);
    }
    assert_ptr_equal(text_mend(arena, texts[1].pasted, TEXT_ONE_LINE), texts[1].pasted);
    arena_free(arena);
}

static void test_overrides(void **state)
{
    (void)state;
    assert_true(text_has_override("a\xE2\x80\xAE"));
    assert_true(text_has_override("\xE2\x81\xA9"));
    assert_false(text_has_override("a\xE2\x80\x8E\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA"));
}

static void test_what_can_be_seen(void **state)
{
    static const char *const unseen[] = { "",
                                          " \t\n",
                                          "\xC2\xA0\xC2\xAD",
                                          "\xE2\x80\x8B\xE2\x80\x8D\xEF\xBB\xBF",
                                          "\xE3\x85\xA4",
                                          "\xE2\xA0\x80",
                                          "\xF3\xA0\x81\xA2",
                                          "\xE2\x81\xA0\xEF\xB8\x8F" };
    (void)state;

    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        assert_false(text_is_visible(unseen[i]));
    }
    assert_true(text_is_visible("\xE2\x80\x8B.\xE2\x80\x8B"));
    assert_true(text_is_visible("\xE6\x9D\x8E"));
    assert_true(text_is_visible("\xF0\x9F\x98\x80"));
}

static void test_one_mailbox_has_one_form(void **state)
{
    static const struct {
        const char *address, *canonical;
    } addresses[] = {
        { "ana@example.com", "ana@example.com" },
        { "Ana.Lopez+X@Example.COM", "ana.lopez+x@example.com" },
        { "a@b\xC3\xBC"
          "cher.example",
          "a@xn--bcher-kva.example" },
        { "A@XN--BCHER-KVA.example", "a@xn--bcher-kva.example" },
        { "a@B\xC3\x9C"
          "CHER.Example",
          "a@xn--bcher-kva.example" },
        { "a@bu\xCC\x88"
          "cher.example",
          "a@xn--bcher-kva.example" },
        { "a@stra\xC3\x9F"
          "e.example",
          "a@xn--strae-oqa.example" },
        { "a@\xD0\x9F\xD0\xA0\xD0\x98\xD0\x9C\xD0\x95\xD0\xA0.example", "a@xn--e1afmkfd.example" },
    };
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        assert_string_equal(idn_canonical_address(arena, addresses[i].address), addresses[i].canonical);
        assert_string_equal(idn_canonical_address(arena, addresses[i].canonical), addresses[i].canonical);
    }
    arena_free(arena);
}

static void test_what_has_no_form(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    assert_null(idn_canonical_address(arena, "a@\xF0\x9F\x84\x9B.example"));
    assert_string_equal(idn_mail_address(arena, "Ana@Example.COM"), "Ana@Example.COM");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pasted_text_is_mended), cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_what_can_be_seen),      cmocka_unit_test(test_one_mailbox_has_one_form),
        cmocka_unit_test(test_what_has_no_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
