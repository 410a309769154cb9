/* test_markdown.c - messages of recruiters, friendly and hostile, as HTML and as text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/data/markdown.h"
#include "common/base/str.h"

#define MESSAGE_MAX 10000
/* Of this process alone, whatever else the machine does: far above what any of them takes, far below what one that is not
 * linear takes. */
#define PATIENCE_CLOCKS ((clock_t)2 * CLOCKS_PER_SEC)

static const struct placeholder values[] = {
    { "reviewer_name", "Ana *[Bold](javascript:x)* <b>& {{passcode}}" },
    { "link_url", "https://share.example/s/abc#k=1&x=<2>" },
    { "passcode", "k7_m2_p9" },
    { "bad_url", "javascript:alert(1)" },
    { NULL, NULL },
};

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *html(const char *source)
{
    return markdown_html(arena, source, values);
}

static void shows_markdown(void **state)
{
    (void)state;
    assert_string_equal(html("Hello **you**,\n\n- a\n- b\n"),
                        "<p>Hello <strong>you</strong>,</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
    assert_string_equal(html(""), "");
}

static void keeps_single_newlines(void **state)
{
    (void)state;
    assert_string_equal(html("Best\nAna"), "<p>Best<br />\nAna</p>\n");
}

static void shows_html_as_text(void **state)
{
    (void)state;
    assert_string_equal(html("a <b onclick=\"x()\">c</b>"), "<p>a &lt;b onclick=&quot;x()&quot;&gt;c&lt;/b&gt;</p>\n");
    assert_string_equal(html("<script>\nalert(1)\n</script>\n"),
                        "<p>&lt;script&gt;<br />\nalert(1)<br />\n&lt;/script&gt;</p>\n");
    assert_string_equal(html("<!-- {{passcode}} -->"), "<p>&lt;!-- k7_m2_p9 --&gt;</p>\n");
}

static void values_are_never_markdown(void **state)
{
    (void)state;
    assert_string_equal(html("Dear {{reviewer_name}}!"), "<p>Dear Ana *[Bold](javascript:x)* &lt;b&gt;&amp; {{passcode}}!</p>\n");
    assert_string_equal(html("**{{ reviewer_name }}**\n\n    {{passcode}}\n\n`{{passcode}}`"),
                        "<p><strong>Ana *[Bold](javascript:x)* &lt;b&gt;&amp; {{passcode}}</strong></p>\n"
                        "<pre><code>k7_m2_p9\n</code></pre>\n<p><code>k7_m2_p9</code></p>\n");
    assert_string_equal(html("{{unknown}} {{ Reviewer Name }} {{"), "<p>{{unknown}} {{ Reviewer Name }} {{</p>\n");
}

static void links_take_placeholders(void **state)
{
    static const char expected[] =
        "<p><a href=\"https://share.example/s/abc#k=1&amp;x=%3C2%3E\" title=\"k7_m2_p9\">open</a></p>\n";
    (void)state;

    assert_string_equal(html("[open]({{link_url}} \"{{passcode}}\")"), expected);
    assert_string_equal(html("[open]({{ link_url }} '{{ passcode }}')"), expected);
}

static void bad_links_are_text(void **state)
{
    static const char *const bad[] = {
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",       "[x](data:text/html,a)", "[x](file:///etc/passwd)",
        "[x](vbscript:a)",          "[x](java&#x0A;script:alert(1))", "[x](//evil.example)",   "[x](/relative)",
        "[x]({{bad_url}})",         "[x][r]\n\n[r]: javascript:a",    "[x](&#1;javascript:a)", "[x](<  javascript:a>)",
    };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_string_equal(html(bad[i]), "<p>x</p>\n");
    }
    assert_null(strstr(html("<javascript:alert(1)>"), "href"));
    assert_non_null(strstr(html("[x](HTTPS://a.example) [m](mailto:a@b.example)"), "<a href=\"mailto:a@b.example\">m</a>"));
}

static void images_are_their_text(void **state)
{
    (void)state;
    assert_string_equal(html("![a *b* {{passcode}}](https://track.example/p.gif)"), "<p>a <em>b</em> k7_m2_p9</p>\n");
    assert_string_equal(html("[![logo](http://a.example/x.png)](https://b.example)"),
                        "<p><a href=\"https://b.example\">logo</a></p>\n");
    assert_string_equal(html("![![![in](a)](b)](c)"), "<p>in</p>\n");
    assert_string_equal(html("{{reviewer![](x)_name}}"), html("{{reviewer_name}}"));
}

static void filled_text_is_the_source(void **state)
{
    (void)state;
    assert_string_equal(markdown_fill(arena, "Hi *{{ passcode }}*,\n<b>{{link_url}}</b> {{no}}", values),
                        "Hi *k7_m2_p9*,\n<b>https://share.example/s/abc#k=1&x=<2></b> {{no}}");
    assert_string_equal(markdown_fill(arena, "{{reviewer_name}}", values), values[0].value);
    assert_string_equal(markdown_fill(arena, "", values), "");
    assert_string_equal(markdown_fill(arena, "{{{passcode}}}", values), "{k7_m2_p9}");
}

static void text_has_no_marks(void **state)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "Hi *{{ passcode }}*,\n**so** ~~x~~ `a*b` \\*not\\*", "Hi k7_m2_p9,\nso ~~x~~ a*b *not*" },
        { "{{reviewer_name}}", "Ana *[Bold](javascript:x)* <b>& {{passcode}}" },
        { "# Big\n\nSmall\n======\n\ntext\n\n***\n\nmore", "Big\n\nSmall\n\ntext\n\nmore" },
        { "[the role](https://a.example/x) and [](https://b.example) [https://c.example](https://c.example) <https://d.example>",
          "the role (https://a.example/x) and https://b.example https://c.example https://d.example" },
        { "[write](mailto:a@b.example) <a@b.example> [bad](javascript:x)", "write (a@b.example) a@b.example bad" },
        { "[open]({{link_url}})", "open (https://share.example/s/abc#k=1&x=<2>)" },
        { "Please:\n\n- one\n- two *x*\n  more\n  - in\n  - side\n- three\n\nThen:\n\n3. c\n4. d",
          "Please:\n\n- one\n- two x\n  more\n  - in\n  - side\n- three\n\nThen:\n\n3. c\n4. d" },
        { "- one\n\n  two\n\n- three", "- one\n\n  two\n\n- three" },
        { "> said\n> so\n\nno", "  said\n  so\n\nno" },
        { "```\na\n b\n```\nend", "a\n b\n\nend" },
        { "- - a\n-\n- b", "- - a\n- b" },
        { "<b>x</b>\n\n![a picture](https://p.example)", "<b>x</b>\n\na picture" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(markdown_text(arena, cases[i][0], values), cases[i][1]);
    }
}

