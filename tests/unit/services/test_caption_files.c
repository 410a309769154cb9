/* test_caption_files.c - files of captions as people make them, as machines break them, and as nobody should send them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "services/views/fetch/captions.h"

/* The lines as "start-end text|…", or why there are none. */
static const char *read_bytes(const char *bytes, size_t length)
{
    static char told[4000];
    struct buf json = { 0 };
    size_t at = 0;

    const char *fault = captions_read(bytes, length, &json);
    if (fault) {
        assert_int_equal(json.length, 0);
        return fault;
    }
    json_t *lines = json_loadb(json.data, json.length, 0, NULL);
    assert_non_null(lines);
    told[0] = '\0';
    for (size_t i = 0; i < json_array_size(lines) && at < sizeof told - 600; i++) {
        const json_t *line = json_array_get(lines, i);
        at += (size_t)snprintf(told + at, sizeof told - at, "%s%g-%g %s", i ? "|" : "",
                               json_number_value(json_object_get(line, "start")), json_number_value(json_object_get(line, "end")),
                               json_string_value(json_object_get(line, "text")));
    }
    json_decref(lines);
    buf_clear(&json);
    return told;
}

static const char *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void test_webvtt(void **state)
{
    static const struct {
        const char *file, *lines;
    } files[] = {
        { "WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n", "1-2.5 Hello" },
        { "WEBVTT", "" },
        { "WEBVTT - made by hand\nKind: captions\n\nNOTE\nnot said\nat all\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
          "intro\n01:00:01.000 --> 01:00:02.000 align:start line:0 position:10%\nHello\nthere\n\nNOTE bye\n",
          "3601-3602 Hello\nthere" },
        { "\xEF\xBB\xBFWEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nOne\r\n\r\n00:02.000 --> 00:03.000\r\nTwo", "1-2 One|2-3 Two" },
        { "WEBVTT\r\r00:01.000 --> 00:02.000\rOne\rmore\r\r00:02.000 --> 00:03.000\rTwo\r", "1-2 One\nmore|2-3 Two" },
        { "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ingrid>Hello <c.loud>you</c> <i>there</i><00:01.500> &amp; &lt;b&gt;&#33;&#x41; "
          "AT&T &nope;</v>",
          "1-2 Hello you there & <b>!A AT&T &nope;" },
        { "WEBVTT\n\n00:01.000 --> 00:02.000\nI <3 you, 1 < 2 and <b", "1-2 I <3 you, 1 < 2 and <b" },
        { "WEBVTT\n\n00:01.000 --> 00:02.000\n  \n00:02.000 --> 00:03.000\n\t next \t\n", "2-3 next" },
        /* Out of order, over each other, ending before they begin, and with times that are none. */
        { "WEBVTT\n\n00:05.000 --> 00:06.000\nlate\n\n00:01.000 --> 00:09.000\nearly\n\n00:05.000 --> 00:04.000\nback\n",
          "1-9 early|5-6 late|5-5 back" },
        { "WEBVTT\n\n00:61.000 --> 00:62.000\nno\n\n1 --> 2\nno\n\n00:01.000 --> x\nno\n\n--> 00:01.000\nno\n\n99999999:00:00 "
          "--> 99999999:00:01\nno\n\n"
          "00:01.000-->00:02.000\nyes\n",
          "1-2 yes" },
        { "WEBVTT\n\n00:01.000 --> 00:02.000\na\n00:02.000 --> 00:03.000\nb", "1-2 a|2-3 b" },
        { "WEBVTT\n\n00:01.000 --> 00:02.000\n\xD8\xA7\xD9\x84 \xE2\x80\xAEx\xE2\x80\xA8y \x07z", "1-2 \xD8\xA7\xD9\x84 x\ny z" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_string_equal(read_text(files[i].file), files[i].lines);
    }
}

static void test_subrip(void **state)
{
    (void)state;
    assert_string_equal(
        read_text("1\n00:00:01,500 --> 00:00:02,250\n<i>Hello</i>\n{\\an8}up <font color=\"#ff0000\">there</font>\n\n"
                  "2\n00:00:03,000 --> 00:00:04,000  X1:1 X2:2 Y1:3 Y2:4\n-- Yes\n\n"),
        "1.5-2.25 Hello\nup there|3-4 -- Yes");
    assert_string_equal(read_text("1\r\n0:0:1,5 --> 0:0:2\r\na\r\n2\r\n0:0:2,0 --> 0:0:3\r\n42\r\n\r\n3\r\n"), "1.5-2 a|2-3 42");
}

static void test_encodings(void **state)
{
    static const char little[] = "\xFF\xFE"
                                 "1\0\n\0000\0:\0001\0 \0-\0-\0>\0 \0000\0:\0002\0\n\0\xE9\0\x3D\xD8\x00\xDE\n\0";
    static const char big[] = "\xFE\xFF\0000\0:\0001\0 \0-\0-\0>\0 \0000\0:\0002\0\n\0\xE9\xD8\x3D";
    (void)state;

    assert_string_equal(read_bytes(little, sizeof little - 1), "1-2 \xC3\xA9\xF0\x9F\x98\x80");
    assert_string_equal(read_bytes(big, sizeof big - 1), "1-2 \xC3\xA9");
    assert_string_equal(read_text("0:1 --> 0:2\nJos\xE9 \x93quoted\x94"), "1-2 Jos\xC3\xA9 \xE2\x80\x9Cquoted\xE2\x80\x9D");
}

static void test_what_is_none(void **state)
{
    static const char zeros[] = "WEBVTT\n\n00:01.000 --> 00:02.000\n\0\0\0";
    (void)state;

    assert_string_equal(read_text(""), "it is neither WebVTT nor SubRip");
    assert_string_equal(read_text("<!doctype html><title>Sign in</title><!-- a --> <p>Hello"), "it is neither WebVTT nor SubRip");
    assert_string_equal(read_text("WEBVTTX"), "it is neither WebVTT nor SubRip");
    assert_string_equal(read_bytes(zeros, sizeof zeros - 1), "it is no text");
    assert_string_equal(read_text("\x1F\x8B\x08WEBVTT"), "it is no text");
}

/* --- how much --- */

static json_t *lines_of(struct buf *file)
{
    struct buf json = { 0 };

    assert_null(captions_read(file->data, file->length, &json));
    json_t *lines = json_loadb(json.data, json.length, 0, NULL);
    assert_non_null(lines);
    buf_clear(&json);
    buf_clear(file);
    return lines;
}

/* What everybody relies on, whatever the file was. */
static void check_lines(const json_t *lines)
{
    double latest = 0;

    assert_true(json_array_size(lines) <= CAPTIONS_LINES_MAX);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        double start = json_number_value(json_object_get(line, "start")), end = json_number_value(json_object_get(line, "end"));
        const char *text = json_string_value(json_object_get(line, "text"));
        assert_true(start >= latest && end >= start && end <= CAPTIONS_SECONDS_MAX);
        size_t length = str_utf8_length(text);
        assert_true(length >= 1 && length <= CAPTIONS_TEXT_MAX && !str_has_control(text, true));
        latest = start;
    }
}

