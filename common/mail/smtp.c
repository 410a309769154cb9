/* smtp.c - SMTP by libcurl: one recipient per transaction, the connection kept for the next mail.
 *
 * The server's code decides, never libcurl's alone. What libcurl says to the server and hears from it is listened to,
 * for three things: how far a transaction had come, whether the content was on its way (then nobody may simply try
 * again), and the enhanced status code. Texts of the server stay here: they quote addresses.
 */
#include "common/mail/smtp.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/config.h"
#include "common/base/str.h"

enum {
    KEEP_IDLE_SECONDS = 30, /* a kept connection older than this may be long gone behind some firewall */
    SOCKETS_MAX = 8,        /* libcurl tries IPv6 and IPv4 side by side */
    ENHANCED_SIZE = 12,     /* 5.123.123 */
};

/* In the order of a transaction; everything up to STAGE_AUTH is about the server and us, not yet about this mail. */
enum stage {
    STAGE_GREETING,
    STAGE_EHLO,
    STAGE_STARTTLS,
    STAGE_AUTH,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA,
    STAGE_CONTENT
};

struct mail_smtp {
    CURL *curl;
    char *url; /* NULL when it cannot be used */
    int total_limit_ms;
    bool start_fresh; /* the last transaction did not end well: not on that connection again */
    int sockets[SOCKETS_MAX];
    int socket_count;

    /* of the attempt */
    enum stage stage;
    int last_code;
    bool has_quit;
    bool content_begun; /* 354 was heard: from now on the mail may have arrived */
    char enhanced[ENHANCED_SIZE];
};

static void set_up_curl(void);
static CURLU *read_url(const char *text);
static bool can_be_decoded(CURLU *url, CURLUPart part);
static void set_server(struct mail_smtp *smtp, const char *url);
static void set_credential(struct mail_smtp *smtp, CURLU *url, CURLUPart part, CURLoption option);
static char *ehlo_path(void);
static void set_options(struct mail_smtp *smtp, const struct mail_pool_options *options);
static void must(CURLcode outcome);

static CURLcode attempt(struct mail_smtp *smtp, const struct mail_letter *letter, int limit_ms);
static struct curl_slist *header_list(const struct mail_letter *letter);
static curl_mime *body_parts(CURL *curl, const struct mail_letter *letter);
static void add_part(curl_mime *parts, const char *type, const char *body);
static bool kept_connection_was_dead(const struct mail_smtp *smtp, CURLcode outcome);
static void judge(const struct mail_smtp *smtp, CURLcode outcome, struct mail_report *report);
static void judge_silence(const struct mail_smtp *smtp, CURLcode outcome, struct mail_report *report);
static bool is_tls_failure(CURLcode outcome);
static bool is_auth_failure(CURLcode outcome, int code);

static int hear_protocol(CURL *curl, curl_infotype type, char *data, size_t size, void *arg);
static void note_command(struct mail_smtp *smtp, const char *line, size_t length);
static size_t hear_reply(char *line, size_t size, size_t count, void *arg);
static void copy_enhanced(char to[ENHANCED_SIZE], const char *text, size_t length);
static size_t drop_output(char *data, size_t size, size_t count, void *arg);
static int note_socket(void *arg, curl_socket_t socket, curlsocktype purpose);
static int close_socket(void *arg, curl_socket_t socket);
static void stop_listening(struct mail_smtp *smtp);

static const char *const stage_names[] = {
    [STAGE_GREETING] = "the greeting",
    [STAGE_EHLO] = "EHLO",
    [STAGE_STARTTLS] = "STARTTLS",
    [STAGE_AUTH] = "AUTH",
    [STAGE_MAIL] = "MAIL",
    [STAGE_RCPT] = "RCPT",
    [STAGE_DATA] = "DATA",
    [STAGE_CONTENT] = "the content's end",
};

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
    set_server(smtp, options->url);
    set_options(smtp, options);
    return smtp;
}

static void set_up_curl(void)
{
    must(curl_global_init(CURL_GLOBAL_DEFAULT));
}

const char *mail_check_url(const char *text)
{
    const char *fault = config_check_smtp_url(text);

    if (fault) {
        return fault;
    }
    CURLU *url = read_url(text);
    curl_url_cleanup(url);
    return url ? NULL : "cannot be read: in user and password write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25";
}

