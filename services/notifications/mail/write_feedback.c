/* write_feedback.c - the mails that tell a link's owner what a reviewer thinks of its candidates, and that one has finished. */
#include <string.h>

#include "services/notifications/mail/notice.h"

/* Of somebody's words; the whole is where the button leads. */
enum { COMMENT_CHARACTERS = 2000, NOTE_CHARACTERS = 500, QUESTION_CHARACTERS = 200 };

static void tell_all(const struct letter *letter, struct mail_body *body);
static void say_review(const struct letter *letter, struct mail_body *body, const json_t *review);
static void say_rating(const struct letter *letter, struct mail_body *body, const json_t *review);
static void say_average(const struct letter *letter, struct mail_body *body, const json_t *review);
static void say_answers(const struct letter *letter, struct mail_body *body, const json_t *review);
static void say_answer(const struct letter *letter, struct mail_body *body, const json_t *answer);
static const char *stars_of(const struct letter *letter, long long rating);
static const char *average_of_answers(const struct letter *letter, const json_t *answers, long long *count);

const char *write_review(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *title = letter_text(letter->context, "title");
    long long count = letter_int(letter->context, "review_count");
    struct mail_body body;

    if (count > 1) {
        notice_start(letter, &body, "reviewer", MAILS_REVIEW_MANY, { "reviewer", reviewer }, { "title", title },
                     { "count", letter_number(letter, letter->context, "review_count") });
    } else {
        notice_start(letter, &body, "reviewer", count == 1 ? MAILS_REVIEW_ONE : MAILS_REVIEW_TAKEN_BACK, { "reviewer", reviewer },
                     { "title", title });
    }
    notice_let_reviewer_answer(letter);
    notice_when(letter, &body, MAILS_WHEN, "last_happened_at");
    tell_all(letter, &body);
    notice_end(letter, &body);
    return NULL;
}

const char *write_completed(struct letter *letter)
{
    const char *reviewer = letter_text(letter->context, "reviewer_name"), *note = letter_text(letter->context, "note");
    struct mail_body body;

    if (!json_is_true(json_object_get(letter->context, "is_done"))) { /* taken back since, by the feedback that it tells of */
        return write_review(letter);
    }
    notice_start(letter, &body, "reviewer", MAILS_COMPLETED_SAYS, { "reviewer", reviewer },
                 { "title", letter_text(letter->context, "title") },
                 { "reviewed", letter_number(letter, letter->context, "reviewed") },
                 { "total", letter_number(letter, letter->context, "interview_count") });
    notice_let_reviewer_answer(letter);
    notice_when(letter, &body, MAILS_WHEN, "last_happened_at");
    if (*note) {
        mail_body_quote(&body, note, COMMENT_CHARACTERS);
    }
    tell_all(letter, &body);
    notice_end(letter, &body);
    return NULL;
}

static void tell_all(const struct letter *letter, struct mail_body *body)
{
    const json_t *reviews = json_object_get(letter->context, "reviews");
    size_t count = json_array_size(reviews), told = 0;

    while (told < count && !mail_body_is_long(body)) {
        say_review(letter, body, json_array_get(reviews, told++));
    }
    long long untold = letter_int(letter->context, "review_count") - (long long)told;
    if (untold > 0) {
        mail_body_say(body, NULL, MAILS_REVIEW_MORE, { "count", arena_printf(letter->arena, "%lld", untold) });
    }
    notice_button(letter, body, words_text(letter->language, MAILS_BUTTON_FEEDBACK));
    notice_progress(letter, body);
}

