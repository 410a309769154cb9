/* test_str.c - growing text, and the checks and encodings of text, on hostile input above all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/str.h"

static void assert_json(const char *text, size_t length, const char *expected)
{
    struct buf buf = { 0 };

    buf_add_json(&buf, text, length);
    assert_string_equal(buf.data, expected);
    buf_clear(&buf);
}

static void test_buf_grows_and_is_always_text(void **state)
{
    struct buf buf = { 0 };
    (void)state;

    buf_add(&buf, "", 0);
    assert_string_equal(buf.data, "");
    for (int i = 0; i < 1000; i++) {
        buf_printf(&buf, "%d,", i % 10);
        assert_int_equal(strlen(buf.data), buf.length);
    }
    assert_int_equal(buf.length, 2000);
    buf_add_char(&buf, '!');
    buf_add_text(&buf, "end");
    assert_string_equal(buf.data + 1996, "8,9,!end");
    buf_clear(&buf);
    assert_null(buf.data);
    buf_add_html(&buf, "");
    assert_string_equal(buf.data, "");
    buf_clear(&buf);
}

static void test_html_is_escaped(void **state)
{
    struct buf buf = { 0 };
    (void)state;

    buf_add_html(&buf, "<script a='1' b=\"2\">&amp;</script> \xC3\xA4");
    assert_string_equal(buf.data, "&lt;script a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;&lt;/script&gt; \xC3\xA4");
    buf_clear(&buf);
}

static void test_json_is_escaped(void **state)
{
    (void)state;

    assert_json("a\"b\\c\n\r\t\x01", 9, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\"");
    assert_json("\0", 1, "\"\\u0000\"");
    assert_json("\x7F\xC2\x9B\xE2\x80\xA8", 6, "\"\\u007f\\u009b\\u2028\"");
    assert_json("\xC3\xA4\xF0\x9F\x98\x80", 6, "\"\xC3\xA4\xF0\x9F\x98\x80\"");
    assert_json("a\xFF"
                "b\xC3",
                4,
                "\"a\xEF\xBF\xBD"
                "b\xEF\xBF\xBD\"");
}

static void test_utf8(void **state)
{
    static const char *const good[] = {
        "", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"
    };
    static const char *const bad[] = { "\x80",         "\xC0\xAF",         "\xC1\xBF",         "\xE0\x9F\xBF",     "\xED\xA0\x80",
                                       "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
                                       "\xC3",         "\xE2\x82",         "\xE2\x28\xA1" };
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(str_is_utf8(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(str_is_utf8(bad[i], strlen(bad[i])));
    }
    for (size_t i = 0; i < 20; i++) { /* wherever it stands among plain letters */
        char text[] = "abcdefghijklmnopqrstuvwxyz";
        text[i] = '\xFF';
        assert_false(str_is_utf8(text, strlen(text)));
        text[i] = '\xC3', text[i + 1] = '\xA4';
        assert_true(str_is_utf8(text, strlen(text)));
    }
    assert_false(str_is_utf8("\xE2\x82\xAC", 2)); /* cut within a character, whatever follows */
    assert_int_equal(str_utf8_length("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), 4);
}

static void test_control_characters(void **state)
{
    (void)state;

    assert_false(str_has_control("plain \xC3\xA4\xE2\x82\xAC\xC2\xA0", false));
    assert_true(str_has_control("a\nb", false));
    assert_false(str_has_control("a\r\n\tb", true));
    assert_true(str_has_control("a\x1B[2J", true));
    assert_true(str_has_control("a\x7F", true));
    assert_true(str_has_control("a\xC2\x85", true));
    assert_true(str_has_control("a\xE2\x80\xA8", true));
    assert_true(str_has_control("a\xE2\x80\xA9", false));
}

static void test_parse_int(void **state)
{
    static const char *const bad[] = { "",
                                       "-",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1.0",
                                       "0x1",
                                       "1e3",
                                       "--1",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999999" };
    int64_t value = 42;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(str_parse_int(bad[i], INT64_MIN, INT64_MAX, &value));
    }
    assert_int_equal(value, 42);
    assert_true(str_parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MIN);
    assert_true(str_parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MAX);
    assert_true(str_parse_int("64", 1, 64, &value));
    assert_false(str_parse_int("65", 1, 64, &value));
    assert_false(str_parse_int("0", 1, 64, &value));
    assert_int_equal(value, 64);
}

static void assert_url_decoded(const char *text, bool plus_is_space, const char *expected)
{
    char *copy = mem_strdup(text);

    assert_int_equal(str_url_decode(copy, plus_is_space), expected != NULL);
    if (expected) {
        assert_string_equal(copy, expected);
    }
    free(copy);
}

static void test_url_decode(void **state)
{
    (void)state;

    assert_url_decoded("a%20b+c", false, "a b+c");
    assert_url_decoded("a%20b+c", true, "a b c");
    assert_url_decoded("%c3%A4", false, "\xC3\xA4");
    assert_url_decoded("%252e", false, "%2e");
    assert_url_decoded("", false, "");
    assert_url_decoded("%", false, NULL);
    assert_url_decoded("a%2", false, NULL);
    assert_url_decoded("%zz", false, NULL);
    assert_url_decoded("%2g", false, NULL);
    assert_url_decoded("a%00b", false, NULL);
    assert_url_decoded("%ff", false, NULL);
    assert_url_decoded("%c0%ae", false, NULL);
}

static void test_base64url_round_trip(void **state)
{
    uint8_t bytes[40] = { 0 }, back[40];
    char text[64];
    (void)state;

    for (size_t length = 0; length <= sizeof bytes; length++) {
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (uint8_t)(i * 37 + length * 11 + 250);
        }
        str_base64url(text, bytes, length);
        assert_int_equal(strlen(text) + 1, str_base64url_size(length));
        assert_int_equal(str_base64url_decode(back, length, text), (long)length);
        assert_memory_equal(back, bytes, length);
        if (length > 0) {
            assert_int_equal(str_base64url_decode(back, length - 1, text), -1);
        }
    }
    str_base64url(text, (const uint8_t *)"\xFB\xFF\xFE", 3);
    assert_string_equal(text, "-__-");
}

