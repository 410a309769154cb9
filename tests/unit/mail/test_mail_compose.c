/* test_mail_compose.c - what a mail's headers and bodies come to, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/mail/compose.h"
#include "common/base/str.h"

#define SENDER "Sharelink <mail@sharelink.example>"

static struct arena *arena;
static struct mail_letter letter;

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

static struct mail a_mail(void)
{
    return (struct mail){
        .from_name = "Ana via Sharelink",
        .to = "rex@reviewers.example",
        .subject = "Interviews for you",
        .message_id = "dlv_1@sharelink.example",
        .text = "Hello",
        .html = "<p>Hello</p>",
        .date_ms = 1795339800000,
    };
}

static const char *compose(const struct mail *mail)
{
    return mail_compose(arena, SENDER, mail, &letter);
}

/* The line that begins with it, without that. */
static const char *header(const char *name)
{
    size_t length = strlen(name);

    for (const char *const *line = letter.headers; *line; line++) {
        if (strncmp(*line, name, length) == 0 && (*line)[length] == ':') {
            return *line + length + 1 + ((*line)[length + 1] == ' ');
        }
    }
    return NULL;
}

static int symbol_value(char symbol)
{
    static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return (int)(strchr(symbols, symbol) - symbols);
}

static void decode_base64(struct buf *to, const char *text, size_t length)
{
    size_t start = to->length;

    assert_int_equal(length % 4, 0);
    for (size_t i = 0; i < length; i += 4) {
        unsigned bits = 0;
        int bytes = text[i + 2] == '=' ? 1 : text[i + 3] == '=' ? 2 : 3;
        for (size_t k = 0; k < 4; k++) {
            bits = bits << 6 | (text[i + k] == '=' ? 0U : (unsigned)symbol_value(text[i + k]));
        }
        for (int k = 0; k < bytes; k++) {
            buf_add_char(to, (char)(bits >> (16 - 8 * k)));
        }
    }
    assert_true(str_is_utf8(to->data + start, to->length - start)); /* no word ends inside a character */
}

/* Decodes encoded words, drops what folds and blanks lie between them; stops at anything else. */
static const char *decoded(const char *value)
{
    struct buf text = { 0 };

    buf_add_text(&text, "");
    while (strncmp(value, "=?UTF-8?B?", 10) == 0) {
        const char *end = strstr(value, "?=");
        assert_non_null(end);
        assert_in_range(end + 2 - value, 1, 75);
        decode_base64(&text, value + 10, (size_t)(end - value - 10));
        value = end + 2;
        value += strspn(value, "\r\n ");
    }
    char *copy = arena_strdup(arena, text.data);
    buf_clear(&text);
    return copy;
}

static void assert_folded(const char *line, size_t most)
{
    while (*line) {
        size_t length = strcspn(line, "\r\n");
        assert_in_range(length, 1, most);
        line += length;
        if (*line) {
            assert_memory_equal(line, "\r\n ", 3);
            line += 2;
            assert_true(strspn(line, " ") < strcspn(line, "\r"));
        }
    }
}

static void writes_all_headers(void **state)
{
    static const char *const more[] = { "Auto-Submitted: auto-generated", NULL };
    struct mail mail = a_mail();
    (void)state;

    mail.reply_to = "ana@hiring.example";
    mail.to_name = "Rex Reviewer";
    mail.references = "lnk_1@sharelink.example";
    mail.headers = more;
    assert_null(compose(&mail));
    assert_string_equal(letter.from, "mail@sharelink.example");
    assert_string_equal(letter.to, "rex@reviewers.example");
    assert_string_equal(header("Date"), "Sun, 22 Nov 2026 09:30:00 +0000");
    assert_string_equal(header("Message-ID"), "<dlv_1@sharelink.example>");
    assert_string_equal(header("From"), "Ana via Sharelink <mail@sharelink.example>");
    assert_string_equal(header("To"), "Rex Reviewer <rex@reviewers.example>");
    assert_string_equal(header("Reply-To"), "ana@hiring.example");
    assert_string_equal(header("Subject"), "Interviews for you");
    assert_string_equal(header("In-Reply-To"), "<lnk_1@sharelink.example>");
    assert_string_equal(header("References"), "<lnk_1@sharelink.example>");
    assert_string_equal(header("Auto-Submitted"), "auto-generated");
}