static void say_review(const struct letter *letter, struct mail_body *body, const json_t *review)
{
    const char *name = letter_text(review, "candidate"), *comment = letter_text(review, "comment"),
               *recommendation = letter_recommendation(body->language, review);
    const char *candidate = *name ? name : words_text(body->language, MAILS_REVIEW_A_CANDIDATE);

    mail_body_heading(body,
                      json_is_true(json_object_get(review, "is_update"))
                          ? words_say(body->arena, body->language, MAILS_REVIEW_CHANGED, { "candidate", candidate })
                          : candidate,
                      NULL);
    say_rating(letter, body, review);
    if (*recommendation) {
        mail_body_line(body, MAILS_REVIEW_RECOMMENDATION, { "recommendation", recommendation });
    }
    if (*comment) {
        mail_body_quote(body, comment, COMMENT_CHARACTERS);
    }
    say_answers(letter, body, review);
    mail_body_gap(body);
}

/* Who rated only answers has no rating of the whole: that is said, with what the answers come to. */
static void say_rating(const struct letter *letter, struct mail_body *body, const json_t *review)
{
    long long count = 0;

    if (json_is_integer(json_object_get(review, "rating"))) {
        mail_body_line(body, MAILS_REVIEW_RATED, { "stars", stars_of(letter, letter_int(review, "rating")) },
                       { "rating", letter_number(letter, review, "rating") });
        say_average(letter, body, review);
        return;
    }
    const char *average = average_of_answers(letter, json_object_get(review, "answers"), &count);
    if (count > 0) {
        mail_body_line(body, MAILS_REVIEW_ANSWERS_ONLY, { "count", arena_printf(letter->arena, "%lld", count) },
                       { "average", average });
    }
}

static void say_average(const struct letter *letter, struct mail_body *body, const json_t *review)
{
    if (letter_int(review, "average_of") > 1) {
        mail_body_say(
            body, NULL, MAILS_REVIEW_AVERAGE,
            { "average", words_decimal(letter->arena, letter->language, json_number_value(json_object_get(review, "average"))) },
            { "count", letter_number(letter, review, "average_of") });
    }
}

static const char *average_of_answers(const struct letter *letter, const json_t *answers, long long *count)
{
    double sum = 0;

    for (size_t i = 0; i < json_array_size(answers); i++) {
        const json_t *rating = json_object_get(json_array_get(answers, i), "rating");
        if (json_is_integer(rating)) {
            sum += (double)json_integer_value(rating);
            ++*count;
        }
    }
    return *count > 0 ? words_decimal(letter->arena, letter->language, sum / (double)*count) : "";
}

static void say_answers(const struct letter *letter, struct mail_body *body, const json_t *review)
{
    const json_t *answers = json_object_get(review, "answers");
    size_t count = json_array_size(answers), told = 0;

    while (told < count && !mail_body_is_long(body)) {
        say_answer(letter, body, json_array_get(answers, told++));
    }
    if (told < count) {
        mail_body_say(body, NULL, MAILS_REVIEW_MORE_ANSWERS, { "count", arena_printf(letter->arena, "%zu", count - told) });
    }
}

static void say_answer(const struct letter *letter, struct mail_body *body, const json_t *answer)
{
    const char *note = letter_text(answer, "note"), *place = letter_number(letter, answer, "place");
    const char *question = mail_body_cut(body, letter_text(answer, "question"), QUESTION_CHARACTERS);

    if (json_is_integer(json_object_get(answer, "rating"))) {
        mail_body_line(body, MAILS_REVIEW_ANSWER_RATED, { "place", place }, { "question", question },
                       { "stars", stars_of(letter, letter_int(answer, "rating")) },
                       { "rating", letter_number(letter, answer, "rating") });
    } else {
        mail_body_line(body, MAILS_REVIEW_ANSWER, { "place", place }, { "question", question });
    }
    if (*note) {
        mail_body_quote(body, note, NOTE_CHARACTERS);
    }
}

static const char *stars_of(const struct letter *letter, long long rating)
{
    const char *stars = "";

    for (long long i = 1; i <= 5; i++) {
        stars = arena_printf(letter->arena, "%s%s", stars, i <= rating ? "\xE2\x98\x85" : "\xE2\x98\x86");
    }
    return stars;
}
