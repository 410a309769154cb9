/* test_mail_outcomes.c - what became of a mail: by what the server said, by its silence, and without credentials or TLS. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "tests/unit/rigs/mail_rig.h"

static void the_server_decides(void **state)
{
    (void)state;
    expect(&(struct script){ 0 }, MAIL_SENT, 250, "250 2.0.0 from the server");
    expect(&(struct script){ .rcpt = "550 5.1.1 <rex@reviewers.example> unknown" }, MAIL_REFUSED, 550,
           "550 5.1.1 from the server at RCPT");
    expect(&(struct script){ .rcpt = "451-4.7.1 greylisted\r\n451 4.7.1 rex@reviewers.example" }, MAIL_LATER, 451,
           "451 4.7.1 from the server at RCPT");
    expect(&(struct script){ .mail = "553 no, you@there" }, MAIL_REFUSED, 553, "553 from the server at MAIL");
    expect(&(struct script){ .data = "554 5.5.1 no" }, MAIL_REFUSED, 554, "554 5.5.1 from the server at DATA");
    expect(&(struct script){ .dot = "452 4.3.1 full" }, MAIL_LATER, 452, "452 4.3.1 from the server at the content's end");
    expect(&(struct script){ .dot = "554 5.7.1 spam" }, MAIL_REFUSED, 554, "554 5.7.1 from the server at the content's end");
    expect(&(struct script){ .greeting = "421 4.3.2 busy" }, MAIL_LATER, 421,
           "421 4.3.2 from the server at the greeting: the server serves us no mail at all");
    expect(&(struct script){ .greeting = "554 no" }, MAIL_LATER, 554,
           "554 from the server at the greeting: the server serves us no mail at all");
    expect(&(struct script){ .mail = "530 5.7.0 log in" }, MAIL_LATER, 530,
           "530 5.7.0 from the server at MAIL: the server wants other credentials");
}

static void an_unanswered_dot_is_uncertain(void **state)
{
    char url[100];
    (void)state;

    start(&(struct script){ .dot = CLOSE });
    struct outcome got = send_one(&a_mail);
    assert_int_equal(got.outcome, MAIL_UNCERTAIN);
    assert_int_equal(got.code, 354);
    assert_int_equal(connections, 1);
    stop();

    start_server(&(struct script){ .dot = SILENCE });
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
    start_pool_at(url, 1, 200);
    got = send_one(&a_mail);
    assert_int_equal(got.outcome, MAIL_UNCERTAIN);
    assert_string_equal(got.detail, "no answer in time from the server at the content's end");
    stop();
}

/* Nobody had all of it: a relay that closes after 354 takes no mail. */
static void a_break_while_content_is_sent_is_later(void **state)
{
    (void)state;
    start(&(struct script){ .data = "354 go on", .closes_after_354 = true });
    struct outcome got = send_one(&a_mail);
    assert_int_equal(got.outcome, MAIL_LATER);
    assert_true(str_starts_with(got.detail, "the connection was lost at the content: "));
    stop();
}

static void a_server_that_stops_reading_has_not_taken_it(void **state)
{
    const size_t size = 20 << 20;
    char *text = mem_alloc(size + 1), url[100];
    struct mail mail = a_mail;
    (void)state;

    memset(text, 'x', size);
    mail.text = text;
    start_server(&(struct script){ .data = "354 go on", .stops_reading_after_354 = true });
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
    start_pool_at(url, 1, 1500);
    struct outcome got = send_one(&mail);
    assert_int_equal(got.outcome, MAIL_LATER);
    assert_string_equal(got.detail, "no answer in time from the server at the content");
    stop();
    free(text);
}

static void nothing_is_begun_when_its_time_is_over(void **state)
{
    const _Atomic int64_t over_us = clock_boot_us(), ahead_us = clock_boot_us() + PATIENCE_US;
    struct mail late = a_mail, early = a_mail;
    (void)state;

    late.good_until_us = &over_us;
    early.good_until_us = &ahead_us;
    start(&(struct script){ 0 });
    assert_int_equal(send_one(&late).outcome, MAIL_LAPSED);
    assert_int_equal(connections, 0);
    assert_int_equal(send_one(&early).outcome, MAIL_SENT);
    stop();
}

