/* mail_rig.h - a pool under test, and a scripted SMTP server: a thread with a raw socket that answers what the test says. */
#ifndef SHARELINK_TESTS_MAIL_RIG_H
#define SHARELINK_TESTS_MAIL_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/mail/mail.h"

#define PATIENCE_US 60000000 /* only a test that hangs comes to its end */
#define CLOSE       "close"  /* instead of a reply: closes the connection */
#define SILENCE     "quiet"  /* instead of a reply: none, until the client leaves */

/* What the server says; NULL for the usual. */
struct script {
    const char *greeting, *ehlo, *auth, *mail, *rcpt, *data, *dot;
    const char *second_mail; /* to MAIL when the connection has carried a mail */
    const char *quit;
    int pause_before_data_ms;
    bool closes_after_354, stops_reading_after_354;
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

static inline bool say(int fd, const char *line)
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
static inline bool hear(FILE *from, char *line, size_t size)
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

/* Reads nothing until the client has left. */
static inline void wait_for_end(int fd)
{
    struct pollfd gone = { .fd = fd, .events = POLLRDHUP };

    poll(&gone, 1, PATIENCE_US / 1000);
}

static inline bool hear_content(FILE *from)
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

/* In one packet: whoever reads the line knows that nobody will hear what it sends. */
static inline void say_and_close(int fd, const char *line)
{
    char text[300];
    int length = snprintf(text, sizeof text, "%s\r\n", line);

    assert_int_equal(send(fd, text, (size_t)length, MSG_NOSIGNAL | MSG_MORE), length);
    shutdown(fd, SHUT_WR);
    wait_for_end(fd);
}

static inline void serve(int fd)
{
    FILE *from = fdopen(fd, "r");
    char line[2000];
    int mails = 0;
    bool open = say(fd, or_usual(script.greeting, "220 test"));

    while (open && hear(from, line, sizeof line)) {
        const char *reply = answer(line, mails);
        if (str_starts_with(line, "DATA")) {
            usleep((useconds_t)script.pause_before_data_ms * 1000);
        }
        if (str_starts_with(line, "DATA") && script.closes_after_354) {
            say_and_close(fd, reply);
            break;
        }
        open = say(fd, reply);
        if (str_starts_with(line, "DATA") && script.stops_reading_after_354) {
            wait_for_end(fd);
            break;
        }
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

static inline void *run_server(void *arg)
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

static inline void start_server(const struct script *what)
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

static inline void stop_server(void)
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

static inline void start_pool_at(const char *url, int threads, int limit_ms)
{
    base = event_base_new();
    pool = mail_pool_new(base, &(struct mail_pool_options){ .url = url,
                                                            .from = "Sharelink <mail@sharelink.example>",
                                                            .threads = threads,
                                                            .connect_limit_ms = limit_ms,
                                                            .total_limit_ms = limit_ms });
}

static inline void start(const struct script *what)
{
    char url[100];

    start_server(what);
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
    start_pool_at(url, 1, 5000);
}

static inline void stop_pool(void)
{
    mail_pool_free(pool);
    event_base_free(base);
}

static inline void stop(void)
{
    stop_pool();
    stop_server();
}

static inline void note(void *arg, const struct mail_result *result)
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

static inline void wait_for(const struct outcome *outcome)
{
    int64_t limit_us = clock_mono_us() + PATIENCE_US;

    while (outcome->count == 0 && clock_mono_us() < limit_us) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    assert_int_equal(outcome->count, 1);
}

static inline struct outcome send_one(const struct mail *mail)
{
    struct outcome outcome = { 0 };

    mail_send(pool, mail, note, &outcome);
    assert_int_equal(outcome.count, 0); /* never from inside */
    wait_for(&outcome);
    return outcome;
}

static inline void expect(const struct script *what, enum mail_outcome outcome, int code, const char *detail)
{
    start(what);
    struct outcome got = send_one(&a_mail);
    assert_string_equal(got.detail, detail);
    assert_int_equal(got.outcome, outcome);
    assert_int_equal(got.code, code);
    stop();
}

#endif
