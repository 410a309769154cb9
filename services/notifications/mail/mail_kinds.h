/* mail_kinds.h - the functions that write the mails, one per kind; compose_mail.c has the table of them. */
#ifndef SHARELINK_NOTIFICATIONS_MAIL_KINDS_H
#define SHARELINK_NOTIFICATIONS_MAIL_KINDS_H

#include "common/daemon/daemon.h"
#include "common/base/str.h"
#include "common/data/json.h"
#include "common/mail/mail.h"
#include "common/words/words.h"

struct letter {
    struct arena *arena;
    const struct daemon *daemon;
    const json_t *context; /* of notifications.mail_json */
    enum words_language language;
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

/* A time in words; "" when it is missing. */
static inline const char *letter_moment(const struct letter *letter, const json_t *object, const char *name)
{
    return words_moment(letter->arena, letter->language, letter_text(object, name));
}

/* In words; "" for none. */
static inline const char *letter_recommendation(enum words_language language, const json_t *review)
{
    static const struct {
        const char *name;
        enum words_key key;
    } known[] = {
        { "strong_yes", MAILS_RECOMMENDATION_STRONG_YES },
        { "yes", MAILS_RECOMMENDATION_YES },
        { "no", MAILS_RECOMMENDATION_NO },
        { "strong_no", MAILS_RECOMMENDATION_STRONG_NO },
    };
    const char *name = letter_text(review, "recommendation");

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_equal(known[i].name, name)) {
            return words_text(language, known[i].key);
        }
    }
    return "";
}

static inline long long letter_int(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

/* As a value of words. */
static inline const char *letter_number(const struct letter *letter, const json_t *object, const char *name)
{
    return arena_printf(letter->arena, "%lld", letter_int(object, name));
}

#endif