static void unknown_placeholders_are_named(void **state)
{
    static const char *const known[] = { "reviewer_name", "passcode", NULL };
    char longer[300];
    (void)state;

    assert_null(markdown_unknown_placeholder(arena, "{{reviewer_name}} {{  passcode\t}} {{ open }", known));
    assert_null(markdown_unknown_placeholder(arena, "}} {{", known));
    assert_null(markdown_unknown_placeholder(arena, "if {{ then {{passcode}}", known));
    assert_string_equal(markdown_unknown_placeholder(arena, "{{passcode}} {{ Reviewer Name }}", known), "Reviewer Name");
    assert_string_equal(markdown_unknown_placeholder(arena, "{{PASSCODE}}", known), "PASSCODE");
    assert_string_equal(markdown_unknown_placeholder(arena, "{{}}", known), "");
    assert_string_equal(markdown_unknown_placeholder(arena, "{{passcodes}}", known), "passcodes");
    snprintf(longer, sizeof longer, "{{a%060d%s}}", 0, "\xC3\xA9\xC3\xA9\xC3\xA9");
    const char *cut = markdown_unknown_placeholder(arena, longer, known);
    assert_int_equal(strlen(cut), 63);
    assert_true(str_is_utf8(cut, strlen(cut)));
}

static void bombs_are_dull(void **state)
{
    static const char *const pieces[] = { ">",    "[",        "![",    "*",    "_",    "`",  "{{",     "}}",   "{{a}}",
                                          "- ",   "<",        "<b>",   "[a](", "**a ", "\\", "![[]()", "> - ", "1. ",
                                          "*a_ ", "[a]: b\n", "![](x", "&",    "<!--", "<?", "``a`",   ">\n",  "]" };
    (void)state;

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct buf bomb = { 0 };
        while (bomb.length + strlen(pieces[i]) <= MESSAGE_MAX) {
            buf_add_text(&bomb, pieces[i]);
        }
        clock_t started = clock();
        assert_non_null(html(bomb.data));
        assert_non_null(markdown_text(arena, bomb.data, values));
        assert_in_range(clock() - started, 0, PATIENCE_CLOCKS);
        buf_clear(&bomb);
    }
}

static void mirrored_bombs_are_dull(void **state)
{
    static const char *const pairs[][2] = {
        { "[", "](https://a.example)" }, { "![", "](a)" }, { "*", "a*" }, { "> ", "\n" }, { "<a>", "</a>" }
    };
    (void)state;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf bomb = { 0 };
        size_t depth = MESSAGE_MAX / (strlen(pairs[i][0]) + strlen(pairs[i][1]));
        for (size_t n = 0; n < 2 * depth; n++) {
            buf_add_text(&bomb, pairs[i][n / depth]);
        }
        clock_t started = clock();
        assert_non_null(html(bomb.data));
        assert_in_range(clock() - started, 0, PATIENCE_CLOCKS);
        buf_clear(&bomb);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_markdown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_single_newlines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_html_as_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_never_markdown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_take_placeholders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_links_are_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(images_are_their_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filled_text_is_the_source, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_has_no_marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_placeholders_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bombs_are_dull, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mirrored_bombs_are_dull, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
