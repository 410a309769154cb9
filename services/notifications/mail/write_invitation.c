/* write_invitation.c - the mail that brings a reviewer the link and its passcode, with the link's own message. */
#include <string.h>

#include "common/data/markdown.h"
#include "common/data/reviewer_secrets.h"
#include "common/words/words.h"
#include "services/notifications/mail/mail_body.h"
#include "services/notifications/mail/mail_kinds.h"

static const struct placeholder *placeholders_of(const struct letter *letter, const char *url, const char *passcode);

const char *write_invitation(struct letter *letter)
{
    static const char default_subject[] = "{{sender_name}} shared interviews with you";
    static const char default_body[] = "Hello {{reviewer_first_name}},\n\n"
                                       "{{sender_name}} would like your view of some candidates for {{job_title}}. "
                                       "You can watch their interviews in your own time.";
    static const char footer[] = "The link is yours alone: please do not pass it on.";
    const json_t *context = letter->context;
    struct arena *arena = letter->arena;
    struct reviewer_secrets secrets;
    struct mail_body body;

    if (!reviewer_secrets_open(letter->daemon->keyring, arena, letter_text(context, "reviewer_id"),
                               letter_text(context, "sealed"), &secrets)) {
        return "the reviewer's sealed link does not open with the keys of this daemon";
    }
    const char *url = reviewer_secrets_url(&secrets, arena, letter->daemon->settings->public_url);
    const char *passcode = arena_strdup(arena, secrets.passcode);
    const struct placeholder *values = placeholders_of(letter, url, passcode);
    const char *subject = letter_text(context, "message_subject"), *message = letter_text(context, "message_body");
    const char *expires_at = letter_text(context, "expires_at");

    mail_body_start(&body, arena);
    mail_body_markdown(&body, *message ? message : default_body, values);
    mail_body_button(&body, letter_int(context, "interview_count") == 1 ? "View the candidate" : "View the candidates", url);
    mail_body_fact(&body, words_text(WORDS_EN, MAILS_INVITATION_PASSCODE), passcode, MAIL_BODY_CODE);
    if (json_is_true(json_object_get(context, "again"))) {
        mail_body_say(&body, NULL,
                      "You were invited before. This mail holds the passcode that works now; an earlier one may no longer.");
    }
    if (*expires_at) {
        mail_body_say(&body, NULL, "The link works until %s.", expires_at);
    }
    mail_body_end(&body, footer, NULL, NULL, &letter->mail->text, &letter->mail->html);

    letter->mail->from_name = arena_printf(arena, "%s via Sharelink", letter_text(context, "owner_name"));
    letter->mail->reply_to = arena_strdup(arena, letter_text(context, "owner_email"));
    letter->mail->to_name = arena_strdup(arena, letter_text(context, "reviewer_name"));
    letter->mail->subject = markdown_text(arena, *subject ? subject : default_subject, values);
    return NULL;
}

static const struct placeholder *placeholders_of(const struct letter *letter, const char *url, const char *passcode)
{
    const json_t *context = letter->context;
    const char *expires_at = letter_text(context, "expires_at"), *job_title = letter_text(context, "job_title");
    const struct placeholder values[] = {
        { "reviewer_name", letter_text(context, "reviewer_name") },
        { "reviewer_first_name", mail_body_first_name(letter->arena, letter_text(context, "reviewer_name")) },
        { "sender_name", letter_text(context, "owner_name") },
        { "link_url", url },
        { "passcode", passcode },
        { "expires_at", *expires_at ? expires_at : "never" },
        { "interview_count", arena_printf(letter->arena, "%lld", letter_int(context, "interview_count")) },
        { "job_title", *job_title ? job_title : "an open position" },
        { NULL, NULL },
    };

    struct placeholder *kept = arena_alloc(letter->arena, sizeof values);
    memcpy(kept, values, sizeof values);
    return kept;
}