/* NULL when libcurl finds no server in it, or something else than we mean: what follows a / in a password is a path to it. */
static CURLU *read_url(const char *text)
{
    CURLU *url = curl_url();
    char *path = NULL;

    if (!url) {
        mem_fail();
    }
    bool is_good = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK && curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
                   strcmp(path, "/") == 0 && can_be_decoded(url, CURLUPART_USER) && can_be_decoded(url, CURLUPART_PASSWORD);
    curl_free(path);
    if (!is_good) {
        curl_url_cleanup(url);
        return NULL;
    }
    return url;
}

static bool can_be_decoded(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    CURLUcode outcome = curl_url_get(url, part, &value, CURLU_URLDECODE);

    curl_free(value);
    return outcome == CURLUE_OK || outcome == CURLUE_NO_USER || outcome == CURLUE_NO_PASSWORD;
}

/* libcurl keeps no secret out of its errors when the URL holds one, and reads its path as the name for EHLO. */
static void set_server(struct mail_smtp *smtp, const char *text)
{
    CURLU *url = read_url(text);
    char *whole = NULL;

    if (!url) {
        return;
    }
    set_credential(smtp, url, CURLUPART_USER, CURLOPT_USERNAME);
    set_credential(smtp, url, CURLUPART_PASSWORD, CURLOPT_PASSWORD);
    char *ehlo = ehlo_path();
    curl_url_set(url, CURLUPART_PATH, ehlo, 0);
    free(ehlo);
    if (curl_url_get(url, CURLUPART_URL, &whole, 0) == CURLUE_OK) {
        smtp->url = mem_strdup(whole);
    }
    curl_free(whole);
    curl_url_cleanup(url);
}

static void set_credential(struct mail_smtp *smtp, CURLU *url, CURLUPart part, CURLoption option)
{
    char *value = NULL;

    if (curl_url_get(url, part, &value, CURLU_URLDECODE) == CURLUE_OK) {
        must(curl_easy_setopt(smtp->curl, option, value));
        curl_free(value);
        curl_url_set(url, part, NULL, 0);
    }
}

static char *ehlo_path(void)
{
    char host[256] = "";
    struct buf path = { 0 };

    gethostname(host, sizeof host - 1);
    bool is_usable = isalnum((unsigned char)host[0]);
    for (const char *at = host; *at; at++) {
        is_usable = is_usable && (isalnum((unsigned char)*at) || *at == '-' || *at == '.');
    }
    buf_printf(&path, "/%s", is_usable ? host : "localhost");
    return path.data;
}

static void set_options(struct mail_smtp *smtp, const struct mail_pool_options *options)
{
    CURL *curl = smtp->curl;

    must(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L));
    must(curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps"));
    must(curl_easy_setopt(curl, CURLOPT_PROXY, "")); /* whatever the environment says */
    if (smtp->url) {
        must(curl_easy_setopt(curl, CURLOPT_URL, smtp->url));
    }
    /* Without require_tls, STARTTLS is used where it is offered: that keeps out who only listens. Anybody on the way may
     * still take the offer away, so a certificate that cannot be checked is no reason to go on in plain text; it is checked
     * when the operator says by what. */
    bool verifies = options->require_tls || options->ca_file || (smtp->url && strncasecmp(smtp->url, "smtps:", 6) == 0);
    must(curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(options->require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY)));
    must(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L));
    must(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, verifies ? 2L : 0L));
    if (options->ca_file) {
        must(curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file));
    }
    must(curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_limit_ms));
    must(curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(options->total_limit_ms + 999) / 1000));
    must(curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L)); /* do not wait for a resolver that is out of time */
    must(curl_easy_setopt(curl, CURLOPT_SASL_IR, 1L));
    must(curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L));
    must(curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L));
    must(curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)KEEP_IDLE_SECONDS));
    must(curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L)); /* else hear_protocol hears nothing */
    must(curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, hear_protocol));
    must(curl_easy_setopt(curl, CURLOPT_DEBUGDATA, smtp));
    must(curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear_reply));
    must(curl_easy_setopt(curl, CURLOPT_HEADERDATA, smtp));
    must(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_output));
    must(curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, note_socket));
    must(curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, smtp));
    must(curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket));
    must(curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, smtp));
}

/* Options fail when memory is out, or when libcurl is not the one this was built for. */
static void must(CURLcode outcome)
{
    if (outcome != CURLE_OK) {
        fprintf(stderr, "libcurl: %s\n", curl_easy_strerror(outcome));
        abort();
    }
}

void mail_smtp_free(struct mail_smtp *smtp)
{
    stop_listening(smtp);
    curl_easy_cleanup(smtp->curl);
    free(smtp->url);
    free(smtp);
}

/* --- a mail --- */