static void test_base64url_refuses_what_is_not_canonical(void **state)
{
    static const char *const bad[] = { "A", "AAAAA", "AA==", "A+A/", "AA A", "AB", "AAB", "AA\n", "\xC3\xA4" };
    uint8_t back[16];
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(str_base64url_decode(back, sizeof back, bad[i]), -1);
    }
}

static void test_mail_addresses(void **state)
{
    static const char *const good[] = { "a@b.co",
                                        "ana.maria+tag@mail.example.com",
                                        "o'neil@example.ie",
                                        "x@b\303\274cher.de",
                                        "x@xn--bcher-kva.de",
                                        "x@\xE4\xBE\x8B\xE3\x81\x88.jp",
                                        "1234567890123456789012345678901234567890123456789012345678901234@example.com" };
    static const char *const bad[] = {
        "",
        "a",
        "@b.co",
        "a@",
        "a@b",
        "a@b.",
        "a@.b.co",
        "a@b..co",
        ".a@b.co",
        "a.@b.co",
        "a..b@b.co",
        "a b@b.co",
        "a@b .co",
        "a@b@c.co",
        "\"a\"@b.co",
        "a(x)@b.co",
        "<a@b.co>",
        "a,b@b.co",
        "a@b.co,c@d.co",
        "a@-b.co",
        "a@b-.co",
        "a@1.2.3.4",
        "a@[1.2.3.4]",
        "a@b.co\r\nBcc: x@y.z",
        "a\n@b.co",
        "a@b.c\to",
        "\xC3\xA4@b.co",
        "a@b_c.co",
        "a@b.co\xE2\x80\x8B",
        "a@b\xC2\xA0.co",
        "a@b.co\xFF",
        "a@ex\357\274\216ample.com",
        "12345678901234567890123456789012345678901234567890123456789012345@example.com",
        "a@1234567890123456789012345678901234567890123456789012345678901234.com",
    };
    char long_one[400];
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!str_is_mail_address(good[i])) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (str_is_mail_address(bad[i])) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    strcpy(long_one, "a@b");
    while (strlen(long_one) < 252) {
        strcat(long_one, ".c");
    }
    strcat(long_one, "d");
    assert_int_equal(strlen(long_one), 254);
    assert_true(str_is_mail_address(long_one));
    strcat(long_one, "e");
    assert_false(str_is_mail_address(long_one));
}

static void test_small_ones(void **state)
{
    (void)state;

    assert_true(str_equal(NULL, NULL));
    assert_false(str_equal(NULL, ""));
    assert_true(str_equal("a", "a"));
    assert_true(str_starts_with("abc", "ab"));
    assert_false(str_starts_with("a", "ab"));
    assert_true(str_ends_with("abc", "bc"));
    assert_false(str_ends_with("c", "bc"));
    assert_null(mem_strdup(NULL));
}

static void test_trim(void **state)
{
    static const char *const cases[][2] = {
        { "", "" }, { "a", "a" }, { " \t a b\t ", "a b" }, { " \t ", "" }, { "\na\n", "\na\n" }
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i][0];
        size_t length = str_trim(&text, strlen(text));
        assert_int_equal(length, strlen(cases[i][1]));
        assert_memory_equal(text, cases[i][1], length);
    }
    const char *text = "  ab"; /* no further than the length */
    assert_int_equal(str_trim(&text, 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_grows_and_is_always_text),
        cmocka_unit_test(test_html_is_escaped),
        cmocka_unit_test(test_json_is_escaped),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_parse_int),
        cmocka_unit_test(test_url_decode),
        cmocka_unit_test(test_base64url_round_trip),
        cmocka_unit_test(test_base64url_refuses_what_is_not_canonical),
        cmocka_unit_test(test_mail_addresses),
        cmocka_unit_test(test_small_ones),
        cmocka_unit_test(test_trim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
