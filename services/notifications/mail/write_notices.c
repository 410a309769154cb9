/* write_notices.c - the mails that tell a link's owner of one thing each: who opened it, who asks for what, what was switched off
 * and why, what is about to end. What is advised goes by the state at the moment of writing, and is for the one reviewer whom it
 * concerns.
 */
#include <string.h>

#include "services/notifications/mail/notice.h"

enum { OUTSTANDING_MAX = 20 };

static bool is_state(const struct letter *letter, const char *name, const char *state);
static const char *advise_to_let_in(const struct letter *letter, struct mail_body *body);
static void say_why(const struct letter *letter, struct mail_body *body);
static const char *seen_in(const struct letter *letter, const json_t *evidence);
static size_t list_outstanding(const struct letter *letter, struct mail_body *body);
static bool is_outstanding(const json_t *progress, const json_t *person);
static void say_outstanding(const struct letter *letter, struct mail_body *body, const json_t *person);

const char *write_opened(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    bool is_first = json_is_true(json_object_get(json_object_get(letter->context, "data"), "first"));
    struct mail_body body;

    if (letter_int(letter->context, "count") > 1) {
        notice_start(letter, &body, "reviewer", MAILS_OPENED_TIMES, { "reviewer", reviewer }, { "title", title },
                     { "count", letter_number(letter, letter->context, "count") });
        notice_when(letter, &body, MAILS_FIRST, "happened_at");
        notice_when(letter, &body, MAILS_LAST, "last_happened_at");
    } else {
        notice_start(letter, &body, "reviewer", is_first ? MAILS_OPENED_FIRST : MAILS_OPENED_AGAIN, { "reviewer", reviewer },
                     { "title", title });
        notice_when(letter, &body, MAILS_WHEN, "happened_at");
    }
    notice_let_reviewer_answer(letter);
    notice_button(letter, &body, words_text(letter->language, MAILS_BUTTON_LINK));
    notice_progress(letter, &body);
    notice_end(letter, &body);
    return NULL;
}

const char *write_access_requested(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name");
    struct mail_body body;

    notice_start(letter, &body, "reviewer", MAILS_ACCESS_ASKS, { "reviewer", reviewer },
                 { "title", letter_text(letter->context, "title") });
    notice_let_reviewer_answer(letter);
    notice_when(letter, &body, MAILS_WHEN, "happened_at");
    const char *label = advise_to_let_in(letter, &body);
    notice_button(letter, &body, label);
    notice_progress(letter, &body);
    notice_end(letter, &body);
    return NULL;
}

/* Returns what the button says. Nobody is told to reactivate what is open: that would end everybody's passcode. */
static const char *advise_to_let_in(const struct letter *letter, struct mail_body *body)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name");
    const char *label = words_say(letter->arena, letter->language, MAILS_BUTTON_LET_IN, { "reviewer", reviewer });

    if (is_state(letter, "link_state", "deactivated")) {
        mail_body_tell(body, MAILS_ACCESS_OFF);
        mail_body_tell(body, MAILS_ACCESS_TO_LET_IN);
        return label;
    }
    if (is_state(letter, "link_state", "expired")) {
        mail_body_say(body, NULL, MAILS_ACCESS_EXPIRED, { "expires_at", letter_moment(letter, letter->context, "expires_at") });
    }
    if (is_state(letter, "reviewer_state", "deactivated")) {
        mail_body_say(body, NULL, MAILS_ACCESS_OFF_REVIEWER, { "reviewer", reviewer });
    }
    if (is_state(letter, "reviewer_state", "active")) {
        mail_body_say(body, NULL, MAILS_ACCESS_ACTIVE, { "reviewer", reviewer });
        return words_text(letter->language, MAILS_BUTTON_INVITE_AGAIN);
    }
    return label;
}

static bool is_state(const struct letter *letter, const char *name, const char *state)
{
    return str_equal(letter_text(letter->context, name), state);
}

