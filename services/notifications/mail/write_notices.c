/* write_notices.c - the mails that tell a link's owner of one thing each: what a reviewer did, what was switched off and
 * why, what is about to end.
 *
 * Where a reviewer did it, an answer goes to that person.
 */
#include <string.h>

#include "services/notifications/mail/mail_body.h"
#include "services/notifications/mail/mail_kinds.h"

static void start_notice(struct letter *letter, struct mail_body *body);
static void end_notice(struct letter *letter, struct mail_body *body);
static void let_reviewer_answer(struct letter *letter);
static void say_when(const struct letter *letter, struct mail_body *body, enum words_key label, const char *name);
static void say_review(struct mail_body *body, const json_t *review);
static const char *heading_of(const struct mail_body *body, const json_t *review);
static void say_why(const struct letter *letter, struct mail_body *body);
static void list_outstanding(const struct letter *letter, struct mail_body *body);
static bool is_outstanding(const json_t *person, bool has_feedback);
static void say_outstanding(const struct letter *letter, struct mail_body *body, const json_t *person);

static void start_notice(struct letter *letter, struct mail_body *body)
{
    mail_body_start(body, letter->arena, letter->language, NULL);
    mail_body_hello(body, letter_text(letter->context, "owner_name"));
    letter->mail->to_name = arena_strdup(letter->arena, letter_text(letter->context, "owner_name"));
}

static void end_notice(struct letter *letter, struct mail_body *body)
{
    mail_body_end(body, words_text(letter->language, MAILS_NOTICE_WHY), words_text(letter->language, MAILS_NOTICE_FEWER),
                  letter->unsubscribe, &letter->mail->text, &letter->mail->html);
}

static void let_reviewer_answer(struct letter *letter)
{
    const char *address = letter_text(letter->context, "reviewer_email");

    letter->mail->reply_to = *address ? arena_strdup(letter->arena, address) : NULL;
}

static void say_when(const struct letter *letter, struct mail_body *body, enum words_key label, const char *name)
{
    mail_body_fact(body, label, letter_moment(letter, letter->context, name), MAIL_BODY_PLAIN);
}

