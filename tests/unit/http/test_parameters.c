/* test_parameters.c - parameters that may be given several times, and moments. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/base/str.h"
#include "common/http/parameters.h"
#include "common/http/request.h"

static struct http_request request;
static struct flow flow = { .owner = &request };
static struct faults *faults;

static int set_up(void **state)
{
    (void)state;
    flow.arena = arena_new();
    faults = faults_new(flow.arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(flow.arena);
    return 0;
}

static void assert_fault(const char *pointer, const char *detail)
{
    const json_t *list = faults_list(faults);

    assert_int_equal(json_array_size(list), 1);
    const json_t *fault = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(fault, "pointer")), pointer);
    assert_string_equal(json_string_value(json_object_get(fault, "code")), "invalid");
    if (detail) {
        assert_string_equal(json_string_value(json_object_get(fault, "detail")), detail);
    }
}

static const char *const colours[] = { "blue", "green", "red", NULL };

static struct parameter_words read_colours(const char *query)
{
    request.query = query;
    return parameters_words(&flow, faults, "colour", "color", colours);
}

static void test_each_word_is_there_once_in_the_order_of_all(void **state)
{
    (void)state;
    struct parameter_words words = read_colours("colour=red&limit=9&color=blue&colour=re%64");

    assert_int_equal(words.count, 2);
    assert_string_equal(words.list[0], "blue");
    assert_string_equal(words.list[1], "red");
    assert_false(faults_any(faults));
}

static void test_none_is_none(void **state)
{
    (void)state;
    assert_int_equal(read_colours("limit=9").count, 0);
    assert_int_equal(read_colours(NULL).count, 0);
    assert_false(faults_any(faults));
}

static void test_an_unknown_word_is_told_all_that_exist(void **state)
{
    (void)state;
    assert_int_equal(read_colours("colour=red&color=Red&colour=").count, 0);
    assert_fault("?color", "This must be one of blue, green, red; it may be given several times.");
}

static void test_an_empty_word_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(read_colours("colour=").count, 0);
    assert_fault("?colour", NULL);
}

static void test_a_parameter_of_one_name_has_no_other(void **state)
{
    (void)state;
    request.query = "color=no&colour=red";
    assert_int_equal(parameters_words(&flow, faults, "colour", NULL, colours).count, 1);
    assert_false(faults_any(faults));
}

static void test_fifty_different_words_and_no_more(void **state)
{
    (void)state;
    static char texts[60][8];
    static const char *many[61];
    struct buf query = { 0 };

    for (size_t i = 0; i < 60; i++) {
        snprintf(texts[i], sizeof texts[i], "word%02zu", i);
        many[i] = texts[i];
    }
    for (size_t i = 0; i < 100; i++) {
        buf_printf(&query, "word=%s&", texts[i % 50]);
    }
    request.query = query.data;
    assert_int_equal(parameters_words(&flow, faults, "word", NULL, many).count, 50);
    assert_false(faults_any(faults));
    buf_printf(&query, "word=%s", texts[50]);
    request.query = query.data;
    assert_int_equal(parameters_words(&flow, faults, "word", NULL, many).count, 0);
    assert_fault("?word", "At most 50 different ones may be given.");
    buf_clear(&query);
}

static void test_of_a_malformed_query_nothing_is_taken(void **state)
{
    (void)state;
    assert_int_equal(read_colours("colour=red&limit=%zz").count, 0);
}

static void assert_moment(const char *text, const char *expected)
{
    const char *moment = parameters_moment(flow.arena, faults, "created_after", text);

    if (!moment || !str_equal(moment, expected)) {
        fail_msg("%s is %s", text, moment ? moment : "no moment");
    }
}

static void test_moments_have_one_form(void **state)
{
    (void)state;
    assert_moment("2026-11-22T09:30:00Z", "2026-11-22T09:30:00.000Z");
    assert_moment("2026-11-22T09:30:00.123999Z", "2026-11-22T09:30:00.123Z");
    assert_moment("2026-11-22T09:30:00+02:00", "2026-11-22T07:30:00.000Z");
    assert_moment("2026-11-22T09:30:00 02:00", "2026-11-22T07:30:00.000Z");
    assert_moment("2026-11-22T09:30:00-11:30", "2026-11-22T21:00:00.000Z");
    assert_moment("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z");
    assert_moment("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z");
    assert_false(faults_any(faults));
}

static void test_what_is_no_moment_is_a_fault(void **state)
{
    static const char *const texts[] = { "",
                                         "yesterday",
                                         "2026-11-22",
                                         "2026-11-22T09:30:00",
                                         "1795339800",
                                         "2026-02-30T00:00:00Z",
                                         "2026-11-22 09:30:00Z",
                                         "2026-11-22T09:30:00Z " };
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        faults = faults_new(flow.arena);
        assert_null(parameters_moment(flow.arena, faults, "created_after", texts[i]));
        assert_fault("?created_after", NULL);
    }
}

static void test_a_range_without_a_moment_is_a_fault(void **state)
{
    (void)state;
    parameters_check_range(faults, "created_before", "2026-11-22T09:30:00.000Z", "2026-11-22T09:30:00.001Z");
    parameters_check_range(faults, "created_before", NULL, "2026-11-22T09:30:00.001Z");
    parameters_check_range(faults, "created_before", "2026-11-22T09:30:00.000Z", NULL);
    parameters_check_range(faults, "created_before", NULL, NULL);
    assert_false(faults_any(faults));
    parameters_check_range(faults, "created_before", "2026-11-22T09:30:00.000Z", "2026-11-22T09:30:00.000Z");
    assert_fault("?created_before", NULL);
    faults = faults_new(flow.arena);
    parameters_check_range(faults, "created_before", "2026-11-23T09:30:00.000Z", "2026-11-22T09:30:00.000Z");
    assert_fault("?created_before", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_word_is_there_once_in_the_order_of_all),
        TEST(test_none_is_none),
        TEST(test_an_unknown_word_is_told_all_that_exist),
        TEST(test_an_empty_word_is_unknown),
        TEST(test_a_parameter_of_one_name_has_no_other),
        TEST(test_fifty_different_words_and_no_more),
        TEST(test_of_a_malformed_query_nothing_is_taken),
        TEST(test_moments_have_one_form),
        TEST(test_what_is_no_moment_is_a_fault),
        TEST(test_a_range_without_a_moment_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