static void names_are_quoted_or_encoded(void **state)
{
    struct mail mail = a_mail();
    (void)state;

    mail.from_name = NULL;
    mail.to_name = "O'Neil, \"Rex\" \\ Jr.";
    assert_null(compose(&mail));
    assert_string_equal(header("From"), "Sharelink <mail@sharelink.example>");
    assert_string_equal(header("To"), "\"O'Neil, \\\"Rex\\\" \\\\ Jr.\" <rex@reviewers.example>");
    mail.to_name = "Ren\xC3\xA9 <ceo@bank.example>";
    assert_null(compose(&mail));
    assert_string_equal(decoded(header("To")), mail.to_name);
    assert_string_equal(strrchr(header("To"), ' '), " <rex@reviewers.example>");
    mail.to_name = "=?UTF-8?B?QQ==?=";
    assert_null(compose(&mail));
    assert_string_equal(decoded(header("To")), mail.to_name);
    assert_null(mail_compose(arena, "\"A, B\" <mail@sharelink.example>", &mail, &letter));
    assert_string_equal(header("From"), "\"A, B\" <mail@sharelink.example>");
    assert_null(mail_compose(arena, "mail@sharelink.example", &mail, &letter));
    assert_string_equal(header("From"), "mail@sharelink.example");
}

static void subjects_decode_back(void **state)
{
    static const char *const pieces[] = {
        "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "a\xC3\xA9 ", "  double  ", "=?x", " "
    };
    struct mail mail = a_mail();
    (void)state;

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct buf subject = { 0 };
        for (size_t n = 1; n < 120; n++) {
            buf_add_text(&subject, pieces[i]);
            mail.subject = subject.data;
            assert_null(compose(&mail));
            assert_string_equal(decoded(header("Subject")), subject.data);
            assert_folded(arena_printf(arena, "Subject: %s", header("Subject")), 76);
        }
        buf_clear(&subject);
    }
}

static void long_ascii_is_folded_or_encoded(void **state)
{
    struct mail mail = a_mail();
    struct buf subject = { 0 };
    (void)state;

    for (int i = 0; i < 60; i++) {
        buf_printf(&subject, "%sword%d", i ? " " : "", i);
    }
    mail.subject = subject.data;
    assert_null(compose(&mail));
    assert_folded(header("Subject"), 76);
    struct buf unfolded = { 0 };
    for (const char *at = header("Subject"); *at; at++) {
        if (*at != '\r' && *at != '\n') {
            buf_add_char(&unfolded, *at);
        }
    }
    assert_string_equal(unfolded.data, subject.data);
    buf_clear(&unfolded);
    buf_clear(&subject);
    mail.subject = arena_printf(arena, "%0500d", 7);
    assert_null(compose(&mail));
    assert_string_equal(decoded(header("Subject")), mail.subject);
    assert_folded(header("Subject"), 76);
    mail.subject = "";
    assert_null(compose(&mail));
    assert_string_equal(header("Subject"), "");
}

static void refuse(const struct mail *mail, const char *because)
{
    const char *fault = compose(mail);

    assert_non_null(fault);
    if (!strstr(fault, because)) {
        fail_msg("\"%s\" does not say \"%s\"", fault, because);
    }
    assert_null(strchr(fault, '@'));
}

static void controls_are_refused_everywhere(void **state)
{
    static const char *const bad[] = { "a\r\nBcc: x@evil.example",
                                       "a\nb",
                                       "a\rb",
                                       "a\tb",
                                       "a\x7f",
                                       "a\x01",
                                       "a\xC2\x85"
                                       "b",
                                       "a\xE2\x80\xA8"
                                       "b",
                                       "a\xFF",
                                       "a\xC0\x8A",
                                       "a\xC3" };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *address = arena_printf(arena, "%s@reviewers.example", bad[i]);
        const char *headers[] = { arena_printf(arena, "X-Note: %s", bad[i]), NULL };
        struct mail mail;
        mail = a_mail(), mail.subject = bad[i], refuse(&mail, "the subject");
        mail = a_mail(), mail.from_name = bad[i], refuse(&mail, "the sender's name");
        mail = a_mail(), mail.to_name = bad[i], refuse(&mail, "the recipient's name");
        mail = a_mail(), mail.to = address, refuse(&mail, "the recipient's address");
        mail = a_mail(), mail.reply_to = address, refuse(&mail, "the address for replies");
        mail = a_mail(), mail.message_id = address, refuse(&mail, "the Message-ID");
        mail = a_mail(), mail.references = address, refuse(&mail, "the Message-ID");
        mail = a_mail(), mail.headers = headers, refuse(&mail, "a further header");
    }
}

