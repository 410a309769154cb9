/* write_digest.c - the daily mail that takes the place of single notices: what happened, link by link. */
#include <string.h>

#include "services/notifications/mail/notice.h"

static void add_button(const struct letter *letter, struct mail_body *body, const json_t *links);
static void say_link(const struct letter *letter, struct mail_body *body, const json_t *link);
static void say_line(const struct letter *letter, struct mail_body *body, const json_t *line);
static void say_reviews(const struct letter *letter, struct mail_body *body, const json_t *line);
static void say_completion(const struct letter *letter, struct mail_body *body, const json_t *line);
static const char *names_of(const struct letter *letter, const json_t *candidates);
static const char *name_of(const struct letter *letter, const json_t *candidate);

const char *write_digest(struct letter *letter)
{
    const json_t *links = json_object_get(letter->context, "links");
    size_t count = json_array_size(links), told = 0;
    const char *counted = arena_printf(letter->arena, "%zu", count);
    const struct words_value until[] = { { "until", letter_moment(letter, letter->context, "until") }, { NULL, NULL } };
    struct mail_look look = notice_look(letter);
    struct mail_body body;

    mail_body_start(&body, letter->arena, letter->language, &look,
                    words_fill(letter->arena, letter->language, MAILS_DIGEST_SAYS, until));
    mail_body_lead(&body, NULL, MAILS_DIGEST_SAYS, until);
    while (told < count && !mail_body_is_long(&body)) {
        say_link(letter, &body, json_array_get(links, told++));
    }
    if (told < count) {
        mail_body_say(&body, NULL, MAILS_DIGEST_MORE, { "count", arena_printf(letter->arena, "%zu", count - told) });
    }
    if (count == 0) {
        mail_body_tell(&body, MAILS_DIGEST_GONE);
    }
    add_button(letter, &body, links);
    mail_body_end(&body, words_text(letter->language, MAILS_DIGEST_WHY), words_text(letter->language, MAILS_NOTICE_FEWER),
                  letter->unsubscribe, &letter->mail->text, &letter->mail->html);
    letter->mail->subject = words_say(letter->arena, letter->language, MAILS_DIGEST_SUBJECT, { "count", counted });
    return NULL;
}

/* One button: to the link that something has happened on last, which is the first here. */
static void add_button(const struct letter *letter, struct mail_body *body, const json_t *links)
{
    const char *url = notice_link_url(letter, letter_text(json_array_get(links, 0), "share_link_id"));

    if (url) {
        mail_body_button(body, words_text(letter->language, json_array_size(links) > 1 ? MAILS_BUTTON_LATEST : MAILS_BUTTON_LINK),
                         url);
    }
}

static void say_link(const struct letter *letter, struct mail_body *body, const json_t *link)
{
    const json_t *lines = json_object_get(link, "lines");
    size_t count = json_array_size(lines), told = 0;

    mail_body_heading(body, letter_text(link, "title"), notice_link_url(letter, letter_text(link, "share_link_id")));
    mail_body_list_start(body);
    while (told < count && !mail_body_is_long(body)) {
        say_line(letter, body, json_array_get(lines, told++));
    }
    if (told < count) {
        mail_body_say_item(body, MAILS_EXPIRY_MORE, { "count", arena_printf(letter->arena, "%zu", count - told) });
    }
    mail_body_list_end(body);
}

static void say_line(const struct letter *letter, struct mail_body *body, const json_t *line)
{
    const char *reviewer = letter_text(line, "reviewer"), *last_at = letter_moment(letter, line, "last_at");

    if (str_equal(letter_text(line, "kind"), "review")) {
        say_reviews(letter, body, line);
    } else if (str_equal(letter_text(line, "kind"), "completed")) {
        say_completion(letter, body, line);
    } else if (letter_int(line, "count") == 1) {
        mail_body_say_item(body, MAILS_DIGEST_OPENED, { "reviewer", reviewer }, { "last_at", last_at });
    } else {
        mail_body_say_item(body, MAILS_DIGEST_OPENED_TIMES, { "reviewer", reviewer },
                           { "count", letter_number(letter, line, "count") }, { "last_at", last_at });
    }
}

static void say_reviews(const struct letter *letter, struct mail_body *body, const json_t *line)
{
    const char *reviewer = letter_text(line, "reviewer"), *last_at = letter_moment(letter, line, "last_at");
    const char *candidates = names_of(letter, json_object_get(line, "candidates"));

    if (*candidates) {
        mail_body_say_item(body, MAILS_DIGEST_REVIEWED, { "reviewer", reviewer }, { "candidates", candidates },
                           { "last_at", last_at });
    } else {
        mail_body_say_item(body, MAILS_DIGEST_REVIEWED_NONE, { "reviewer", reviewer }, { "last_at", last_at });
    }
}

static void say_completion(const struct letter *letter, struct mail_body *body, const json_t *line)
{
    const char *reviewer = letter_text(line, "reviewer"), *last_at = letter_moment(letter, line, "last_at"),
               *note = letter_text(line, "note");
    const char *reviewed = letter_number(letter, line, "reviewed"), *total = letter_number(letter, line, "interview_count");

    if (!json_is_true(json_object_get(line, "is_done"))) {
        mail_body_say_item(body, MAILS_DIGEST_CHANGED_SINCE, { "reviewer", reviewer }, { "last_at", last_at });
    } else if (*note) {
        mail_body_say_item(body, MAILS_DIGEST_FINISHED_NOTE, { "reviewer", reviewer }, { "reviewed", reviewed },
                           { "total", total }, { "last_at", last_at }, { "note", note });
    } else {
        mail_body_say_item(body, MAILS_DIGEST_FINISHED, { "reviewer", reviewer }, { "reviewed", reviewed }, { "total", total },
                           { "last_at", last_at });
    }
}

/* "Ada Example (4 of 5), Bo Example"; "" for none. */
static const char *names_of(const struct letter *letter, const json_t *candidates)
{
    const char *names = "";

    for (size_t i = 0; i < json_array_size(candidates); i++) {
        const char *name = name_of(letter, json_array_get(candidates, i));
        names = arena_printf(letter->arena, "%s%s%s", names, i == 0 ? "" : ", ", name);
    }
    return names;
}

static const char *name_of(const struct letter *letter, const json_t *candidate)
{
    const char *name = letter_text(candidate, "name"), *recommendation = letter_recommendation(letter->language, candidate);
    const char *rating = letter_number(letter, candidate, "rating");
    bool has_rating = json_is_integer(json_object_get(candidate, "rating"));

    if (has_rating && *recommendation) {
        return words_say(letter->arena, letter->language, MAILS_DIGEST_RATED_RECOMMENDED, { "candidate", name },
                         { "rating", rating }, { "recommendation", recommendation });
    }
    if (has_rating) {
        return words_say(letter->arena, letter->language, MAILS_DIGEST_RATED, { "candidate", name }, { "rating", rating });
    }
    return *recommendation ? words_say(letter->arena, letter->language, MAILS_DIGEST_RECOMMENDED, { "candidate", name },
                                       { "recommendation", recommendation })
                           : words_isolated(letter->arena, name);
}
