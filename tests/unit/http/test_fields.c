/* test_fields.c - reading the fields of hostile and honest objects: what is noted, and where. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/http/fields.h"
#include "common/base/str.h"

struct reading {
    struct arena *arena;
    struct faults *faults;
    struct fields root;
};

static int set_up(void **state)
{
    struct reading *reading = calloc(1, sizeof *reading);

    reading->arena = arena_new();
    *state = reading;
    return 0;
}

static int tear_down(void **state)
{
    struct reading *reading = *state;

    arena_free(reading->arena);
    free(reading);
    return 0;
}

static struct fields *read_body(struct reading *reading, const char *body)
{
    const char *error;
    json_t *value = json_parse(reading->arena, body, strlen(body), &error);

    assert_null(error);
    reading->faults = faults_new(reading->arena);
    reading->root = fields_of(reading->arena, reading->faults, value, "");
    return &reading->root;
}

/* expected: "pointer code" of every fault in order, divided by "; ". */
static void assert_faults(const struct reading *reading, const char *expected)
{
    struct buf text = { 0 };
    const json_t *list = faults_list(reading->faults);

    buf_add(&text, "", 0);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *fault = json_array_get(list, i);
        buf_printf(&text, "%s%s %s", i ? "; " : "", json_string_value(json_object_get(fault, "pointer")),
                   json_string_value(json_object_get(fault, "code")));
        assert_true(json_string_length(json_object_get(fault, "detail")) > 0);
    }
    assert_string_equal(text.data, expected);
    assert_int_equal(faults_any(reading->faults), expected[0] != '\0');
    buf_clear(&text);
}

static const char *no_x(const char *text)
{
    return strchr(text, 'x') ? "No x here." : NULL;
}

static void test_text(void **state)
{
    struct reading *reading = *state;
    const struct text_rule rule = { .min = 2, .max = 3, .check = no_x };
    struct fields *root =
        read_body(reading, "{\"ok\":\"\xC3\xA4\xE2\x82\xAC\",\"short\":\"a\",\"long\":\"abcd\",\"type\":1,\"null\":null,"
                           "\"ctl\":\"a\\nb\",\"c1\":\"a\\u0085\",\"turn\":\"\\u202eb\",\"rule\":\"xx\","
                           "\"unseen\":\"\\u200b\\u2060\",\"pasted\":\"a\\r\\nb\\u2028\\u0007\\u202ec\"}");
    const struct text_rule machine = { .verbatim = true };

    assert_string_equal(fields_text(root, "ok", FIELDS_REQUIRED, &rule), "\xC3\xA4\xE2\x82\xAC");
    assert_null(fields_text(root, "absent", FIELDS_OPTIONAL, &rule));
    assert_null(fields_text(root, "gone", FIELDS_REQUIRED, &rule));
    assert_null(fields_text(root, "short", FIELDS_OPTIONAL, &rule));
    assert_null(fields_text(root, "long", FIELDS_OPTIONAL, &rule));
    assert_null(fields_text(root, "type", FIELDS_OPTIONAL, &rule));
    assert_null(fields_text(root, "null", FIELDS_OPTIONAL, &rule));
    assert_null(fields_text(root, "ctl", FIELDS_OPTIONAL, &machine));
    assert_null(fields_text(root, "c1", FIELDS_OPTIONAL, &machine));
    assert_null(fields_text(root, "turn", FIELDS_OPTIONAL, &machine));
    assert_null(fields_text(root, "unseen", FIELDS_OPTIONAL, &rule));
    assert_null(fields_text(root, "unseen", FIELDS_OPTIONAL, NULL));
    assert_string_equal(fields_text(root, "pasted", FIELDS_OPTIONAL, &(struct text_rule){ .newlines = true }), "a\nb\nc");
    assert_string_equal(json_string_value(json_object_get(root->object, "pasted")), "a\nb\nc");
    assert_string_equal(fields_text(root, "pasted", FIELDS_OPTIONAL, NULL), "a b c");
    assert_string_equal(fields_text(root, "c1", FIELDS_OPTIONAL, NULL), "a");
    assert_null(fields_text(root, "rule", FIELDS_OPTIONAL, &rule));
    assert_string_equal(fields_text(root, "ctl", FIELDS_OPTIONAL, &(struct text_rule){ .newlines = true }), "a\nb");
    assert_null(fields_text(root, "null", FIELDS_OPTIONAL, &(struct text_rule){ .nullable = true }));
    fields_end(root);
    assert_faults(reading, "/gone required; /short too_short; /long too_long; /type wrong_type; /null wrong_type; "
                           "/ctl control_characters; /c1 control_characters; /turn control_characters; "
                           "/unseen too_short; /unseen too_short; /rule invalid");
}