const char *write_opened(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const char *count = letter_number(letter, letter->context, "count");
    bool is_first = json_is_true(json_object_get(json_object_get(letter->context, "data"), "first"));
    struct mail_body body;

    start_notice(letter, &body);
    let_reviewer_answer(letter);
    if (letter_int(letter->context, "count") > 1) {
        mail_body_say(&body, "reviewer", MAILS_OPENED_TIMES, { "reviewer", reviewer }, { "title", title }, { "count", count });
        say_when(letter, &body, MAILS_FIRST, "happened_at");
        say_when(letter, &body, MAILS_LAST, "last_happened_at");
        letter->mail->subject = words_say(letter->arena, letter->language, MAILS_OPENED_SUBJECT_TIMES, { "reviewer", reviewer },
                                          { "title", title }, { "count", count });
    } else {
        mail_body_say(&body, "reviewer", is_first ? MAILS_OPENED_FIRST : MAILS_OPENED_AGAIN, { "reviewer", reviewer },
                      { "title", title });
        say_when(letter, &body, MAILS_WHEN, "happened_at");
        letter->mail->subject =
            words_say(letter->arena, letter->language, MAILS_OPENED_SUBJECT, { "reviewer", reviewer }, { "title", title });
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
    if (count > 1) {
        mail_body_say(&body, "reviewer", MAILS_REVIEW_MANY, { "reviewer", reviewer }, { "title", title },
                      { "count", arena_printf(letter->arena, "%zu", count) });
    } else {
        mail_body_say(&body, "reviewer", count == 1 ? MAILS_REVIEW_ONE : MAILS_REVIEW_TAKEN_BACK, { "reviewer", reviewer },
                      { "title", title });
    }
    for (size_t i = 0; i < count; i++) {
        say_review(&body, json_array_get(reviews, i));
    }
    say_when(letter, &body, MAILS_WHEN, "last_happened_at");
    end_notice(letter, &body);
    letter->mail->subject =
        words_say(letter->arena, letter->language, MAILS_REVIEW_SUBJECT, { "reviewer", reviewer }, { "title", title });
    return NULL;
}

static void say_review(struct mail_body *body, const json_t *review)
{
    const char *comment = letter_text(review, "comment"), *recommendation = letter_recommendation(body->language, review);

    mail_body_heading(body, heading_of(body, review));
    if (*recommendation) {
        mail_body_say(body, NULL, MAILS_REVIEW_RECOMMENDATION, { "recommendation", recommendation });
    }
    if (*comment) {
        mail_body_quote(body, comment);
    }
}

static const char *heading_of(const struct mail_body *body, const json_t *review)
{
    const char *name = letter_text(review, "candidate");
    const char *candidate = *name ? name : words_text(body->language, MAILS_REVIEW_A_CANDIDATE);
    bool is_update = json_is_true(json_object_get(review, "is_update"));

    if (json_is_integer(json_object_get(review, "rating"))) {
        const char *rating = arena_printf(body->arena, "%lld", letter_int(review, "rating"));
        return words_say(body->arena, body->language, is_update ? MAILS_REVIEW_RATED_CHANGED : MAILS_REVIEW_RATED,
                         { "candidate", candidate }, { "rating", rating });
    }
    return is_update ? words_say(body->arena, body->language, MAILS_REVIEW_CHANGED, { "candidate", candidate }) : candidate;
}

const char *write_completed(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const char *note = letter_text(letter->context, "note");
    const char *reviewed = letter_number(letter, letter->context, "reviewed"),
               *total = letter_number(letter, letter->context, "interview_count");
    const json_t *reviews = json_object_get(letter->context, "reviews");
    struct mail_body body;

    if (!json_is_true(json_object_get(letter->context, "is_done"))) { /* taken back since, by the feedback that it tells of */
        return write_review(letter);
    }
    start_notice(letter, &body);
    let_reviewer_answer(letter);
    mail_body_say(&body, "reviewer", MAILS_COMPLETED_SAYS, { "reviewer", reviewer }, { "title", title }, { "reviewed", reviewed },
                  { "total", total });
    if (*note) {
        mail_body_quote(&body, note);
    }
    for (size_t i = 0; i < json_array_size(reviews); i++) {
        say_review(&body, json_array_get(reviews, i));
    }
    say_when(letter, &body, MAILS_WHEN, "last_happened_at");
    end_notice(letter, &body);
    letter->mail->subject = words_say(letter->arena, letter->language, MAILS_COMPLETED_SUBJECT, { "reviewer", reviewer },
                                      { "title", title }, { "reviewed", reviewed }, { "total", total });
    return NULL;
}

const char *write_access_requested(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const char *state = letter_text(letter->context, "link_state");
    struct mail_body body;

    start_notice(letter, &body);
    let_reviewer_answer(letter);
    mail_body_say(&body, "reviewer", MAILS_ACCESS_ASKS, { "reviewer", reviewer }, { "title", title });
    if (str_equal(state, "expired")) {
        mail_body_say(&body, NULL, MAILS_ACCESS_EXPIRED, { "expires_at", letter_moment(letter, letter->context, "expires_at") });
    } else if (str_equal(state, "deactivated")) {
        mail_body_tell(&body, MAILS_ACCESS_OFF);
    }
    mail_body_tell(&body, MAILS_ACCESS_TO_LET_IN);
    say_when(letter, &body, MAILS_WHEN, "happened_at");
    end_notice(letter, &body);
    letter->mail->subject =
        words_say(letter->arena, letter->language, MAILS_ACCESS_SUBJECT, { "reviewer", reviewer }, { "title", title });
    return NULL;
}

const char *write_guessing(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    const char *tries = letter_number(letter, json_object_get(letter->context, "data"), "tries");
    struct mail_body body;

    start_notice(letter, &body);
    mail_body_say(&body, NULL, MAILS_GUESSING_TRIED, { "reviewer", reviewer }, { "title", title }, { "count", tries });
    mail_body_say(&body, NULL, MAILS_GUESSING_PAUSED, { "paused_until", letter_moment(letter, letter->context, "paused_until") });
    mail_body_say(&body, NULL, MAILS_GUESSING_WHAT_NOW, { "reviewer", reviewer });
    say_when(letter, &body, MAILS_WHEN, "happened_at");
    end_notice(letter, &body);
    letter->mail->subject = words_say(letter->arena, letter->language, MAILS_GUESSING_SUBJECT, { "title", title });
    return NULL;
}

const char *write_deactivated(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    struct mail_body body;

    start_notice(letter, &body);
    if (*reviewer) {
        mail_body_say(&body, NULL, MAILS_DEACTIVATED_REVIEWER, { "reviewer", reviewer }, { "title", title });
    } else {
        mail_body_say(&body, NULL, MAILS_DEACTIVATED_LINK, { "title", title });
    }
    say_why(letter, &body);
    mail_body_tell(&body, MAILS_DEACTIVATED_WHAT_NOW);
    say_when(letter, &body, MAILS_WHEN, "happened_at");
    end_notice(letter, &body);
    letter->mail->subject = words_say(letter->arena, letter->language, MAILS_DEACTIVATED_SUBJECT, { "title", title });
    return NULL;
}

/* state_reason as the API shows it: {code, at, evidence: {rule: networks|opens, count, threshold, window_seconds, …}}. */
static void say_why(const struct letter *letter, struct mail_body *body)
{
    const char *reason = letter_text(json_object_get(letter->context, "data"), "reason");
    const json_t *evidence = json_object_get(json_object_get(letter->context, "state_reason"), "evidence");
    const char *count = letter_number(letter, evidence, "count"), *threshold = letter_number(letter, evidence, "threshold");
    const char *hours = arena_printf(letter->arena, "%lld", letter_int(evidence, "window_seconds") / 3600);
    const char *rule = letter_text(evidence, "rule"), *seen = NULL;

    if (str_equal(reason, "max_age")) {
        mail_body_tell(body, MAILS_DEACTIVATED_MAX_AGE);
        return;
    }
    mail_body_tell(body, MAILS_DEACTIVATED_UNUSUAL);
    if (str_equal(rule, "networks")) {
        seen = words_say(letter->arena, letter->language, MAILS_DEACTIVATED_NETWORKS, { "networks", count }, { "count", hours },
                         { "threshold", threshold });
    } else if (str_equal(rule, "opens")) {
        seen = words_say(letter->arena, letter->language, MAILS_DEACTIVATED_OPENS, { "opens", count }, { "count", hours },
                         { "threshold", threshold });
    }
    if (seen) {
        mail_body_fact(body, MAILS_DEACTIVATED_SEEN, seen, MAIL_BODY_PLAIN);
    }
}

const char *write_expiry_warning(struct letter *letter)
{
    const char *title = letter_text(letter->context, "title");
    struct mail_body body;

    start_notice(letter, &body);
    mail_body_say(&body, NULL, MAILS_EXPIRY_SAYS, { "title", title },
                  { "expires_at", letter_moment(letter, letter->context, "expires_at") });
    list_outstanding(letter, &body);
    mail_body_tell(&body, MAILS_EXPIRY_WHAT_NOW);
    end_notice(letter, &body);
    letter->mail->subject = words_say(letter->arena, letter->language, MAILS_EXPIRY_SUBJECT, { "title", title });
    return NULL;
}

static void list_outstanding(const struct letter *letter, struct mail_body *body)
{
    const json_t *people = json_object_get(letter->context, "people");
    bool has_feedback = !json_is_true(json_object_get(letter->context, "disable_feedback"));
    size_t outstanding = 0;

    for (size_t i = 0; i < json_array_size(people); i++) {
        const json_t *person = json_array_get(people, i);
        if (!is_outstanding(person, has_feedback)) {
            continue;
        }
        if (outstanding++ == 0) {
            mail_body_tell(body, MAILS_EXPIRY_OUTSTANDING);
            mail_body_list_start(body);
        }
        say_outstanding(letter, body, person);
    }
    if (outstanding > 0) {
        mail_body_list_end(body);
    } else {
        mail_body_tell(body, has_feedback ? MAILS_EXPIRY_ALL_FINISHED : MAILS_EXPIRY_ALL_OPENED);
    }
}

static bool is_outstanding(const json_t *person, bool has_feedback)
{
    bool is_done = json_is_true(json_object_get(person, "is_done"));

    return !json_is_true(json_object_get(person, "opened")) ||
           (has_feedback && !is_done && letter_int(person, "reviewed") < letter_int(person, "interview_count"));
}

static void say_outstanding(const struct letter *letter, struct mail_body *body, const json_t *person)
{
    const char *name = letter_text(person, "name");

    if (!json_is_true(json_object_get(person, "opened"))) {
        mail_body_say_item(body, MAILS_EXPIRY_NOT_OPENED, { "reviewer", name });
    } else if (letter_int(person, "reviewed") == 0) {
        mail_body_say_item(body, MAILS_EXPIRY_NOT_REVIEWED, { "reviewer", name });
    } else {
        mail_body_say_item(body, MAILS_EXPIRY_REVIEWED, { "reviewer", name },
                           { "reviewed", letter_number(letter, person, "reviewed") },
                           { "total", letter_number(letter, person, "interview_count") });
    }
}

const char *write_webhook_disabled(struct letter *letter)
{
    const json_t *data = json_object_get(letter->context, "data");
    const char *host = letter_text(data, "host"), *owner = letter_text(data, "owner_name"), *cause = letter_text(data, "cause");
    enum words_language language = letter->language;
    struct mail_body body;

    if (str_equal(cause, "gone") || str_equal(cause, "failing")) {
        cause = words_text(language, str_equal(cause, "gone") ? MAILS_WEBHOOK_GONE : MAILS_WEBHOOK_FAILING);
    }
    mail_body_start(&body, letter->arena, language, NULL);
    mail_body_hello(&body, owner);
    mail_body_say(&body, NULL, MAILS_WEBHOOK_OFF, { "host", host }, { "endpoint_id", letter_text(data, "endpoint_id") },
                  { "cause", cause });
    mail_body_tell(&body, MAILS_WEBHOOK_WHAT_NOW);
    say_when(letter, &body, MAILS_WHEN, "happened_at");
    mail_body_end(&body, words_text(language, MAILS_WEBHOOK_WHY), words_text(language, MAILS_WEBHOOK_NO_MORE),
                  letter->unsubscribe, &letter->mail->text, &letter->mail->html);
    letter->mail->to_name = arena_strdup(letter->arena, owner);
    letter->mail->subject = words_say(letter->arena, language, MAILS_WEBHOOK_SUBJECT, { "host", host });
    return NULL;
}
