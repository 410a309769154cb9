/* test_content_page.c - a list has what is wanted, in the order that is wanted; and one asked for whole is itself. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/data/crypto.h"
#include "services/views/content_page.h"

static struct content_page *page_new(void)
{
    struct content_item items[] = {
        { .interview = "{\"id\":\"a\"}", .job_id = "j", .type = "live", .name_rank = 2, .rating = 3 },
        { .interview = "{\"id\":\"b\"}", .name_rank = 1 },
    };

    return content_page_new("v1", "l1", "{\"sender\":\"x\"}", true, items, 2);
}

static void test_joins_what_is_wanted(void **state)
{
    struct arena *arena = arena_new();
    struct content_page *page = page_new();
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
    made_release(page);
    arena_free(arena);
}

static void test_those_that_are_found_say_where(void **state)
{
    struct arena *arena = arena_new();
    struct content_page *page = page_new();
    struct search_hit hits[] = { { .is_found = true, .rank = 1002, .found_in = "[1]" },
                                 { .is_found = true, .rank = 1, .found_in = "[]" } };
    struct content_view ranked = content_page_view(page, arena, &(struct content_wish){ .hits = hits });
    struct content_view in_place = content_page_view(page, arena, &(struct content_wish){ .hits = hits, .sort = "position" });
    (void)state;

    assert_string_equal(
        ranked.body,
        "{\"sender\":\"x\",\"interviews\":[{\"id\":\"b\",\"found_in\":[]},{\"id\":\"a\",\"found_in\":[1]}],\"total\":2}");
    assert_string_equal(
        in_place.body,
        "{\"sender\":\"x\",\"interviews\":[{\"id\":\"a\",\"found_in\":[1]},{\"id\":\"b\",\"found_in\":[]}],\"total\":2}");
    hits[1].found_in = "[2]";
    struct content_view other = content_page_view(page, arena, &(struct content_wish){ .hits = hits });
    assert_string_not_equal(ranked.etag, other.etag);
    hits[0].is_found = false;
    struct content_view one = content_page_view(page, arena, &(struct content_wish){ .hits = hits });
    assert_string_equal(one.body, "{\"sender\":\"x\",\"interviews\":[{\"id\":\"b\",\"found_in\":[2]}],\"total\":1}");
    made_release(page);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joins_what_is_wanted),
        cmocka_unit_test(test_those_that_are_found_say_where),
    };
    crypto_setup();
    return cmocka_run_group_tests_name("content_page", tests, NULL, NULL);
}