static void test_numbers_and_booleans(void **state)
{
    struct reading *reading = *state;
    struct fields *root =
        read_body(reading, "{\"i\":5,\"low\":-1,\"whole\":50e-1,\"real\":5.5,\"most\":99999999999999999999,\"far\":1e300,"
                           "\"null\":null,\"text\":\"5\",\"n\":2.5,\"high\":11,\"t\":true,\"f\":false,\"no\":0}");

    assert_int_equal(fields_int(root, "i", FIELDS_REQUIRED, 0, 10), 5);
    assert_int_equal(fields_int(root, "low", FIELDS_REQUIRED, 0, 10), 0);
    assert_int_equal(fields_int(root, "whole", FIELDS_REQUIRED, 0, 10), 5);
    assert_int_equal(fields_int(root, "most", FIELDS_REQUIRED, 0, INT64_MAX), 0);
    assert_int_equal(fields_int(root, "far", FIELDS_REQUIRED, 0, INT64_MAX), 0);
    assert_int_equal(fields_int(root, "null", FIELDS_OPTIONAL, 0, 10), 0);
    assert_int_equal(fields_int(root, "real", FIELDS_REQUIRED, 0, 10), 0);
    assert_int_equal(fields_int(root, "text", FIELDS_REQUIRED, 0, 10), 0);
    assert_int_equal(fields_int(root, "gone", FIELDS_REQUIRED, 0, 10), 0);
    assert_int_equal(fields_int(root, "absent", FIELDS_OPTIONAL, 1, 10), 0);
    assert_true(fields_number(root, "n", FIELDS_REQUIRED, 0, 10) > 2.4);
    assert_true(fields_number(root, "i", FIELDS_REQUIRED, 0, 10) > 4.9);
    fields_number(root, "high", FIELDS_REQUIRED, 0, 10);
    fields_number(root, "text", FIELDS_OPTIONAL, 0, 10);
    assert_true(fields_bool(root, "t", false));
    assert_false(fields_bool(root, "f", true));
    assert_true(fields_bool(root, "absent", true));
    assert_false(fields_bool(root, "no", true));
    fields_end(root);
    assert_faults(reading, "/low out_of_range; /most out_of_range; /far out_of_range; /null wrong_type; /real wrong_type; /text "
                           "wrong_type; /gone required; /high out_of_range; "
                           "/text wrong_type; /no wrong_type");
}

static void test_choices_and_times(void **state)
{
    struct reading *reading = *state;
    struct fields *root = read_body(reading, "{\"a\":\"full\",\"b\":\"ful\",\"c\":\"\",\"d\":\"basic|full\",\"e\":1,"
                                             "\"at\":\"2026-11-22T10:30:00+01:00\",\"bad\":\"2026-02-30T00:00:00Z\",\"num\":1}");
    int64_t wall_ms = 0;

    assert_int_equal(fields_choice(root, "a", FIELDS_REQUIRED, "basic|full"), 1);
    assert_int_equal(fields_choice(root, "b", FIELDS_REQUIRED, "basic|full"), -1);
    assert_int_equal(fields_choice(root, "c", FIELDS_REQUIRED, "basic|full"), -1);
    assert_int_equal(fields_choice(root, "d", FIELDS_REQUIRED, "basic|full"), -1);
    assert_int_equal(fields_choice(root, "e", FIELDS_REQUIRED, "basic|full"), -1);
    assert_int_equal(fields_choice(root, "absent", FIELDS_OPTIONAL, "basic|full"), -1);
    assert_true(fields_time(root, "at", FIELDS_REQUIRED, &wall_ms));
    assert_true(wall_ms == 1795339800000);
    assert_false(fields_time(root, "bad", FIELDS_OPTIONAL, &wall_ms));
    assert_false(fields_time(root, "num", FIELDS_OPTIONAL, &wall_ms));
    assert_false(fields_time(root, "absent", FIELDS_OPTIONAL, &wall_ms));
    fields_end(root);
    assert_faults(reading, "/b invalid; /c invalid; /d invalid; /e wrong_type; /bad invalid; /num wrong_type");
    assert_string_equal(json_string_value(json_object_get(json_array_get(faults_list(reading->faults), 0), "detail")),
                        "This must be one of basic, full.");
}

