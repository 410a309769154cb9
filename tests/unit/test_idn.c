/* test_idn.c - mail addresses: the form for the wire, and the one form in which they are compared. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/data/idn.h"

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
        cmocka_unit_test(test_one_mailbox_has_one_form),
        cmocka_unit_test(test_what_has_no_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
