/* test_mail.c - the pool against a scripted SMTP server: a thread with a raw socket that answers what the test says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/mail/mail.h"
#include "common/base/str.h"

#define PATIENCE_US 60000000 /* only a test that hangs comes to its end */
#define CLOSE       "close" /* instead of a reply: closes the connection */
#define SILENCE     "quiet" /* instead of a reply: none, until the client leaves */

/* What the server says; NULL for the usual. */
struct script {
    const char *greeting, *ehlo, *auth, *mail, *rcpt, *data, *dot;
    const char *second_mail; /* to MAIL when the connection has carried a mail */
    const char *quit;
};

static struct script script;
static int listener;
static unsigned short port;
static pthread_t server;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct buf heard; /* all that clients sent */
static int connections;
static int client = -1;

static struct event_base *base;
static struct mail_pool *pool;

struct outcome {
    int count;
    enum mail_outcome outcome;
    int code;
    char detail[200];
};

/* --- the server --- */

static bool say(int fd, const char *line)
{
    char text[300];

    if (strcmp(line, CLOSE) == 0) {
        return false;
    }
    if (strcmp(line, SILENCE) == 0) {
        return true;
    }
    int length = snprintf(text, sizeof text, "%s\r\n", line);
    return send(fd, text, (size_t)length, MSG_NOSIGNAL) == length;
}

static const char *or_usual(const char *line, const char *usual)
{
    return line ? line : usual;
}

/* A line without its end; false at the end of the connection. */
static bool hear(FILE *from, char *line, size_t size)
{
    if (!fgets(line, (int)size, from)) {
        return false;
    }
    pthread_mutex_lock(&lock);
    buf_add_text(&heard, line);
    pthread_mutex_unlock(&lock);
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static bool hear_content(FILE *from)
{
    char line[2000];

    while (hear(from, line, sizeof line)) {
        if (strcmp(line, ".") == 0) {
            return true;
        }
    }
    return false;
}

static const char *answer(const char *line, int mails)
{
    if (str_starts_with(line, "EHLO")) {
        return or_usual(script.ehlo, "250-test\r\n250 ENHANCEDSTATUSCODES");
    }
    if (str_starts_with(line, "AUTH")) {
        return or_usual(script.auth, "235 2.7.0 ok");
    }
    if (str_starts_with(line, "MAIL")) {
        return mails > 0 && script.second_mail ? script.second_mail : or_usual(script.mail, "250 2.1.0 ok");
    }
    if (str_starts_with(line, "RCPT")) {
        return or_usual(script.rcpt, "250 2.1.5 ok");
    }
    if (str_starts_with(line, "DATA")) {
        return or_usual(script.data, "354 go on");
    }
    return str_starts_with(line, "QUIT") ? or_usual(script.quit, "221 bye") : "500 what";
}

static void serve(int fd)
{
    FILE *from = fdopen(fd, "r");
    char line[2000];
    int mails = 0;
    bool open = say(fd, or_usual(script.greeting, "220 test"));

    while (open && hear(from, line, sizeof line)) {
        const char *reply = answer(line, mails);
        open = say(fd, reply);
        if (open && str_starts_with(line, "DATA") && str_starts_with(reply, "354")) {
            open = hear_content(from) && say(fd, or_usual(script.dot, "250 2.0.0 queued as 42"));
            mails++;
        }
    }
    pthread_mutex_lock(&lock);
    client = -1;
    pthread_mutex_unlock(&lock);
    fclose(from);
}

static void *run_server(void *arg)
{
    int fd;
    (void)arg;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_mutex_lock(&lock);
        connections++;
        client = fd;
        pthread_mutex_unlock(&lock);
        serve(fd);
    }
    return NULL;
}

static void start_server(const struct script *what)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;

    script = *what;
    connections = 0;
    buf_clear(&heard);
    buf_add_text(&heard, "");
    listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server, NULL, run_server, NULL), 0);
}

static void stop_server(void)
{
    shutdown(listener, SHUT_RDWR);
    pthread_mutex_lock(&lock);
    if (client >= 0) {
        shutdown(client, SHUT_RDWR);
    }
    pthread_mutex_unlock(&lock);
    pthread_join(server, NULL);
    close(listener);
}

/* --- the pool --- */

