/* write_notices.c - the mails that tell a link's owner of one thing each: what a reviewer did, what was switched off and
 * why, what is about to end.
 *
 * Where a reviewer did it, an answer goes to that person.
 */
#include <string.h>

#include "common/base/clock.h"
#include "services/notifications/mail/mail_body.h"
#include "services/notifications/mail/mail_kinds.h"

static void start_notice(struct letter *letter, struct mail_body *body);
static void end_notice(struct letter *letter, struct mail_body *body);
static void let_reviewer_answer(struct letter *letter);
static void say_review(struct mail_body *body, const json_t *review);
static void say_why(struct mail_body *body, const char *reason, const json_t *state_reason);
static void list_outstanding(struct mail_body *body, const json_t *context);

static void start_notice(struct letter *letter, struct mail_body *body)
{
    mail_body_start(body, letter->arena);
    mail_body_hello(body, letter_text(letter->context, "owner_name"));
    letter->mail->to_name = arena_strdup(letter->arena, letter_text(letter->context, "owner_name"));
}

static void end_notice(struct letter *letter, struct mail_body *body)
{
    mail_body_end(body, "You get this mail because you shared these interviews.", "Fewer mails or none", letter->unsubscribe,
                  &letter->mail->text, &letter->mail->html);
}

static void let_reviewer_answer(struct letter *letter)
{
    const char *address = letter_text(letter->context, "reviewer_email");

    letter->mail->reply_to = *address ? arena_strdup(letter->arena, address) : NULL;
}

const char *write_opened(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    long long count = letter_int(letter->context, "count");
    bool is_first = json_is_true(json_object_get(json_object_get(letter->context, "data"), "first"));
    struct mail_body body;

    start_notice(letter, &body);
    let_reviewer_answer(letter);
    if (count > 1) {
        mail_body_say(&body, reviewer, "opened your share link \"%s\" %lld times.", title, count);
        mail_body_fact(&body, "First", letter_text(letter->context, "happened_at"), MAIL_BODY_PLAIN);
        mail_body_fact(&body, "Last", letter_text(letter->context, "last_happened_at"), MAIL_BODY_PLAIN);
        letter->mail->subject = arena_printf(letter->arena, "%s opened \"%s\" %lld times", reviewer, title, count);
    } else {
        mail_body_say(&body, reviewer, "opened your share link \"%s\" %s.", title, is_first ? "for the first time" : "again");
        mail_body_fact(&body, "When", letter_text(letter->context, "happened_at"), MAIL_BODY_PLAIN);
        letter->mail->subject = arena_printf(letter->arena, "%s opened \"%s\"", reviewer, title);
    }
    end_notice(letter, &body);
    return NULL;
}

const char *write_review(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const json_t *reviews = json_object_get(letter->context, "reviews");
    size_t count = json_array_size(reviews);
    struct mail_body body;

    start_notice(letter, &body);
    let_reviewer_answer(letter);
    if (count == 0) {
        mail_body_say(&body, reviewer, "took back their feedback on your share link \"%s\".", title);
    } else if (count == 1) {
        mail_body_say(&body, reviewer, "gave feedback on your share link \"%s\".", title);
    } else {
        mail_body_say(&body, reviewer, "gave feedback on %zu candidates of your share link \"%s\".", count, title);
    }
    for (size_t i = 0; i < count; i++) {
        say_review(&body, json_array_get(reviews, i));
    }
    mail_body_fact(&body, "When", letter_text(letter->context, "last_happened_at"), MAIL_BODY_PLAIN);
    end_notice(letter, &body);
    letter->mail->subject = arena_printf(letter->arena, "%s reviewed \"%s\"", reviewer, title);
    return NULL;
}

static void say_review(struct mail_body *body, const json_t *review)
{
    const char *candidate = letter_text(review, "candidate"), *comment = letter_text(review, "comment");
    const char *rating = json_is_integer(json_object_get(review, "rating"))
                             ? arena_printf(body->arena, ": %lld of 5", letter_int(review, "rating"))
                             : "";
    const char *recommendation = letter_recommendation(review);

    mail_body_heading(body, arena_printf(body->arena, "%s%s%s", *candidate ? candidate : "A candidate", rating,
                                         json_is_true(json_object_get(review, "is_update")) ? " (changed)" : ""));
    if (*recommendation) {
        mail_body_say(body, NULL, "Recommendation: %s.", recommendation);
    }
    if (*comment) {
        mail_body_quote(body, comment);
    }
}