const char *write_guessing(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name");
    struct mail_body body;

    notice_start(letter, &body, NULL, MAILS_GUESSING_TRIED, { "reviewer", reviewer },
                 { "title", letter_text(letter->context, "title") },
                 { "count", letter_number(letter, json_object_get(letter->context, "data"), "tries") });
    notice_when(letter, &body, MAILS_WHEN, "happened_at");
    mail_body_say(&body, NULL, MAILS_GUESSING_PAUSED, { "paused_until", letter_moment(letter, letter->context, "paused_until") });
    if (is_state(letter, "reviewer_state", "active")) {
        mail_body_say(&body, NULL, MAILS_GUESSING_WHAT_NOW, { "reviewer", reviewer });
    } else {
        mail_body_tell(&body, MAILS_GUESSING_CLOSED);
    }
    notice_button(letter, &body, words_text(letter->language, MAILS_BUTTON_LINK));
    notice_progress(letter, &body);
    notice_end(letter, &body);
    return NULL;
}

const char *write_deactivated(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    bool is_off_yet = is_state(letter, *reviewer ? "reviewer_state" : "link_state", "deactivated");
    struct mail_body body;

    if (*reviewer) {
        notice_start(letter, &body, "reviewer", MAILS_DEACTIVATED_REVIEWER, { "reviewer", reviewer }, { "title", title });
    } else {
        notice_start(letter, &body, NULL, MAILS_DEACTIVATED_LINK, { "title", title });
    }
    notice_when(letter, &body, MAILS_WHEN, "happened_at");
    say_why(letter, &body);
    if (!is_off_yet) {
        mail_body_tell(&body, MAILS_DEACTIVATED_ON_AGAIN);
    } else if (*reviewer) {
        mail_body_say(&body, NULL, MAILS_DEACTIVATED_WHAT_NOW_REVIEWER, { "reviewer", reviewer });
    } else {
        mail_body_tell(&body, MAILS_DEACTIVATED_WHAT_NOW);
    }
    notice_button(letter, &body, words_text(letter->language, MAILS_BUTTON_LINK));
    notice_progress(letter, &body);
    notice_end(letter, &body);
    return NULL;
}

/* state_reason as the API shows it: {code, at, evidence: {rule: networks|opens, count, threshold, window_seconds, …}}. */
static void say_why(const struct letter *letter, struct mail_body *body)
{
    const char *reason = letter_text(json_object_get(letter->context, "data"), "reason");

    if (str_equal(reason, "max_age")) {
        mail_body_tell(body, MAILS_DEACTIVATED_MAX_AGE);
        return;
    }
    mail_body_tell(body, MAILS_DEACTIVATED_UNUSUAL);
    const char *seen = seen_in(letter, json_object_get(json_object_get(letter->context, "state_reason"), "evidence"));
    if (seen) {
        mail_body_fact(body, MAILS_DEACTIVATED_SEEN, seen, MAIL_BODY_PLAIN);
    }
}

static const char *seen_in(const struct letter *letter, const json_t *evidence)
{
    const char *count = letter_number(letter, evidence, "count"), *threshold = letter_number(letter, evidence, "threshold");
    const char *hours = arena_printf(letter->arena, "%lld", letter_int(evidence, "window_seconds") / 3600);

    if (str_equal(letter_text(evidence, "rule"), "networks")) {
        return words_say(letter->arena, letter->language, MAILS_DEACTIVATED_NETWORKS, { "networks", count }, { "count", hours },
                         { "threshold", threshold });
    }
    if (str_equal(letter_text(evidence, "rule"), "opens")) {
        return words_say(letter->arena, letter->language, MAILS_DEACTIVATED_OPENS, { "opens", count }, { "count", hours },
                         { "threshold", threshold });
    }
    return NULL;
}

const char *write_expiry_warning(struct letter *letter)
{
    struct mail_body body;

    notice_start(letter, &body, NULL, MAILS_EXPIRY_SAYS, { "title", letter_text(letter->context, "title") },
                 { "expires_at", letter_moment(letter, letter->context, "expires_at") });
    if (list_outstanding(letter, &body) > 0) {
        mail_body_tell(&body, MAILS_EXPIRY_WHAT_NOW);
        notice_button(letter, &body, words_text(letter->language, MAILS_BUTTON_MORE_TIME));
    } else {
        notice_button(letter, &body, words_text(letter->language, MAILS_BUTTON_LINK));
    }
    notice_end(letter, &body);
    return NULL;
}

