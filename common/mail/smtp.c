/* smtp.c - SMTP by libcurl: one recipient per transaction, the connection kept for the next mail.
 *
 * smtp_server.c makes of the setting what libcurl wants; smtp_wire.c listens to what libcurl says to the server and hears from
 * it, and smtp_verdict.c judges by that.
 */
#include "common/mail/smtp.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/mail/curl_must.h"
#include "common/mail/smtp_server.h"
#include "common/mail/smtp_verdict.h"
#include "common/mail/smtp_wire.h"

#define KEEP_IDLE_SECONDS 30 /* a kept connection older than this may be long gone behind some firewall */

struct mail_smtp {
    CURL *curl;
    char *url; /* NULL when it cannot be used */
    int total_limit_ms;
    bool start_fresh; /* the last transaction did not end well: not on that connection again */
    struct smtp_wire wire;
};

static void set_up_curl(void);
static void set_options(struct mail_smtp *smtp, const struct mail_pool_options *options);

static CURLcode attempt(struct mail_smtp *smtp, const struct mail_letter *letter, int limit_ms);
static struct curl_slist *header_list(const struct mail_letter *letter);
static curl_mime *body_parts(CURL *curl, const struct mail_letter *letter);
static void add_part(curl_mime *parts, const char *type, const char *body);
static bool kept_connection_was_dead(const struct mail_smtp *smtp, CURLcode outcome);

/* --- set-up --- */

struct mail_smtp *mail_smtp_new(const struct mail_pool_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct mail_smtp *smtp = mem_alloc(sizeof *smtp);

    pthread_once(&once, set_up_curl);
    smtp->curl = curl_easy_init();
    if (!smtp->curl) {
        mem_fail();
    }
    smtp->total_limit_ms = options->total_limit_ms;
    smtp->url = smtp_server_set(smtp->curl, options->url);
    set_options(smtp, options);
    return smtp;
}

static void set_up_curl(void)
{
    curl_must(curl_global_init(CURL_GLOBAL_DEFAULT));
}

static void set_options(struct mail_smtp *smtp, const struct mail_pool_options *options)
{
    CURL *curl = smtp->curl;

    curl_must(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L));
    curl_must(curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps"));
    curl_must(curl_easy_setopt(curl, CURLOPT_PROXY, "")); /* whatever the environment says */
    if (smtp->url) {
        curl_must(curl_easy_setopt(curl, CURLOPT_URL, smtp->url));
    }
    /* Without require_tls, STARTTLS is used where it is offered: that keeps out who only listens. Anybody on the way may
     * still take the offer away, so a certificate that cannot be checked is no reason to go on in plain text; it is checked
     * when the operator says by what. */
    bool verifies = options->require_tls || options->ca_file || (smtp->url && strncasecmp(smtp->url, "smtps:", 6) == 0);
    curl_must(curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(options->require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY)));
    curl_must(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L));
    curl_must(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, verifies ? 2L : 0L));
    if (options->ca_file) {
        curl_must(curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file));
    }
    curl_must(curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_limit_ms));
    curl_must(curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(options->total_limit_ms + 999) / 1000));
    curl_must(curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L)); /* do not wait for a resolver that is out of time */
    curl_must(curl_easy_setopt(curl, CURLOPT_SASL_IR, 1L));
    curl_must(curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L));
    curl_must(curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L));
    curl_must(curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)KEEP_IDLE_SECONDS));
    smtp_wire_attach(&smtp->wire, curl);
}

void mail_smtp_free(struct mail_smtp *smtp)
{
    smtp_wire_stop_listening(&smtp->wire);
    curl_easy_cleanup(smtp->curl);
    free(smtp->url);
    free(smtp);
}

/* --- a mail --- */

void mail_smtp_send(struct mail_smtp *smtp, const struct mail_letter *letter, const _Atomic int64_t *good_until_us,
                    struct mail_report *report)
{
    int64_t started_us = clock_mono_us();
    long code = 0;