static void test_nested_faults_tell_their_place(void **state)
{
    struct reading *reading = *state;
    struct fields *root =
        read_body(reading, "{\"list\":[{\"email\":\"a@b.co\"},{\"email\":\"nobody\",\"a/b~c\":1},7],\"words\":[\"ok\",5,\"\"],"
                           "\"inner\":{\"x\":1},\"notobj\":[]}");
    const struct text_rule email = { .min = 1, .max = 254, .check = fields_check_email };
    const json_t *list = fields_array(root, "list", FIELDS_REQUIRED, 1, 3);

    for (size_t i = 0; i < json_array_size(list); i++) {
        struct fields element = fields_element(root, "list", list, i);
        fields_text(&element, "email", FIELDS_REQUIRED, &email);
        fields_end(&element);
    }
    const json_t *words = fields_array(root, "words", FIELDS_REQUIRED, 0, 3);
    assert_string_equal(fields_element_text(root, "words", words, 0, &(struct text_rule){ .min = 1 }), "ok");
    assert_null(fields_element_text(root, "words", words, 1, &(struct text_rule){ .min = 1 }));
    assert_null(fields_element_text(root, "words", words, 2, &(struct text_rule){ .min = 1 }));
    struct fields inner = fields_object(root, "inner", FIELDS_REQUIRED);
    fields_fault(&inner, "x/0/y", "duplicate", "Twice.");
    fields_fault(&inner, NULL, "conflict", "Both.");
    fields_end(&inner);
    struct fields not_object = fields_object(root, "notobj", FIELDS_REQUIRED);
    assert_null(fields_text(&not_object, "silent", FIELDS_REQUIRED, NULL));
    fields_end(&not_object);
    fields_end(root);
    assert_faults(reading,
                  "/list/1/email invalid; /list/1/a~1b~0c unknown_field; /list/2 wrong_type; /words/1 wrong_type; "
                  "/words/2 too_short; /inner/x/0/y duplicate; /inner conflict; /inner/x unknown_field; /notobj wrong_type");
}

static void test_missing_objects_are_one_fault(void **state)
{
    struct reading *reading = *state;
    struct fields *root = read_body(reading, "{\"n\":null,\"many\":[1,2,3],\"few\":[],\"str\":\"x\"}");
    struct fields needed = fields_object(root, "gone", FIELDS_REQUIRED),
                  optional = fields_object(root, "absent", FIELDS_OPTIONAL);

    assert_null(fields_text(&needed, "a", FIELDS_REQUIRED, NULL));
    assert_null(fields_text(&optional, "a", FIELDS_REQUIRED, NULL));
    fields_fault(&optional, "a", "conflict", "Silent too.");
    fields_end(&needed);
    fields_end(&optional);
    assert_true(fields_is_null(root, "n"));
    assert_false(fields_has(root, "n"));
    assert_false(fields_is_null(root, "absent"));
    assert_true(fields_has(root, "many"));
    assert_null(fields_array(root, "many", FIELDS_OPTIONAL, 0, 2));
    assert_null(fields_array(root, "few", FIELDS_OPTIONAL, 1, 2));
    assert_null(fields_array(root, "str", FIELDS_OPTIONAL, 1, 2));
    assert_null(fields_array(root, "absent", FIELDS_OPTIONAL, 1, 2));
    fields_end(root);
    assert_faults(reading, "/gone required; /many too_long; /few too_short; /str wrong_type");

    read_body(reading, "[1]");
    assert_null(fields_text(&reading->root, "a", FIELDS_REQUIRED, NULL));
    fields_end(&reading->root);
    assert_faults(reading, " wrong_type");
}