static void test_long_cue_becomes_several_lines(void **state)
{
    struct buf file = { 0 };
    (void)state;

    buf_add_text(&file, "WEBVTT\n\n00:00.000 --> 00:10.000\n");
    for (int i = 0; i < 200; i++) {
        buf_add_text(&file, "n\xC3\xA4mlich ");
    }
    json_t *lines = lines_of(&file);
    check_lines(lines);
    assert_int_equal(json_array_size(lines), 4);
    assert_int_equal(str_utf8_length(json_string_value(json_object_get(json_array_get(lines, 0), "text"))), 62 * 8 - 1);
    assert_true(json_number_value(json_object_get(json_array_get(lines, 3), "end")) == 10);
    json_decref(lines);

    buf_add_text(&file, "00:00.000 --> 00:10.000\n");
    for (int i = 0; i < 1024 * 1024; i++) {
        buf_add_char(&file, 'x');
    }
    lines = lines_of(&file);
    check_lines(lines);
    assert_int_equal(json_array_size(lines), (1024 * 1024 + 499) / 500);
    json_decref(lines);
}

static void test_lines_beyond_the_most_are_left_out(void **state)
{
    struct buf file = { 0 };
    (void)state;

    buf_add_text(&file, "WEBVTT\n\n");
    for (int i = 100000; i > 0; i--) {
        buf_printf(&file, "%d:%d:%d.000 --> 10:00:00.000\n%d\n\n", i / 3600, i / 60 % 60, i % 60, i);
    }
    json_t *lines = lines_of(&file);
    check_lines(lines);
    assert_int_equal(json_array_size(lines), CAPTIONS_LINES_MAX);
    assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 0), "text")), "1");
    json_decref(lines);
}