static void no_content_is_sent_when_its_time_ends_before_354(void **state)
{
    const _Atomic int64_t ahead_us = clock_boot_us() + 300000;
    struct mail mail = a_mail;
    (void)state;

    mail.good_until_us = &ahead_us;
    start(&(struct script){ .data = "354 go on", .pause_before_data_ms = 600 });
    struct outcome got = send_one(&mail);
    assert_int_equal(got.outcome, MAIL_LAPSED);
    assert_string_equal(got.detail, "not begun: its time was over when the server wanted the content");
    stop();
    assert_null(strstr(heard.data, "Subject:"));
}

static void lost_before_the_dot_is_later(void **state)
{
    (void)state;
    start(&(struct script){ .rcpt = CLOSE });
    assert_int_equal(send_one(&a_mail).outcome, MAIL_LATER);
    assert_int_equal(connections, 1); /* it was no kept connection: no second try */
    stop();
    start(&(struct script){ .greeting = CLOSE });
    assert_int_equal(send_one(&a_mail).outcome, MAIL_LATER);
    stop();
}

static void no_server_is_later(void **state)
{
    (void)state;
    start_server(&(struct script){ 0 });
    stop_server(); /* its port is free now */
    char url[100];
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
    start_pool_at(url, 1, 2000);
    struct outcome got = send_one(&a_mail);
    assert_int_equal(got.outcome, MAIL_LATER);
    assert_int_equal(got.code, 0);
    assert_string_equal(got.detail, "the mail server cannot be reached");
    stop_pool();
}

/* --- credentials and TLS --- */

static void credentials_are_decoded(void **state)
{
    char url[100];
    (void)state;

    start_server(&(struct script){ .ehlo = "250-test\r\n250 AUTH PLAIN" });
    snprintf(url, sizeof url, "smtp://us%%40er:p%%3Aw@127.0.0.1:%d", port);
    start_pool_at(url, 1, 5000);
    assert_int_equal(send_one(&a_mail).outcome, MAIL_SENT);
    stop_pool();
    stop_server();
    assert_non_null(strstr(heard.data, "AUTH PLAIN AHVzQGVyAHA6dw==\r\n")); /* NUL us@er NUL p:w */
}

static void wrong_credentials_are_later(void **state)
{
    char url[100];
    (void)state;

    start_server(&(struct script){ .ehlo = "250-test\r\n250 AUTH PLAIN", .auth = "535 5.7.8 no" });
    snprintf(url, sizeof url, "smtp://user:wrong@127.0.0.1:%d", port);
    start_pool_at(url, 1, 5000);
    struct outcome got = send_one(&a_mail);
    assert_int_equal(got.outcome, MAIL_LATER);
    assert_string_equal(got.detail, "535 5.7.8 from the server at AUTH: the server wants other credentials");
    stop();
}

static void no_tls_no_mail(void **state)
{
    static const struct script scripts[] = { { 0 }, { .ehlo = "250-test\r\n250 STARTTLS" } };
    (void)state;

    for (size_t i = 0; i < 2; i++) { /* not offered; offered and then refused with 500 */
        char url[100];
        start_server(&scripts[i]);
        snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
        base = event_base_new();
        pool = mail_pool_new(base, &(struct mail_pool_options){ .url = url,
                                                                .from = "mail@sharelink.example",
                                                                .require_tls = true,
                                                                .threads = 1,
                                                                .connect_limit_ms = 5000,
                                                                .total_limit_ms = 5000 });
        struct outcome got = send_one(&a_mail);
        assert_int_equal(got.outcome, MAIL_LATER);
        assert_non_null(strstr(got.detail, "TLS"));
        stop();
        assert_null(strstr(heard.data, "MAIL FROM"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_decides),
        cmocka_unit_test(an_unanswered_dot_is_uncertain),
        cmocka_unit_test(a_break_while_content_is_sent_is_later),
        cmocka_unit_test(a_server_that_stops_reading_has_not_taken_it),
        cmocka_unit_test(nothing_is_begun_when_its_time_is_over),
        cmocka_unit_test(no_content_is_sent_when_its_time_ends_before_354),
        cmocka_unit_test(lost_before_the_dot_is_later),
        cmocka_unit_test(no_server_is_later),
        cmocka_unit_test(credentials_are_decoded),
        cmocka_unit_test(wrong_credentials_are_later),
        cmocka_unit_test(no_tls_no_mail),
    };

    log_setup("test", LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
