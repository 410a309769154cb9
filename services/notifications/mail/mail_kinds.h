/* mail_kinds.h - the functions that write the mails, one per kind; compose_mail.c has the table of them. */
#ifndef SHARELINK_NOTIFICATIONS_MAIL_KINDS_H
#define SHARELINK_NOTIFICATIONS_MAIL_KINDS_H

#include "common/daemon/daemon.h"
#include "common/base/str.h"
#include "common/data/json.h"
#include "common/mail/mail.h"

struct letter {
    struct arena *arena;
    const struct daemon *daemon;
    const json_t *context;   /* of notifications.mail_json */
    const char *unsubscribe; /* the page's URL; NULL for an invitation */
    struct mail *mail;       /* subject, names, Reply-To and both bodies are the writer's */
};

/* NULL when fine, else why it cannot be written. */
typedef const char *letter_writer(struct letter *letter);

letter_writer write_invitation;
letter_writer write_opened, write_review, write_completed, write_access_requested;
letter_writer write_guessing, write_deactivated, write_expiry_warning, write_webhook_disabled;
letter_writer write_digest;

/* "" when it is missing. */
static inline const char *letter_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* In words; "" for none. */
static inline const char *letter_recommendation(const json_t *review)
{
    static const char *const words[][2] = {
        { "strong_yes", "strong yes" }, { "yes", "yes" }, { "no", "no" }, { "strong_no", "strong no" }
    };
    const char *name = letter_text(review, "recommendation");

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_equal(words[i][0], name)) {
            return words[i][1];
        }
    }
    return "";
}

static inline long long letter_int(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

#endif