/* How many are waited for. It takes the place of the line of progress. */
static size_t list_outstanding(const struct letter *letter, struct mail_body *body)
{
    const json_t *progress = json_object_get(letter->context, "progress"), *people = json_object_get(progress, "people");
    size_t outstanding = 0;

    for (size_t i = 0; i < json_array_size(people); i++) {
        const json_t *person = json_array_get(people, i);
        if (!is_outstanding(progress, person)) {
            continue;
        }
        if (outstanding++ == 0) {
            mail_body_tell(body, MAILS_EXPIRY_OUTSTANDING);
            mail_body_list_start(body);
        }
        if (outstanding <= OUTSTANDING_MAX) {
            say_outstanding(letter, body, person);
        }
    }
    long long more = letter_int(progress, "count") - (long long)json_array_size(people);
    more += outstanding > OUTSTANDING_MAX ? (long long)outstanding - OUTSTANDING_MAX : 0;
    if (outstanding > 0) {
        if (more > 0) {
            mail_body_say_item(body, MAILS_EXPIRY_MORE, { "count", arena_printf(letter->arena, "%lld", more) });
        }
        mail_body_list_end(body);
    } else {
        mail_body_tell(body, json_is_true(json_object_get(progress, "has_feedback")) ? MAILS_EXPIRY_ALL_FINISHED
                                                                                     : MAILS_EXPIRY_ALL_OPENED);
    }
    return outstanding;
}

static bool is_outstanding(const json_t *progress, const json_t *person)
{
    bool has_feedback = json_is_true(json_object_get(progress, "has_feedback"));
    bool is_done = json_is_true(json_object_get(person, "is_done"));

    return !json_is_true(json_object_get(person, "has_opened")) ||
           (has_feedback && !is_done && letter_int(person, "reviewed") < letter_int(progress, "interview_count"));
}

static void say_outstanding(const struct letter *letter, struct mail_body *body, const json_t *person)
{
    const char *name = letter_text(person, "name");

    if (!json_is_true(json_object_get(person, "has_opened"))) {
        mail_body_say_item(body, MAILS_EXPIRY_NOT_OPENED, { "reviewer", name });
    } else if (letter_int(person, "reviewed") == 0) {
        mail_body_say_item(body, MAILS_EXPIRY_NOT_REVIEWED, { "reviewer", name });
    } else {
        mail_body_say_item(body, MAILS_EXPIRY_REVIEWED, { "reviewer", name },
                           { "reviewed", letter_number(letter, person, "reviewed") },
                           { "total", letter_number(letter, json_object_get(letter->context, "progress"), "interview_count") });
    }
}

/* It is about no link, and what it asks for is done by calls: it leads to where they are told. */
const char *write_webhook_disabled(struct letter *letter)
{
    const json_t *data = json_object_get(letter->context, "data");
    const char *host = letter_text(data, "host"), *cause = letter_text(data, "cause");
    enum words_language language = letter->language;
    struct mail_look look = notice_look(letter);
    struct mail_body body;

    if (str_equal(cause, "gone") || str_equal(cause, "failing")) {
        cause = words_text(language, str_equal(cause, "gone") ? MAILS_WEBHOOK_GONE : MAILS_WEBHOOK_FAILING);
    }
    const struct words_value values[] = {
        { "host", host }, { "endpoint_id", letter_text(data, "endpoint_id") }, { "cause", cause }, { NULL, NULL }
    };
    mail_body_start(&body, letter->arena, language, &look, words_fill(letter->arena, language, MAILS_WEBHOOK_OFF, values));
    mail_body_lead(&body, NULL, MAILS_WEBHOOK_OFF, values);
    notice_when(letter, &body, MAILS_WHEN, "happened_at");
    mail_body_tell(&body, MAILS_WEBHOOK_WHAT_NOW);
    mail_body_button(&body, words_text(language, MAILS_BUTTON_ENDPOINT),
                     arena_printf(letter->arena, "%s/docs#updateWebhookEndpoint", letter->daemon->settings->public_url));
    mail_body_end(&body, words_text(language, MAILS_WEBHOOK_WHY), words_text(language, MAILS_WEBHOOK_NO_MORE),
                  letter->unsubscribe, &letter->mail->text, &letter->mail->html);
    letter->mail->to_name = arena_strdup(letter->arena, letter_text(data, "owner_name"));
    letter->mail->subject = words_say(letter->arena, language, MAILS_WEBHOOK_SUBJECT, { "host", host });
    return NULL;
}