static void start_pool_at(const char *url, int threads, int limit_ms)
{
    base = event_base_new();
    pool = mail_pool_new(base, &(struct mail_pool_options){ .url = url,
                                                            .from = "Sharelink <mail@sharelink.example>",
                                                            .threads = threads,
                                                            .connect_limit_ms = limit_ms,
                                                            .total_limit_ms = limit_ms });
}

static void start(const struct script *what)
{
    char url[100];

    start_server(what);
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
    start_pool_at(url, 1, 5000);
}

static void stop_pool(void)
{
    mail_pool_free(pool);
    event_base_free(base);
}

static void stop(void)
{
    stop_pool();
    stop_server();
}

static void note(void *arg, const struct mail_result *result)
{
    struct outcome *outcome = arg;

    outcome->count++;
    outcome->outcome = result->outcome;
    outcome->code = result->smtp_code;
    snprintf(outcome->detail, sizeof outcome->detail, "%s", result->detail);
    assert_null(strchr(outcome->detail, '@'));
    assert_null(strchr(outcome->detail, '\n'));
}

static const struct mail a_mail = {
    .from_name = "Ana via Sharelink",
    .to = "rex@reviewers.example",
    .subject = "Interviews for you",
    .message_id = "dlv_1@sharelink.example",
    .text = "Hello",
    .html = "<p>Hello</p>",
    .date_ms = 1795339800000,
};

static void wait_for(const struct outcome *outcome)
{
    int64_t limit_us = clock_mono_us() + PATIENCE_US;

    while (outcome->count == 0 && clock_mono_us() < limit_us) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    assert_int_equal(outcome->count, 1);
}

static struct outcome send_one(const struct mail *mail)
{
    struct outcome outcome = { 0 };

    mail_send(pool, mail, note, &outcome);
    assert_int_equal(outcome.count, 0); /* never from inside */
    wait_for(&outcome);
    return outcome;
}

static void expect(const struct script *what, enum mail_outcome outcome, int code, const char *detail)
{
    start(what);
    struct outcome got = send_one(&a_mail);
    assert_string_equal(got.detail, detail);
    assert_int_equal(got.outcome, outcome);
    assert_int_equal(got.code, code);
    stop();
}

/* --- outcomes --- */

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
    expect(&(struct script){ .dot = "452 4.3.1 full" }, MAIL_LATER, 452,
           "452 4.3.1 from the server at the content's end");
    expect(&(struct script){ .dot = "554 5.7.1 spam" }, MAIL_REFUSED, 554,
           "554 5.7.1 from the server at the content's end");
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
    assert_non_null(strstr(
        heard.data, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
    assert_non_null(strstr(
        heard.data, "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
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
    expect(&(struct script){ .rcpt = "550 5.1.1 no", .quit = SILENCE }, MAIL_REFUSED, 550,
           "550 5.1.1 from the server at RCPT");
    expect(&(struct script){ .quit = SILENCE }, MAIL_SENT, 250, "250 2.0.0 from the server");
    assert_in_range(clock_mono_us() - started_us, 0, PATIENCE_US); /* libcurl alone waits for two minutes */
}

/* --- the pool --- */

static void places_are_counted(void **state)
{
    struct outcome outcomes[3] = { { 0 } };
    (void)state;

    start(&(struct script){ 0 });
    assert_int_equal(mail_pool_free_places(pool), 1);
    for (int i = 0; i < 3; i++) {
        mail_send(pool, &a_mail, note, &outcomes[i]);
        assert_int_equal(mail_pool_free_places(pool), 0);
    }
    for (int i = 0; i < 3; i++) {
        wait_for(&outcomes[i]);
        assert_int_equal(outcomes[i].outcome, MAIL_SENT);
    }
    assert_int_equal(mail_pool_free_places(pool), 1);
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
        cmocka_unit_test(the_server_decides),
        cmocka_unit_test(an_unanswered_dot_is_uncertain),
        cmocka_unit_test(lost_before_the_dot_is_later),
        cmocka_unit_test(no_server_is_later),
        cmocka_unit_test(credentials_are_decoded),
        cmocka_unit_test(wrong_credentials_are_later),
        cmocka_unit_test(no_tls_no_mail),
        cmocka_unit_test(the_mail_is_whole),
        cmocka_unit_test(injections_never_reach_the_wire),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(the_warm_connection_is_used),
        cmocka_unit_test(dead_kept_connections_are_replaced),
        cmocka_unit_test(a_quit_is_not_waited_for),
        cmocka_unit_test(places_are_counted),
        cmocka_unit_test(freeing_reports_all),
    };

    log_setup("test", LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