static void test_a_flood_of_unknown_members_is_bounded(void **state)
{
    struct reading *reading = *state;
    struct buf body = { 0 };

    buf_add_text(&body, "{\"");
    for (int i = 0; i < 3000; i++) {
        buf_add_text(&body, "\xC3\xA4"); /* a name far longer than any of ours */
    }
    buf_add_text(&body, "\":0");
    for (int i = 0; i < 5000; i++) {
        buf_printf(&body, ",\"k%d\":0", i);
    }
    buf_add_char(&body, '}');
    fields_end(read_body(reading, body.data));
    const json_t *list = faults_list(reading->faults);
    assert_int_equal(json_array_size(list), FAULTS_MAX);
    const char *pointer = json_string_value(json_object_get(json_array_get(list, 0), "pointer"));
    assert_true(strlen(pointer) < 300 && str_is_utf8(pointer, strlen(pointer)) && str_starts_with(pointer, "/\xC3\xA4"));
    buf_clear(&body);
}

static void assert_rule(const char *(*check)(const char *), const char *const *good, const char *const *bad)
{
    for (; *good; good++) {
        if (check(*good)) {
            fail_msg("refused: %s", *good);
        }
    }
    for (; *bad; bad++) {
        if (!check(*bad)) {
            fail_msg("taken: %s", *bad);
        }
    }
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_https_urls(void **state)
{
    char long_one[2050] = "https://h/";
    (void)state;

    assert_rule(fields_check_https_url,
                LIST("https://h", "https://example.com:8443/a?b=c#d", "https://[::1]/x", "https://h?x", "https://h/@x",
                     "https://h/%20\xC3\xA4"),
                LIST("", "https://", "http://h", "HTTPS://h", "https:///x", "https://u@h/", "https://u:p@h", "https://h:0",
                     "https://h:65536", "https://h:", "https://h:1x", "https://h h", "https://h/\n", "https://h/\"",
                     "https://h\\@x", "https://[::1", "https://[", "https://[ab", "https://.h", "javascript:alert(1)",
                     "https://h/<x>", "https://\xC3\xA4.de"));
    memset(long_one + 10, 'a', 2048 - 10);
    assert_null(fields_check_https_url(long_one));
    long_one[2048] = 'a';
    assert_non_null(fields_check_https_url(long_one));
}

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_time_zones(void **state)
{
    char directory[] = "/tmp/sharelink-test-zones-XXXXXX", path[256];
    static const char *const files[] = { "Berlin", "localtime", "posixrules", "Etc+1", "zone", "Kyiv" };
    (void)state;

    assert_non_null(mkdtemp(directory));
    for (size_t i = 0; i < 4; i++) {
        write_file(directory, files[i], "TZif2...");
    }
    write_file(directory, "zone", "# a table, no zone");
    write_file(directory, "Kyiv", "TZ");
    setenv("TZDIR", directory, 1);
    assert_rule(fields_check_time_zone, LIST("Berlin", "Etc+1", "UTC"),
                LIST("", "berlin", "localtime", "posixrules", "posix/Berlin", "right/Berlin", "/Berlin", "../Berlin", "./Berlin",
                     "Berlin/", "zone", "Kyiv", ".", "/", "Ber lin", "Berlin\n", "Nowhere/Berlin"));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    rmdir(directory);
    unsetenv("TZDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_and_booleans, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_choices_and_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nested_faults_tell_their_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_objects_are_one_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_flood_of_unknown_members_is_bounded, set_up, tear_down),
        cmocka_unit_test(test_https_urls),
        cmocka_unit_test(test_time_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