static void bad_addresses_are_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "rex",
                                       "<rex@a.example>",
                                       "rex@a.example>",
                                       "rex @a.example",
                                       "rex@a.example,b@c.example",
                                       "rex@@a.example",
                                       "rex@",
                                       "@a.example",
                                       "\"r\"@a.example",
                                       "rex@a..example",
                                       "rex@-a.example",
                                       "r\xC3\xA9x@a.example" };
    struct mail mail = a_mail();
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        mail.to = bad[i];
        refuse(&mail, "is no mail address");
    }
    mail.to = NULL;
    refuse(&mail, "is missing");
    mail.to = arena_printf(arena, "a@%0250d.example", 1);
    refuse(&mail, "is too long");
    struct buf long_domain = { 0 }; /* short enough as it is written, too long as it goes on the wire */
    for (int i = 0; i < 30; i++) {
        buf_printf(&long_domain, "\xC3\xBC.");
    }
    mail.to = arena_printf(arena, "%064d@%sexample", 1, long_domain.data);
    refuse(&mail, "has a domain without");
    buf_clear(&long_domain);
    mail.to = "rex@\xE2\x80\x8D.example"; /* a joiner alone: IDNA has no ASCII form for it */
    refuse(&mail, "the recipient's address");
    assert_non_null(mail_compose(arena, "Name <mail@x.example", &mail, &letter));
}

static void internationalised_domain_goes_out_in_its_ascii_form(void **state)
{
    struct mail mail = a_mail();
    (void)state;

    mail.to = "rex@B\xC3\xBC"
              "cher.example";
    assert_null(mail_compose(arena, SENDER, &mail, &letter));
    assert_string_equal(letter.to, "rex@xn--bcher-kva.example");
}

static void bad_headers_are_refused(void **state)
{
    static const char *const bad[] = {
        "no colon",       ": no name",    "Na me: x", "Bcc: x@y.example", "content-type: text/html", "Content-Languages: de",
        "SUBJECT: again", "N\xC3\xA9: x", ""
    };
    struct mail mail = a_mail();
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *headers[] = { "X-Good: yes", bad[i], NULL };
        mail.headers = headers;
        refuse(&mail, "a further header");
    }
    const char *language[] = { "Content-Language: de", NULL };
    mail.headers = language;
    assert_null(mail_compose(arena, SENDER, &mail, &letter));
    const char *endless[] = { arena_printf(arena, "X-Note: %01000d", 1), NULL };
    mail.headers = endless;
    refuse(&mail, "too long");
    mail = a_mail();
    mail.message_id = "a b@c";
    refuse(&mail, "the Message-ID");
    mail = a_mail();
    mail.message_id = NULL;
    refuse(&mail, "the Message-ID");
    mail = a_mail();
    mail.text = mail.html = NULL;
    refuse(&mail, "no body");
    mail = a_mail();
    mail.html = "\xFF";
    refuse(&mail, "not UTF-8");
}

static void bodies_have_crlf(void **state)
{
    struct mail mail = a_mail();
    (void)state;

    mail.text = "a\nb\r\nc\rd\n\n.\n";
    mail.html = NULL;
    assert_null(compose(&mail));
    assert_string_equal(letter.text, "a\r\nb\r\nc\r\nd\r\n\r\n.\r\n");
    assert_null(letter.html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_all_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_quoted_or_encoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(subjects_decode_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_ascii_is_folded_or_encoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(controls_are_refused_everywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_addresses_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(internationalised_domain_goes_out_in_its_ascii_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_headers_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bodies_have_crlf, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
