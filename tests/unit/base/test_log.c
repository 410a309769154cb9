/* test_log.c - log lines in both forms, read back from a pipe in the place of stderr. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/str.h"

static char line[8192];

/* Runs write with stderr caught; what it wrote is in line after it. */
static void catch_line(void (*write_it)(void))
{
    int ends[2], stderr_copy = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    write_it();
    dup2(stderr_copy, STDERR_FILENO);
    close(stderr_copy);
    close(ends[1]);
    ssize_t length = read(ends[0], line, sizeof line - 1);
    assert_true(length >= 0);
    line[length] = '\0';
    assert_int_equal(read(ends[0], line + length, 1), 0); /* nothing came after the one write */
    close(ends[0]);
}

static void write_all_kinds(void)
{
    log_info("thing.happened", LOG_TEXT("plain", "a-b/c"), LOG_TEXT("spaced", "a b=\"c\"\n\x1B[2J"), LOG_TEXT("none", NULL),
             LOG_TEXT("null_text", "null"), LOG_TEXT("empty", ""), LOG_INT("count", -5), LOG_BOOL("yes", 1), LOG_BOOL("no", 0));
}

static void write_bare(void)
{
    log_error("bare.event");
}

static void write_debug(void)
{
    log_debug("debug.event");
}

static void write_long(void)
{
    static char text[20000];

    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i + 2 < sizeof text; i += 2) {
        memcpy(text + i, "\xC3\xA4", 2);
    }
    log_warn("long.event", LOG_INT("before", 1), LOG_TEXT("text", text), LOG_INT("after", 2));
}

static void write_many(void)
{
    struct log_field fields[1001] = { 0 };

    for (int i = 0; i < 1000; i++) {
        fields[i] = (struct log_field)LOG_TEXT("field", "\x01\x02\x03\xFF");
    }
    log_write(LOG_LEVEL_WARN, "many.fields", fields);
}

static void test_logfmt(void **state)
{
    (void)state;

    log_setup("tester", LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    catch_line(write_all_kinds);
    assert_true(str_starts_with(line, "time=20"));
    assert_string_equal(
        strstr(line, " level="),
        " level=info service=tester event=thing.happened plain=a-b/c spaced=\"a b=\\\"c\\\"\\n\\u001b[2J\" none=null "
        "null_text=\"null\" empty=\"\" count=-5 yes=true no=false\n");
    catch_line(write_bare);
    assert_string_equal(strstr(line, " level="), " level=error service=tester event=bare.event\n");
    catch_line(write_debug);
    assert_string_equal(line, "");
}

static void test_json(void **state)
{
    (void)state;

    log_setup("tester", LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
    catch_line(write_all_kinds);
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "event")), "thing.happened");
    assert_string_equal(json_string_value(json_object_get(object, "service")), "tester");
    assert_string_equal(json_string_value(json_object_get(object, "spaced")), "a b=\"c\"\n\x1B[2J");
    assert_true(json_is_null(json_object_get(object, "none")));
    assert_int_equal(json_integer_value(json_object_get(object, "count")), -5);
    assert_true(json_is_true(json_object_get(object, "yes")));
    assert_int_equal(json_object_size(object), 12);
    json_decref(object);
    catch_line(write_debug);
    assert_non_null(strstr(line, "\"level\":\"debug\""));
}

static void test_long_lines_stay_whole_and_valid(void **state)
{
    (void)state;

    log_setup("tester", LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
    catch_line(write_long);
    assert_true(strlen(line) <= 4096 && str_ends_with(line, "}\n"));
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL); /* which also checks the UTF-8 at the cut */
    assert_non_null(object);
    assert_true(json_string_length(json_object_get(object, "text")) > 500);
    assert_int_equal(json_integer_value(json_object_get(object, "after")), 2);
    assert_true(json_is_true(json_object_get(object, "truncated")));
    assert_null(strstr(line, "\xEF\xBF\xBD"));
    json_decref(object);
    catch_line(write_many);
    assert_true(strlen(line) > 3000 && strlen(line) <= 4096);
    object = json_loads(line, 0, NULL);
    assert_true(json_is_true(json_object_get(object, "truncated")));
    json_decref(object);

    log_setup("tester", LOG_FORMAT_LOGFMT, LOG_LEVEL_DEBUG);
    catch_line(write_long);
    assert_true(strlen(line) <= 4096 && str_ends_with(line, "\" after=2 truncated=true\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logfmt),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_long_lines_stay_whole_and_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