void mail_smtp_send(struct mail_smtp *smtp, const struct mail_letter *letter, struct mail_report *report)
{
    int64_t started_us = clock_mono_us();

    *report = (struct mail_report){ .outcome = MAIL_LATER };
    if (!smtp->url) {
        snprintf(report->detail, sizeof report->detail, "the mail server's URL cannot be used");
        return;
    }
    CURLcode outcome = attempt(smtp, letter, smtp->total_limit_ms);
    int left_ms = smtp->total_limit_ms - (int)((clock_mono_us() - started_us) / 1000);
    if (kept_connection_was_dead(smtp, outcome) && left_ms > 0) {
        smtp->start_fresh = true;
        outcome = attempt(smtp, letter, left_ms);
    }
    judge(smtp, outcome, report);
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
    smtp->stage = STAGE_GREETING;
    smtp->last_code = 0;
    smtp->has_quit = false;
    smtp->content_begun = false;
    smtp->enhanced[0] = '\0';
    must(curl_easy_setopt(curl, CURLOPT_MAIL_FROM, letter->from));
    must(curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipient));
    must(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers));
    must(curl_easy_setopt(curl, CURLOPT_MIMEPOST, parts));
    must(curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)limit_ms));
    must(curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)smtp->start_fresh));

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
    must(curl_mime_type(part, type));
    must(curl_mime_encoder(part, "quoted-printable"));
    must(curl_mime_data(part, body, CURL_ZERO_TERMINATED));
}

/* The server may close a kept connection, or end it by a 421, at the moment we use it: that says nothing about the
 * mail. */
static bool kept_connection_was_dead(const struct mail_smtp *smtp, CURLcode outcome)
{
    long connects = 0;

    curl_easy_getinfo(smtp->curl, CURLINFO_NUM_CONNECTS, &connects);
    if (connects > 0 || smtp->content_begun || outcome == CURLE_OK || outcome == CURLE_OPERATION_TIMEDOUT) {
        return false;
    }
    /* curl calls a refused recipient a send error too: a server that refuses is not dead. */
    bool was_refused = smtp->last_code >= 400 && smtp->last_code != 421;
    return !was_refused && (smtp->last_code == 421 || outcome == CURLE_SEND_ERROR || outcome == CURLE_RECV_ERROR ||
                            outcome == CURLE_GOT_NOTHING);
}

/* --- the verdict --- */

static void judge(const struct mail_smtp *smtp, CURLcode outcome, struct mail_report *report)
{
    long response_code = 0;
    size_t size = sizeof report->detail;

    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &response_code);
    int code = (int)response_code;
    report->smtp_code = code;
    if (outcome == CURLE_OK && code == 250) {
        report->outcome = MAIL_SENT;
        snprintf(report->detail, size, "250%s%s from the server", *smtp->enhanced ? " " : "", smtp->enhanced);
        return;
    }
    if (is_tls_failure(outcome)) {
        report->outcome = MAIL_LATER;
        snprintf(report->detail, size, "no TLS with the mail server: %s", curl_easy_strerror(outcome));
        return;
    }
    if (code < 400 || code > 599) {
        judge_silence(smtp, outcome, report);
        return;
    }
    const char *whose = "";
    report->outcome = code < 500 ? MAIL_LATER : MAIL_REFUSED;
    if (is_auth_failure(outcome, code)) {
        report->outcome = MAIL_LATER;
        whose = ": the server wants other credentials";
    } else if (smtp->stage <= STAGE_AUTH) {
        report->outcome = MAIL_LATER;
        whose = ": the server serves us no mail at all";
    }
    snprintf(report->detail, size, "%d%s%s from the server at %s%s", code, *smtp->enhanced ? " " : "", smtp->enhanced,
             stage_names[smtp->stage], whose);
}

/* No verdict of the server's. After 354 the mail may have arrived all the same. */
static void judge_silence(const struct mail_smtp *smtp, CURLcode outcome, struct mail_report *report)
{
    size_t size = sizeof report->detail;

    report->outcome = smtp->content_begun || report->smtp_code == 354 ? MAIL_UNCERTAIN : MAIL_LATER;
    if (outcome == CURLE_COULDNT_RESOLVE_HOST) {
        snprintf(report->detail, size, "the mail server's name cannot be resolved");
    } else if (outcome == CURLE_COULDNT_CONNECT) {
        snprintf(report->detail, size, "the mail server cannot be reached");
    } else if (outcome == CURLE_LOGIN_DENIED) {
        snprintf(report->detail, size, "the mail server did not accept our credentials");
    } else if (outcome == CURLE_OPERATION_TIMEDOUT) {
        snprintf(report->detail, size, "no answer in time from the server at %s", stage_names[smtp->stage]);
    } else {
        snprintf(report->detail, size, "the connection was lost at %s: %s", stage_names[smtp->stage],
                 curl_easy_strerror(outcome));
    }
}

