/* smtp_verdict.c - see the header. The server's code decides, never libcurl's alone. Of what the server said, only codes are
 * quoted: its texts quote addresses.
 */
#include "common/mail/smtp_verdict.h"

#include <stdio.h>

static void judge_silence(const struct smtp_wire *wire, CURLcode outcome, struct mail_report *report);
static bool is_tls_failure(CURLcode outcome);
static bool is_auth_failure(CURLcode outcome, int code);

static const char *const stage_names[] = {
    [SMTP_GREETING] = "the greeting",
    [SMTP_EHLO] = "EHLO",
    [SMTP_STARTTLS] = "STARTTLS",
    [SMTP_AUTH] = "AUTH",
    [SMTP_MAIL] = "MAIL",
    [SMTP_RCPT] = "RCPT",
    [SMTP_DATA] = "DATA",
    [SMTP_CONTENT] = "the content's end",
};

void smtp_judge(const struct smtp_wire *wire, CURLcode outcome, int code, struct mail_report *report)
{
    size_t size = sizeof report->detail;

    report->smtp_code = code;
    if (wire->has_lapsed) {
        report->outcome = MAIL_LAPSED;
        snprintf(report->detail, size, "not begun: its time was over when the server wanted the content");
        return;
    }
    if (outcome == CURLE_OK && code == 250) {
        report->outcome = MAIL_SENT;
        snprintf(report->detail, size, "250%s%s from the server", *wire->enhanced ? " " : "", wire->enhanced);
        return;
    }
    if (is_tls_failure(outcome)) {
        report->outcome = MAIL_LATER;
        snprintf(report->detail, size, "no TLS with the mail server: %s", curl_easy_strerror(outcome));
        return;
    }
    if (code < 400 || code > 599) {
        judge_silence(wire, outcome, report);
        return;
    }
    const char *whose = "";
    report->outcome = code < 500 ? MAIL_LATER : MAIL_REFUSED;
    if (is_auth_failure(outcome, code)) {
        report->outcome = MAIL_LATER;
        whose = ": the server wants other credentials";
    } else if (wire->stage <= SMTP_AUTH) {
        report->outcome = MAIL_LATER;
        whose = ": the server serves us no mail at all";
    }
    snprintf(report->detail, size, "%d%s%s from the server at %s%s", code, *wire->enhanced ? " " : "", wire->enhanced,
             stage_names[wire->stage], whose);
}

/* No verdict of the server's. The mail may have arrived all the same when the server had all of its content. */
static void judge_silence(const struct smtp_wire *wire, CURLcode outcome, struct mail_report *report)
{
    size_t size = sizeof report->detail;

    const char *where = wire->content_begun && !wire->content_ended ? "the content" : stage_names[wire->stage];
    report->outcome = wire->content_ended ? MAIL_UNCERTAIN : MAIL_LATER;
    if (outcome == CURLE_COULDNT_RESOLVE_HOST) {
        snprintf(report->detail, size, "the mail server's name cannot be resolved");
    } else if (outcome == CURLE_COULDNT_CONNECT) {
        snprintf(report->detail, size, "the mail server cannot be reached");
    } else if (outcome == CURLE_LOGIN_DENIED) {
        snprintf(report->detail, size, "the mail server did not accept our credentials");
    } else if (outcome == CURLE_OPERATION_TIMEDOUT) {
        snprintf(report->detail, size, "no answer in time from the server at %s", where);
    } else {
        snprintf(report->detail, size, "the connection was lost at %s: %s", where, curl_easy_strerror(outcome));
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