const char *write_completed(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const char *note = letter_text(letter->context, "note");
    const json_t *reviews = json_object_get(letter->context, "reviews");
    long long reviewed = letter_int(letter->context, "reviewed"), total = letter_int(letter->context, "interview_count");
    struct mail_body body;

    if (!json_is_true(json_object_get(letter->context, "is_done"))) { /* taken back since, by the feedback that it tells of */
        return write_review(letter);
    }
    start_notice(letter, &body);
    let_reviewer_answer(letter);
    mail_body_say(&body, reviewer, "has finished with your share link \"%s\": %lld of %lld reviewed.", title, reviewed, total);
    if (*note) {
        mail_body_quote(&body, note);
    }
    for (size_t i = 0; i < json_array_size(reviews); i++) {
        say_review(&body, json_array_get(reviews, i));
    }
    mail_body_fact(&body, "When", letter_text(letter->context, "last_happened_at"), MAIL_BODY_PLAIN);
    end_notice(letter, &body);
    letter->mail->subject =
        arena_printf(letter->arena, "%s has finished: %lld of %lld reviewed in \"%s\"", reviewer, reviewed, total, title);
    return NULL;
}

const char *write_access_requested(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const char *state = letter_text(letter->context, "link_state");
    struct mail_body body;

    start_notice(letter, &body);
    let_reviewer_answer(letter);
    mail_body_say(&body, reviewer, "asks for a new link to \"%s\".", title);
    if (str_equal(state, "expired")) {
        mail_body_say(&body, NULL, "The link expired on %s.", letter_text(letter->context, "expires_at"));
    } else if (str_equal(state, "deactivated")) {
        mail_body_say(&body, NULL, "The link is switched off.");
    }
    mail_body_say(&body, NULL, "To let them in, reactivate the link: that makes a new passcode, and can mail it.");
    mail_body_fact(&body, "When", letter_text(letter->context, "happened_at"), MAIL_BODY_PLAIN);
    end_notice(letter, &body);
    letter->mail->subject = arena_printf(letter->arena, "%s asks for a new link to \"%s\"", reviewer, title);
    return NULL;
}

const char *write_guessing(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    long long tries = letter_int(json_object_get(letter->context, "data"), "tries");
    struct mail_body body;

    start_notice(letter, &body);
    mail_body_say(&body, NULL, "Somebody tried wrong passcodes on the link that %s has to \"%s\": %lld within a short time.",
                  reviewer, title, tries);
    mail_body_say(&body, NULL, "It is paused for everybody until %s. Nothing was shown. Nobody else's link is touched.",
                  letter_text(letter->context, "paused_until"));
    mail_body_say(&body, NULL,
                  "If %s has lost the passcode, send the invitation again. If the link may have fallen into other hands, "
                  "reactivate it for %s: that makes a new passcode.",
                  reviewer, reviewer);
    mail_body_fact(&body, "When", letter_text(letter->context, "happened_at"), MAIL_BODY_PLAIN);
    end_notice(letter, &body);
    letter->mail->subject = arena_printf(letter->arena, "Paused after wrong passcodes: \"%s\"", title);
    return NULL;
}

const char *write_deactivated(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const char *reason = letter_text(json_object_get(letter->context, "data"), "reason");
    struct mail_body body;

    start_notice(letter, &body);
    if (*reviewer) {
        mail_body_say(&body, NULL, "The link that %s has to \"%s\" was switched off.", reviewer, title);
    } else {
        mail_body_say(&body, NULL, "Your share link \"%s\" was switched off.", title);
    }
    say_why(&body, reason, json_object_get(letter->context, "state_reason"));
    mail_body_say(&body, NULL, "Reactivating it makes new passcodes, so that whoever knows an old one stays outside.");
    mail_body_fact(&body, "When", letter_text(letter->context, "happened_at"), MAIL_BODY_PLAIN);
    end_notice(letter, &body);
    letter->mail->subject = arena_printf(letter->arena, "Switched off: \"%s\"", title);
    return NULL;
}