    *report = (struct mail_report){ .outcome = MAIL_LATER };
    if (!smtp->url) {
        snprintf(report->detail, sizeof report->detail, "the mail server's URL cannot be used");
        return;
    }
    smtp->wire.good_until_us = good_until_us;
    if (smtp_wire_is_late(&smtp->wire)) {
        report->outcome = MAIL_LAPSED;
        snprintf(report->detail, sizeof report->detail, "not begun: its time is over");
        return;
    }
    CURLcode outcome = attempt(smtp, letter, smtp->total_limit_ms);
    int left_ms = smtp->total_limit_ms - (int)((clock_mono_us() - started_us) / 1000);
    if (kept_connection_was_dead(smtp, outcome) && left_ms > 0) {
        smtp->start_fresh = true;
        outcome = attempt(smtp, letter, left_ms);
    }
    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &code);
    smtp_judge(&smtp->wire, outcome, (int)code, report);
    smtp->start_fresh = report->outcome != MAIL_SENT;
}

static CURLcode attempt(struct mail_smtp *smtp, const struct mail_letter *letter, int limit_ms)
{
    CURL *curl = smtp->curl;
    struct curl_slist *headers = header_list(letter), *recipient = curl_slist_append(NULL, letter->to);
    curl_mime *parts = body_parts(curl, letter);

    if (!recipient) {
        mem_fail();
    }
    smtp_wire_begin(&smtp->wire);
    curl_must(curl_easy_setopt(curl, CURLOPT_MAIL_FROM, letter->from));
    curl_must(curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipient));
    curl_must(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers));
    curl_must(curl_easy_setopt(curl, CURLOPT_MIMEPOST, parts));
    curl_must(curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)limit_ms));
    curl_must(curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)smtp->start_fresh));

    CURLcode outcome = curl_easy_perform(curl);

    curl_easy_setopt(curl, CURLOPT_MIMEPOST, NULL);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
    curl_mime_free(parts);
    curl_slist_free_all(headers);
    curl_slist_free_all(recipient);
    return outcome;
}

/* The root's type goes with the mail's own headers: libcurl makes the root multipart/mixed otherwise. */
static struct curl_slist *header_list(const struct mail_letter *letter)
{
    static const char *const mime_headers[] = { "MIME-Version: 1.0", "Content-Type: multipart/alternative", NULL };
    const char *const *const lists[] = { letter->headers, mime_headers };
    struct curl_slist *headers = NULL;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const char *const *line = lists[i]; *line; line++) {
            struct curl_slist *longer = curl_slist_append(headers, *line);
            if (!longer) {
                mem_fail();
            }
            headers = longer;
        }
    }
    return headers;
}

/* The last alternative is the one that a reader prefers. */
static curl_mime *body_parts(CURL *curl, const struct mail_letter *letter)
{
    curl_mime *parts = curl_mime_init(curl);

    if (!parts) {
        mem_fail();
    }
    add_part(parts, "text/plain; charset=utf-8", letter->text);
    add_part(parts, "text/html; charset=utf-8", letter->html);
    return parts;
}

static void add_part(curl_mime *parts, const char *type, const char *body)
{
    if (!body) {
        return;
    }
    curl_mimepart *part = curl_mime_addpart(parts);
    if (!part) {
        mem_fail();
    }
    curl_must(curl_mime_type(part, type));
    curl_must(curl_mime_encoder(part, "quoted-printable"));
    curl_must(curl_mime_data(part, body, CURL_ZERO_TERMINATED));
}

/* The server may close a kept connection, or end it by a 421, at the moment we use it: that says nothing about the
 * mail. */
static bool kept_connection_was_dead(const struct mail_smtp *smtp, CURLcode outcome)
{
    long connects = 0;

    curl_easy_getinfo(smtp->curl, CURLINFO_NUM_CONNECTS, &connects);
    if (connects > 0 || smtp->wire.content_begun || outcome == CURLE_OK || outcome == CURLE_OPERATION_TIMEDOUT) {
        return false;
    }
    /* curl calls a refused recipient a send error too: a server that refuses is not dead. */
    bool was_refused = smtp->wire.last_code >= 400 && smtp->wire.last_code != 421;
    return !was_refused && (smtp->wire.last_code == 421 || outcome == CURLE_SEND_ERROR || outcome == CURLE_RECV_ERROR ||
                            outcome == CURLE_GOT_NOTHING);
}
