/* test_names.c - a mail greets a person by a first name, or by the whole name where the first word is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/data/names.h"

static void test_first_names(void **state)
{
    static const struct {
        const char *name, *first;
    } names[] = {
        { "Rae Reviewer", "Rae" },
        { "Ana", "Ana" },
        { "", "" },
        { "  Ana  Lima ", "Ana" },
        { "Þórdís Óladóttir", "Þórdís" },
        { "Jean-Luc Picard", "Jean-Luc" },
        { "O'Shea Jackson", "O'Shea" },
        { "Zoë\xC2\xA0Keller", "Zoë" },
        { "Rae \"<script>\"", "Rae" },
        { "Noa נועה", "Noa" },
        { "נועה לוי", "נועה" },
        { "Prof. Ada Lovelace", "Prof. Ada Lovelace" },
        { "Prof.", "Prof." },
        { "Prof Ada Lovelace ", "Prof Ada Lovelace" },
        { "DR Ada Lovelace", "DR Ada Lovelace" },
        { "Prof.Dr.\xC2\xA0Weiß", "Prof.Dr.\xC2\xA0Weiß" },
        { "Dipl.-Ing. Jan Maas", "Dipl.-Ing. Jan Maas" },
        { "Frau Müller", "Frau Müller" },
        { "Mme Dupont", "Mme Dupont" },
        { "Sra. Ruiz", "Sra. Ruiz" },
        { "Mevr. De Vries", "Mevr. De Vries" },
        { "J. Doe", "J. Doe" },
        { "J Doe", "J Doe" },
        { "É Dupont", "É Dupont" },
        { "Doe, Jane", "Doe, Jane" },
        { "van den Berg", "van den Berg" },
        { "Abdul Rahman", "Abdul Rahman" },
        { "عبد الله", "عبد الله" },
        { "山田 太郎", "山田 太郎" },
        { "山田\xE3\x80\x80太郎", "山田\xE3\x80\x80太郎" },
        { "김 민수", "김 민수" },
        { "ana@x.example reviewer", "ana@x.example reviewer" },
        { "Team Support", "Team Support" },
        { "Ada&Bo Hiring", "Ada&Bo Hiring" },
    };
    struct arena *arena = arena_new();
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_string_equal(names_first(arena, names[i].name), names[i].first);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
