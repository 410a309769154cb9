/* smtp_test.c - sharelink smtp-test: one mail to an address, by the same way as every other mail, and what became of it. */
#include <event2/event.h>
#include <stdio.h>
#include <sysexits.h>

#include "common/base/clock.h"
#include "common/data/id.h"
#include "common/mail/mail.h"
#include "common/base/str.h"
#include "services/ctl/commands.h"

struct test {
    struct event_base *base;
    enum mail_outcome outcome;
    int code;
    char detail[200];
};

static void on_result(void *arg, const struct mail_result *result)
{
    struct test *test = arg;

    test->outcome = result->outcome;
    test->code = result->smtp_code;
    snprintf(test->detail, sizeof test->detail, "%s", result->detail ? result->detail : "");
    event_base_loopbreak(test->base);
}

int smtp_test(struct ctl *ctl, int argc, char **argv)
{
    const char *url = ctl_setting(ctl, "SMTP_URL"), *from = ctl_setting(ctl, "MAIL_FROM");
    const char *require_tls = ctl_setting(ctl, "SMTP_REQUIRE_TLS");
    char id[ID_SIZE];

    if (argc != 1 || !url || !from) {
        return ctl_fail(EX_USAGE, "usage: sharelink smtp-test ADDRESS, with SHARELINK_SMTP_URL and SHARELINK_MAIL_FROM set");
    }
    const char *url_fault = mail_check_url(url), *from_fault = mail_check_from(from);
    const char *tls_fault = require_tls ? mail_check_tls(require_tls) : NULL;
    if (url_fault) {
        return ctl_fail(EX_CONFIG, "SHARELINK_SMTP_URL %s", url_fault);
    }
    if (from_fault) {
        return ctl_fail(EX_CONFIG, "SHARELINK_MAIL_FROM %s", from_fault);
    }
    if (tls_fault) {
        return ctl_fail(EX_CONFIG, "SHARELINK_SMTP_REQUIRE_TLS %s", tls_fault);
    }
    struct test test = { .base = event_base_new() };
    struct mail_pool *pool = mail_pool_new(test.base, &(struct mail_pool_options){
                                                          .url = url,
                                                          .from = from,
                                                          .require_tls = mail_requires_tls(require_tls, url),
                                                          .ca_file = ctl_setting(ctl, "SMTP_CA_FILE"),
                                                          .threads = 1,
                                                          .connect_limit_ms = 10000,
                                                          .total_limit_ms = 30000,
                                                      });
    id_new(id, "dlv_");
    mail_send(pool,
              &(struct mail){ .to = argv[0],
                              .subject = "Sharelink test mail",
                              .message_id = arena_printf(ctl->arena, "%s@sharelink.invalid", id),
                              .text = "This mail was sent by sharelink smtp-test. All is well.\n",
                              .html = "<p>This mail was sent by <code>sharelink smtp-test</code>. All is well.</p>\n",
                              .date_ms = clock_wall_ms() },
              on_result, &test);
    event_base_dispatch(test.base);
    mail_pool_free(pool);
    event_base_free(test.base);
    if (test.outcome == MAIL_SENT) {
        puts("sent: the server took the mail");
        return EX_OK;
    }
    return ctl_fail(EX_UNAVAILABLE, "not sent: %s (code %d)", test.detail, test.code);
}