/* state_reason as the API shows it: {code, at, evidence: {rule: networks|opens, count, threshold, window_seconds, …}}. */
static void say_why(struct mail_body *body, const char *reason, const json_t *state_reason)
{
    const json_t *evidence = json_object_get(state_reason, "evidence");
    long long count = letter_int(evidence, "count"), threshold = letter_int(evidence, "threshold");
    long long hours = letter_int(evidence, "window_seconds") / 3600;
    const char *rule = letter_text(evidence, "rule");

    if (str_equal(reason, "max_age")) {
        mail_body_say(body, NULL, "It had reached the greatest age that a share link may have.");
        return;
    }
    mail_body_say(body, NULL, "It was opened in a way that is unusual for one person, and may have been passed on.");
    if (str_equal(rule, "networks")) {
        mail_body_fact(body, "What was seen",
                       arena_printf(body->arena,
                                    "opens from %lld different networks within %lld hours, where up to %lld are usual", count,
                                    hours, threshold),
                       MAIL_BODY_PLAIN);
    } else if (str_equal(rule, "opens")) {
        mail_body_fact(body, "What was seen",
                       arena_printf(body->arena, "%lld opens within %lld %s, where up to %lld are usual", count, hours,
                                    hours == 1 ? "hour" : "hours", threshold),
                       MAIL_BODY_PLAIN);
    }
}

const char *write_expiry_warning(struct letter *letter)
{
    const char *title = letter_text(letter->context, "title"), *expires_at = letter_text(letter->context, "expires_at");
    struct mail_body body;

    start_notice(letter, &body);
    mail_body_say(&body, NULL, "Your share link \"%s\" expires on %s.", title, expires_at);
    list_outstanding(&body, letter->context);
    mail_body_say(&body, NULL, "To give more time, set a later expiry; the reviewers keep their links and passcodes.");
    end_notice(letter, &body);
    letter->mail->subject = arena_printf(letter->arena, "\"%s\" expires soon", title);
    return NULL;
}

static void list_outstanding(struct mail_body *body, const json_t *context)
{
    const json_t *people = json_object_get(context, "people");
    bool has_feedback = !json_is_true(json_object_get(context, "disable_feedback"));
    size_t outstanding = 0;

    for (size_t i = 0; i < json_array_size(people); i++) {
        const json_t *person = json_array_get(people, i);
        const char *name = letter_text(person, "name");
        long long reviewed = letter_int(person, "reviewed"), total = letter_int(person, "interview_count");
        bool has_opened = json_is_true(json_object_get(person, "opened"));
        bool is_done = json_is_true(json_object_get(person, "is_done"));
        if (has_opened && (!has_feedback || is_done || reviewed >= total)) {
            continue;
        }
        if (outstanding++ == 0) {
            mail_body_say(body, NULL, "Still outstanding:");
            mail_body_list_start(body);
        }
        if (!has_opened) {
            mail_body_item(body, "%s has not opened it yet", name);
        } else if (reviewed == 0) {
            mail_body_item(body, "%s has opened it, and has not reviewed anybody yet", name);
        } else {
            mail_body_item(body, "%s has reviewed %lld of %lld", name, reviewed, total);
        }
    }
    if (outstanding > 0) {
        mail_body_list_end(body);
    } else {
        mail_body_say(body, NULL, has_feedback ? "Everybody has finished." : "Everybody has opened it.");
    }
}

const char *write_webhook_disabled(struct letter *letter)
{
    const json_t *data = json_object_get(letter->context, "data");
    const char *host = letter_text(data, "host"), *owner = letter_text(data, "owner_name");
    struct mail_body body;

    mail_body_start(&body, letter->arena);
    mail_body_hello(&body, owner);
    mail_body_say(&body, NULL, "The webhook endpoint at %s (%s) was switched off: %s.", host, letter_text(data, "endpoint_id"),
                  letter_text(data, "cause"));
    mail_body_say(&body, NULL,
                  "Your own systems are not told of events there any more. Please pass this on to whoever looks after "
                  "them: once the endpoint works again it can be switched on, and what it missed can be sent again.");
    mail_body_fact(&body, "When", letter_text(letter->context, "happened_at"), MAIL_BODY_PLAIN);
    mail_body_end(&body, "You get this mail because you own your organisation's most recent share link.",
                  "No more mails of this kind", letter->unsubscribe, &letter->mail->text, &letter->mail->html);
    letter->mail->to_name = arena_strdup(letter->arena, owner);
    letter->mail->subject = arena_printf(letter->arena, "Webhook endpoint switched off: %s", host);
    return NULL;
}