/* Whatever the bytes, what comes of them is lines, in no longer than a moment: the pieces are what files are made of. */
static void test_any_bytes(void **state)
{
    static const char *const pieces[] = {
        "WEBVTT",      "\n",          "\n\n",
        "\r",          "\r\n",        "00:01.000",
        " --> ",       "-->",         "1:2:3,4",
        "99:59.999",   "<",           "<v ",
        "</",          ">",           "&",
        "&amp;",       "&#",          ";",
        "{\\",         "}",           "\xEF\xBB\xBF",
        "\xFF",        "\xC3",        "\xE2\x80\xA8",
        "a",           "some words ", "0",
        "12345678901", ".",           "00:00:01.000 --> 00:00:02.000\n",
        "NOTE",        "STYLE",       "\t",
    };
    struct buf file = { 0 };
    (void)state;

    srandom(20261129);
    for (int round = 0; round < 20000; round++) {
        int count = (int)(random() % 40);
        for (int i = 0; i < count; i++) {
            if (random() % 8 == 0) {
                buf_add_char(&file, (char)random());
            } else {
                buf_add_text(&file, pieces[(size_t)random() % (sizeof pieces / sizeof pieces[0])]);
            }
        }
        struct buf json = { 0 };
        /* A copy that ends where its bytes do, so that a sanitizer sees who reads on. */
        char *bytes = malloc(file.length + 1);
        memcpy(bytes, file.length ? file.data : "", file.length);
        const char *fault = captions_read(bytes, file.length, &json);
        free(bytes);
        json_t *lines = fault ? NULL : json_loadb(json.data, json.length, 0, NULL);
        assert_true(fault || lines);
        check_lines(lines);
        json_decref(lines);
        buf_clear(&json);
        buf_clear(&file);
    }
}

static void test_what_never_ends(void **state)
{
    static const char *const endless[] = { "<a", "<", "&", "&#", "{\\", "a\n", "-->", "0:1-->0:2\n", "0:1 --> 0:2\n<v\n",
                                           "\n", " " };
    (void)state;

    for (size_t i = 0; i < sizeof endless / sizeof endless[0]; i++) {
        struct buf file = { 0 }, json = { 0 };
        buf_add_text(&file, "WEBVTT\n\n00:00.000 --> 00:10.000\n");
        while (file.length < 1024 * 1024) {
            buf_add_text(&file, endless[i]);
        }
        assert_null(captions_read(file.data, file.length, &json));
        json_t *lines = json_loadb(json.data, json.length, 0, NULL);
        check_lines(lines);
        json_decref(lines);
        buf_clear(&json);
        buf_clear(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webvtt),
        cmocka_unit_test(test_subrip),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_long_cue_becomes_several_lines),
        cmocka_unit_test(test_lines_beyond_the_most_are_left_out),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_what_never_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
