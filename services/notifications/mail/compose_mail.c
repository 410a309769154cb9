/* compose_mail.c - from a delivery to a mail: what all mails have in common, and a table from the kind to the function that
 * writes it.
 *
 * An invitation goes to a reviewer and never names the link's title or the other reviewers. All else is a notice: it goes to
 * a link's owner and can be unsubscribed from. A reviewer reads their own language, an owner that of the account. All mails about
 * a link are one thread. The request that it all began with is in the headers, so that a mail can be followed back to the
 * gateway.
 */
#include "services/notifications/mail/compose_mail.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/data/idn.h"
#include "common/base/str.h"
#include "services/notifications/mail/mail_kinds.h"
#include "services/notifications/mail/unsubscribe_token.h"

enum audience { TO_REVIEWER, TO_OWNER };

static const struct {
    const char *kind;
    enum audience audience;
    letter_writer *write;
} kinds[] = {
    { "invitation", TO_REVIEWER, write_invitation },
    { "opened", TO_OWNER, write_opened },
    { "review", TO_OWNER, write_review },
    { "completed", TO_OWNER, write_completed },
    { "access_requested", TO_OWNER, write_access_requested },
    { "guessing", TO_OWNER, write_guessing },
    { "deactivated", TO_OWNER, write_deactivated },
    { "expiry_warning", TO_OWNER, write_expiry_warning },
    { "webhook_disabled", TO_OWNER, write_webhook_disabled },
    { "digest", TO_OWNER, write_digest },
};

static const char *domain_of(struct arena *arena, const char *mail_from);
static const char *thread_of(struct arena *arena, const json_t *context, const char *domain);
static const char *const *headers_of(const struct letter *letter, const char *domain);

const char *compose_mail(struct arena *arena, const struct daemon *daemon, const struct notifications_settings *settings,
                         const json_t *context, struct mail *mail)
{
    const char *domain = domain_of(arena, settings->mail_from), *kind = letter_text(context, "kind");
    struct letter letter = { .arena = arena, .daemon = daemon, .context = context, .mail = mail };

    letter.language = words_choose(letter_text(context, "locale"), NULL, letter_text(context, "account_locale"));

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!str_equal(kinds[i].kind, kind)) {
            continue;
        }
        if (kinds[i].audience == TO_OWNER) {
            letter.unsubscribe = unsubscribe_url(arena, daemon,
                                                 &(struct unsubscribe){ .account_id = letter_text(context, "account_id"),
                                                                        .address = letter_text(context, "recipient"),
                                                                        .share_link_id = letter_text(context, "share_link_id"),
                                                                        .kind = kind,
                                                                        .language = words_tag(letter.language) });
        }
        *mail = (struct mail){
            .to = arena_strdup(arena, letter_text(context, "recipient")),
            .message_id = arena_printf(arena, "%s@%s", letter_text(context, "delivery_id"), domain),
            .references = thread_of(arena, context, domain),
            .headers = headers_of(&letter, domain),
            .date_ms = clock_wall_ms(),
        };
        return kinds[i].write(&letter);
    }
    return "a mail of this kind is not known";
}

static const char *domain_of(struct arena *arena, const char *mail_from)
{
    const char *domain = strrchr(mail_from, '@') + 1;
    const char *address = arena_printf(arena, "x@%.*s", (int)strcspn(domain, "> "), domain);

    return strchr(idn_mail_address(arena, address), '@') + 1; /* it has an ASCII form: mail_check_from */
}

/* What is not about one link is a thread of its account. */
static const char *thread_of(struct arena *arena, const json_t *context, const char *domain)
{
    const char *share_link_id = letter_text(context, "share_link_id");

    return *share_link_id
               ? arena_printf(arena, "%s@%s", share_link_id, domain)
               : arena_printf(arena, "%s.%s@%s", letter_text(context, "kind"), letter_text(context, "account_id"), domain);
}

static const char *const *headers_of(const struct letter *letter, const char *domain)
{
    struct arena *arena = letter->arena;
    const char *share_link_id = letter_text(letter->context, "share_link_id");
    const char *request_id = letter_text(letter->context, "request_id"),
               *traceparent = letter_text(letter->context, "traceparent");
    const char **headers = arena_calloc(arena, 9, sizeof *headers);
    size_t count = 0;

    headers[count++] = arena_printf(arena, "Content-Language: %s", words_tag(letter->language));
    headers[count++] = "Auto-Submitted: auto-generated";
    headers[count++] = "X-Auto-Response-Suppress: OOF, AutoReply"; /* Exchange does not know the line above */
    if (letter->unsubscribe) {
        headers[count++] = arena_printf(arena, "List-Unsubscribe: <%s>", letter->unsubscribe);
        headers[count++] = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";
        headers[count++] = arena_printf(arena, "List-Id: <%s.%s>", *share_link_id ? share_link_id : "account", domain);
    }
    if (*request_id) {
        headers[count++] = arena_printf(arena, "X-Request-Id: %s", request_id);
    }
    if (*traceparent) {
        headers[count++] = arena_printf(arena, "Traceparent: %s", traceparent);
    }
    return headers;
}
