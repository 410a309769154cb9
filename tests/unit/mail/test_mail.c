/* test_mail.c - a mail on the wire, connections that are kept, and the pool of sender threads. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "tests/unit/rigs/mail_rig.h"

/* --- the wire --- */

static void the_mail_is_whole(void **state)
{
    struct mail mail = a_mail;
    (void)state;

    mail.subject = "Caf\xC3\xA9";
    mail.text = "one\n.\nMAIL FROM:<evil@x.example>\n..two\r\nthree\rfour \xE2\x82\xAC\n";
    start(&(struct script){ 0 });
    assert_int_equal(send_one(&mail).outcome, MAIL_SENT);
    stop();
    assert_non_null(strstr(heard.data, "MAIL FROM:<mail@sharelink.example>\r\n"));
    assert_non_null(strstr(heard.data, "RCPT TO:<rex@reviewers.example>\r\n"));
    assert_non_null(strstr(heard.data, "\r\nFrom: Ana via Sharelink <mail@sharelink.example>\r\n"));
    assert_non_null(strstr(heard.data, "\r\nSubject: =?UTF-8?B?Q2Fmw6k=?=\r\n"));
    assert_non_null(strstr(heard.data, "\r\nMIME-Version: 1.0\r\n"));
    assert_non_null(strstr(heard.data, "\r\nContent-Type: multipart/alternative; boundary="));
    assert_null(strstr(heard.data, "multipart/mixed"));
    assert_non_null(
        strstr(heard.data, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
    assert_non_null(
        strstr(heard.data, "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
    assert_non_null(
        strstr(heard.data, "\r\n\r\none\r\n..\r\nMAIL FROM:<evil@x.example>\r\n...two\r\nthree\r\nfour =E2=82=AC\r\n"));
    for (size_t i = 0; i < heard.length; i++) {
        assert_true(heard.data[i] != '\n' || (i > 0 && heard.data[i - 1] == '\r'));
    }
}

static void injections_never_reach_the_wire(void **state)
{
    struct mail mail;
    (void)state;

    start(&(struct script){ 0 });
    mail = a_mail, mail.to = "rex@reviewers.example>\r\nRCPT TO:<evil@x.example";
    assert_int_equal(send_one(&mail).outcome, MAIL_INVALID);
    mail = a_mail, mail.subject = "Hi\r\nBcc: evil@x.example";
    assert_int_equal(send_one(&mail).outcome, MAIL_INVALID);
    mail = a_mail, mail.reply_to = "a@b.example\nBcc: evil@x.example";
    assert_int_equal(send_one(&mail).outcome, MAIL_INVALID);
    stop();
    assert_int_equal(connections, 0);
    assert_int_equal(heard.length, 0);
}

/* --- connections --- */

static void connections_are_kept(void **state)
{
    (void)state;
    start(&(struct script){ 0 });
    for (int i = 0; i < 5; i++) {
        assert_int_equal(send_one(&a_mail).outcome, MAIL_SENT);
    }
    stop();
    assert_int_equal(connections, 1);
    assert_non_null(strstr(heard.data, "QUIT\r\n"));
}

static void the_warm_connection_is_used(void **state)
{
    char url[100];
    (void)state;

    start_server(&(struct script){ 0 });
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
    start_pool_at(url, 4, 5000);
    for (int i = 0; i < 5; i++) {
        struct outcome got = send_one(&a_mail);
        assert_int_equal(got.outcome, MAIL_SENT);
    }
    stop();
    assert_int_equal(connections, 1);
}

static void dead_kept_connections_are_replaced(void **state)
{
    static const char *const ends[] = { CLOSE, "421 4.4.2 too many mails" };
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        start(&(struct script){ .second_mail = ends[i] });
        assert_int_equal(send_one(&a_mail).outcome, MAIL_SENT);
        assert_int_equal(send_one(&a_mail).outcome, MAIL_SENT);
        stop();
        assert_int_equal(connections, 2);
    }
}

static void a_quit_is_not_waited_for(void **state)
{
    (void)state;
    int64_t started_us = clock_mono_us();
    expect(&(struct script){ .rcpt = "550 5.1.1 no", .quit = SILENCE }, MAIL_REFUSED, 550, "550 5.1.1 from the server at RCPT");
    expect(&(struct script){ .quit = SILENCE }, MAIL_SENT, 250, "250 2.0.0 from the server");
    assert_in_range(clock_mono_us() - started_us, 0, PATIENCE_US); /* libcurl alone waits for two minutes */
}

/* --- TLS --- */

static void tls_is_required_unless_the_server_is_near_or_it_is_switched_off(void **state)
{
    static const char *const far[] = {
        "smtp://mail.example.com",
        "smtp://mail.example.com:587",
        "smtp://user:p%40ss@mail.example.com",
        "smtp://10.0.0.5:25",
        "smtp://192.168.1.1",
        "smtp://[2001:db8::25]:25",
        "smtp://[fe80::1]",
        "smtp://128.0.0.1",
        "smtp://127.0.0.1.example",
        "smtp://localhost.example",
        "smtp://user@localhost@mail.example",
        "smtp://134744072",
        "smtp://0x08080808",
        "smtp://8.8",
        "smtp://[::ffff:8.8.8.8]",
        "smtps://mail.example.com",
        "smtp://localhost@mail.host",
        "smtp://postfix:25@mail.example",
    };
    static const char *const near[] = {
        "smtp://127.0.0.1:1025", "smtp://127.9.9.9",    "smtp://[::1]:25",      "smtp://localhost",
        "smtp://mail-catcher",   "smtp://Postfix:2525", "smtp://a:b.c@postfix",
    };
    static const char *const off[] = { "off", "false", "0" }, *const on[] = { "on", "true", "1" };
    (void)state;

    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        assert_true(mail_requires_tls(NULL, far[i]));
        assert_false(mail_requires_tls("off", far[i]));
    }
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        assert_false(mail_requires_tls(NULL, near[i]));
        assert_true(mail_requires_tls("on", near[i]));
    }
    for (size_t i = 0; i < 3; i++) {
        assert_null(mail_check_tls(off[i]));
        assert_null(mail_check_tls(on[i]));
        assert_false(mail_requires_tls(off[i], far[0]));
        assert_true(mail_requires_tls(on[i], near[0]));
    }
    assert_non_null(mail_check_tls("maybe"));
    assert_non_null(mail_check_tls(""));
}

/* --- the pool --- */

static void more_mails_than_threads_are_all_sent(void **state)
{
    struct outcome outcomes[3] = { { 0 } };
    (void)state;

    start(&(struct script){ 0 });
    for (int i = 0; i < 3; i++) {
        mail_send(pool, &a_mail, note, &outcomes[i]);
    }
    for (int i = 0; i < 3; i++) {
        wait_for(&outcomes[i]);
        assert_int_equal(outcomes[i].outcome, MAIL_SENT);
    }
    stop();
}

static void freeing_reports_all(void **state)
{
    struct outcome outcomes[20] = { { 0 } };
    (void)state;

    start(&(struct script){ 0 });
    for (int i = 0; i < 20; i++) {
        mail_send(pool, &a_mail, note, &outcomes[i]);
    }
    stop();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(outcomes[i].count, 1);
        assert_true(outcomes[i].outcome == MAIL_SENT || outcomes[i].outcome == MAIL_LATER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mail_is_whole),
        cmocka_unit_test(injections_never_reach_the_wire),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(the_warm_connection_is_used),
        cmocka_unit_test(dead_kept_connections_are_replaced),
        cmocka_unit_test(a_quit_is_not_waited_for),
        cmocka_unit_test(tls_is_required_unless_the_server_is_near_or_it_is_switched_off),
        cmocka_unit_test(more_mails_than_threads_are_all_sent),
        cmocka_unit_test(freeing_reports_all),
    };

    log_setup("test", LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
