/* write_invitation.c - the mail that brings a reviewer the link and its passcode, with the link's own message or with ours.
 *
 * A recruiter's own message stays in the language that it was written in; all around it, and what its placeholders say, is in the
 * reviewer's.
 */
#include <string.h>

#include "common/data/markdown.h"
#include "common/data/names.h"
#include "common/data/reviewer_secrets.h"
#include "services/notifications/mail/mail_body.h"
#include "services/notifications/mail/mail_kinds.h"
#include "services/notifications/mail/notice.h"

static void say_our_message(const struct letter *letter, struct mail_body *body);
static void say_what_is_asked(const struct letter *letter, struct mail_body *body);
static void say_how_long(const struct letter *letter, struct mail_body *body);
static const char *preheader_of(const struct letter *letter);
static const char *our_subject(const struct letter *letter);
static const char *from_name(const struct letter *letter);
static const struct placeholder *placeholders_of(const struct letter *letter, const char *url, const char *passcode);
static const char *job_of(const struct letter *letter);

const char *write_invitation(struct letter *letter)
{
    const json_t *context = letter->context;
    struct arena *arena = letter->arena;
    struct mail_look look = notice_look(letter);
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
    const char *expires_at = letter_moment(letter, context, "expires_at");

    mail_body_start(&body, arena, letter->language, &look, preheader_of(letter));
    if (*message) {
        mail_body_markdown(&body, message, values);
    } else {
        say_our_message(letter, &body);
    }
    mail_body_button(&body,
                     words_text(letter->language, letter_int(context, "interview_count") == 1 ? MAILS_INVITATION_BUTTON
                                                                                              : MAILS_INVITATION_BUTTON_MANY),
                     url);
    mail_body_fact(&body, MAILS_INVITATION_PASSCODE, passcode, MAIL_BODY_CODE);
    if (json_is_true(json_object_get(context, "again"))) {
        mail_body_tell(&body, MAILS_INVITATION_AGAIN);
    }
    if (*message) {
        say_how_long(letter, &body);
    }
    if (*expires_at) {
        mail_body_say(&body, NULL, MAILS_INVITATION_UNTIL, { "expires_at", expires_at });
    }
    mail_body_end(&body,
                  words_say(arena, letter->language, MAILS_INVITATION_WHY, { "sender", letter_text(context, "owner_name") }),
                  NULL, NULL, &letter->mail->text, &letter->mail->html);

    letter->mail->from_name = from_name(letter);
    letter->mail->reply_to = arena_strdup(arena, letter_text(context, "owner_email"));
    letter->mail->to_name = arena_strdup(arena, letter_text(context, "reviewer_name"));
    letter->mail->subject = *subject ? markdown_fill(arena, subject, values) : our_subject(letter);
    return NULL;
}

static void say_our_message(const struct letter *letter, struct mail_body *body)
{
    mail_body_hello(body, letter_text(letter->context, "reviewer_name"));
    say_what_is_asked(letter, body);
    say_how_long(letter, body);
}

static void say_how_long(const struct letter *letter, struct mail_body *body)
{
    long long recorded_s = letter_int(letter->context, "recorded_s");

    if (recorded_s > 0) {
        mail_body_say(body, NULL, MAILS_INVITATION_TAKES,
                      { "duration", words_minutes(letter->arena, letter->language, (double)recorded_s) });
    } else if (letter_int(letter->context, "interview_count") > 0) {
        mail_body_tell(body, MAILS_INVITATION_TAKES_NONE);
    }
}

static void say_what_is_asked(const struct letter *letter, struct mail_body *body)
{
    const char *sender = letter_text(letter->context, "owner_name");
    const char *count = letter_number(letter, letter->context, "interview_count");

    if (letter_int(letter->context, "interview_count") == 0) {
        mail_body_say(body, "sender", MAILS_INVITATION_ASKS_NONE, { "sender", sender });
    } else if (letter_int(letter->context, "job_count") > 1) {
        mail_body_say(body, "sender", MAILS_INVITATION_ASKS_JOBS, { "sender", sender }, { "count", count },
                      { "jobs", job_of(letter) });
    } else {
        mail_body_say(body, "sender", MAILS_INVITATION_ASKS, { "sender", sender }, { "count", count }, { "job", job_of(letter) });
    }
}

/* What the subject leaves open: how long it takes, and until when there is time. */
static const char *preheader_of(const struct letter *letter)
{
    const char *expires_at = letter_moment(letter, letter->context, "expires_at"), *takes = "";
    long long recorded_s = letter_int(letter->context, "recorded_s");

    if (recorded_s > 0) {
        takes = words_say(letter->arena, letter->language, MAILS_INVITATION_TAKES,
                          { "duration", words_minutes(letter->arena, letter->language, (double)recorded_s) });
    } else if (letter_int(letter->context, "interview_count") > 0) {
        takes = words_text(letter->language, MAILS_INVITATION_TAKES_NONE);
    }
    return *expires_at
               ? arena_printf(letter->arena, "%s%s%s", takes, *takes ? " " : "",
                              words_say(letter->arena, letter->language, MAILS_INVITATION_UNTIL, { "expires_at", expires_at }))
               : takes;
}

static const char *our_subject(const struct letter *letter)
{
    const char *sender = letter_text(letter->context, "owner_name");

    return letter_int(letter->context, "interview_count") == 0
               ? words_say(letter->arena, letter->language, MAILS_INVITATION_SUBJECT_NONE, { "sender", sender })
               : words_say(letter->arena, letter->language, MAILS_INVITATION_SUBJECT, { "sender", sender },
                           { "count", letter_number(letter, letter->context, "interview_count") });
}

static const char *from_name(const struct letter *letter)
{
    const char *brand = letter_text(letter->context, "brand_name");

    return words_say(letter->arena, letter->language, MAILS_FROM, { "sender", letter_text(letter->context, "owner_name") },
                     { "brand", *brand ? brand : "Sharelink" });
}

static const struct placeholder *placeholders_of(const struct letter *letter, const char *url, const char *passcode)
{
    const json_t *context = letter->context;
    struct arena *arena = letter->arena;
    const char *expires_at = letter_moment(letter, context, "expires_at"), *reviewer = letter_text(context, "reviewer_name");
    const struct placeholder values[] = {
        { "reviewer_name", words_isolated(arena, reviewer) },
        { "reviewer_first_name", words_isolated(arena, names_first(arena, reviewer)) },
        { "sender_name", words_isolated(arena, letter_text(context, "owner_name")) },
        { "link_url", url },
        { "passcode", passcode },
        { "expires_at", *expires_at ? expires_at : words_text(letter->language, MAILS_INVITATION_NEVER) },
        { "interview_count", letter_number(letter, context, "interview_count") },
        { "job_title", words_isolated(arena, job_of(letter)) },
        { NULL, NULL },
    };

    struct placeholder *kept = arena_alloc(arena, sizeof values);
    memcpy(kept, values, sizeof values);
    return kept;
}

/* "Librarian", "2 jobs". */
static const char *job_of(const struct letter *letter)
{
    const char *title = letter_text(letter->context, "job_title");

    if (letter_int(letter->context, "job_count") > 1) {
        return words_say(letter->arena, letter->language, MAILS_INVITATION_JOBS,
                         { "count", letter_number(letter, letter->context, "job_count") });
    }
    return *title ? title : words_text(letter->language, MAILS_INVITATION_OPEN_POSITION);
}
