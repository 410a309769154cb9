/* test_id.c - public ids: their form, their order, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/base/clock.h"
#include "common/data/id.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The count bits of the UUID from bit from on; the 26 symbols begin with two bits that are not the UUID's. */
static uint64_t bits_of(const char *id, int from, int count)
{
    uint64_t value = 0;

    for (int bit = from + 2; bit < from + 2 + count; bit++) {
        unsigned symbol = (unsigned)(strchr(alphabet, id[4 + bit / 5]) - alphabet);
        value = value << 1 | (symbol >> (4 - bit % 5) & 1);
    }
    return value;
}

static void test_is_a_uuid_of_version_7(void **state)
{
    char id[ID_SIZE];
    (void)state;

    int64_t before = clock_wall_ms();
    id_new(id, "lnk_");
    int64_t after = clock_wall_ms();

    assert_int_equal(strlen(id), 30);
    assert_true(id_is(id, "lnk_"));
    assert_true((int64_t)bits_of(id, 0, 48) >= before && (int64_t)bits_of(id, 0, 48) <= after);
    assert_int_equal(bits_of(id, 48, 4), 7);
    assert_int_equal(bits_of(id, 64, 2), 2);
}

static void test_ids_rise_even_within_a_millisecond(void **state)
{
    char before[ID_SIZE] = "evt_", id[ID_SIZE];
    (void)state;

    for (int i = 0; i < 50000; i++) {
        id_new(id, "evt_");
        if (strcmp(before, id) >= 0) {
            fail_msg("%s came before %s", before, id);
        }
        memcpy(before, id, sizeof id);
    }
}

static void test_tells_ids_from_others(void **state)
{
    static const char *const bad[] = {
        "",
        "lnk_",
        "lnk_01JD0000000000000000000000X",
        "lnk_01JD000000000000000000000",
        "lnk_01jd0000000000000000000000",
        "lnk_81JD0000000000000000000000",
        "lnk_01JD000000000000000000000U",
        "lnk_01JD000000000000000000000I",
        "lnk_01JD000000000000000000000 ",
        "rvw_01JD0000000000000000000000",
        "lnk_01JD00000000000000000000\xC3\xA4",
        "LNK_01JD0000000000000000000000",
    };
    (void)state;

    assert_true(id_is("lnk_01JD0000000000000000000000", "lnk_"));
    assert_true(id_is("lnk_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "lnk_"));
    assert_false(id_is(NULL, "lnk_"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(id_is(bad[i], "lnk_"));
    }
}

static void test_external_ids(void **state)
{
    char text[130];
    (void)state;

    memset(text, 'a', sizeof text);
    text[128] = '\0';
    assert_true(id_is_external(text));
    text[128] = 'a';
    text[129] = '\0';
    assert_false(id_is_external(text));
    assert_true(id_is_external("Job:42_x.y-Z"));
    assert_false(id_is_external(""));
    assert_false(id_is_external(NULL));
    /* No URL can hold them: a client takes them for steps of the path. */
    assert_false(id_is_external("."));
    assert_false(id_is_external(".."));
    assert_true(id_is_external("..."));
    assert_true(id_is_external(".a"));
    assert_false(id_is_external("a b"));
    assert_false(id_is_external("a/b"));
    assert_false(id_is_external("a\n"));
    assert_false(id_is_external("\xC3\xA4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_a_uuid_of_version_7),
        cmocka_unit_test(test_ids_rise_even_within_a_millisecond),
        cmocka_unit_test(test_tells_ids_from_others),
        cmocka_unit_test(test_external_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