static bool is_tls_failure(CURLcode outcome)
{
    switch ((int)outcome) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
        return true;
    }
    return false;
}

/* Not the mail's fault: once the operator has put it right, it goes. */
static bool is_auth_failure(CURLcode outcome, int code)
{
    return outcome == CURLE_LOGIN_DENIED || code == 530 || code == 534 || code == 535 || code == 538;
}

/* --- what is said on the wire --- */

static int hear_protocol(CURL *curl, curl_infotype type, char *data, size_t size, void *arg)
{
    struct mail_smtp *smtp = arg;
    (void)curl;

    if (type == CURLINFO_HEADER_OUT) {
        note_command(smtp, data, size);
    }
    return 0;
}

static void note_command(struct mail_smtp *smtp, const char *line, size_t length)
{
    static const struct {
        const char *verb;
        enum stage stage;
    } commands[] = {
        { "EHLO ", STAGE_EHLO },    { "HELO ", STAGE_EHLO },      { "STARTTLS\r\n", STAGE_STARTTLS },
        { "AUTH ", STAGE_AUTH },    { "MAIL FROM:", STAGE_MAIL }, { "RCPT TO:", STAGE_RCPT },
        { "DATA\r\n", STAGE_DATA },
    };

    if (length == 6 && memcmp(line, "QUIT\r\n", 6) == 0) {
        smtp->has_quit = true; /* the stage stays: it is where things went wrong */
        stop_listening(smtp);
        return;
    }

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        size_t verb_length = strlen(commands[i].verb);
        if (length >= verb_length && memcmp(line, commands[i].verb, verb_length) == 0) {
            smtp->stage = commands[i].stage;
            smtp->enhanced[0] = '\0';
        }
    }
}

/* A line of a reply: "550 5.1.1 text" or "550-5.1.1 text". */
static size_t hear_reply(char *line, size_t size, size_t count, void *arg)
{
    struct mail_smtp *smtp = arg;
    size_t length = size * count;

    if (smtp->has_quit || length < 4 || !isdigit((unsigned char)line[0]) || !isdigit((unsigned char)line[1]) ||
        !isdigit((unsigned char)line[2])) {
        return length;
    }
    smtp->last_code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    copy_enhanced(smtp->enhanced, line + 4, length - 4);
    if (smtp->stage == STAGE_DATA && smtp->last_code == 354) {
        smtp->stage = STAGE_CONTENT;
        smtp->content_begun = true;
    }
    return length;
}

/* RFC 2034: class "." subject "." detail; "" when the text begins with anything else. */
static void copy_enhanced(char to[ENHANCED_SIZE], const char *text, size_t length)
{
    size_t at = 0;

    to[0] = '\0';
    for (int part = 0; part < 3; part++) {
        size_t digits = 0;
        if (part > 0 && (at >= length || text[at++] != '.')) {
            return;
        }
        while (at < length && isdigit((unsigned char)text[at])) {
            at++;
            digits++;
        }
        if (digits < 1 || digits > (part == 0 ? 1 : 3)) {
            return;
        }
    }
    if (at < length && !isspace((unsigned char)text[at])) {
        return;
    }
    memcpy(to, text, at);
    to[at] = '\0';
}

static size_t drop_output(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

static int note_socket(void *arg, curl_socket_t socket, curlsocktype purpose)
{
    struct mail_smtp *smtp = arg;
    (void)purpose;

    if (smtp->socket_count < SOCKETS_MAX) {
        smtp->sockets[smtp->socket_count++] = socket;
    }
    return CURL_SOCKOPT_OK;
}

static int close_socket(void *arg, curl_socket_t socket)
{
    struct mail_smtp *smtp = arg;

    for (int i = 0; i < smtp->socket_count; i++) {
        if (smtp->sockets[i] == socket) {
            smtp->sockets[i] = smtp->sockets[--smtp->socket_count];
            break;
        }
    }
    return close(socket);
}

/* libcurl waits for the answer to its QUIT, up to two minutes at the end of a handle. Nobody needs that answer. */
static void stop_listening(struct mail_smtp *smtp)
{
    for (int i = 0; i < smtp->socket_count; i++) {
        shutdown(smtp->sockets[i], SHUT_RD);
    }
}
