/* write_digest.c - the daily mail that takes the place of single notices: what happened, link by link. */
#include <string.h>

#include "services/notifications/mail/mail_body.h"
#include "services/notifications/mail/mail_kinds.h"

static void say_link(struct mail_body *body, const json_t *link);
static void say_line(struct mail_body *body, const json_t *line);
static void say_completion(struct mail_body *body, const json_t *line);
static const char *names_of(struct arena *arena, const json_t *candidates);

const char *write_digest(struct letter *letter)
{
    const json_t *links = json_object_get(letter->context, "links");
    size_t count = json_array_size(links);
    struct mail_body body;

    mail_body_start(&body, letter->arena);
    mail_body_say(&body, NULL, "What happened on your share links until %s:", letter_text(letter->context, "until"));
    for (size_t i = 0; i < count; i++) {
        say_link(&body, json_array_get(links, i));
    }
    if (count == 0) {
        mail_body_say(&body, NULL, "The links that it happened on, or their reviewers, have been removed since.");
    }
    mail_body_end(&body, "You get this mail once a day because you asked for it.", "Fewer mails or none", letter->unsubscribe,
                  &letter->mail->text, &letter->mail->html);
    letter->mail->subject = count == 1 ? "Your share links: news of one link"
                                       : arena_printf(letter->arena, "Your share links: news of %zu links", count);
    return NULL;
}

static void say_link(struct mail_body *body, const json_t *link)
{
    const json_t *lines = json_object_get(link, "lines");

    mail_body_heading(body, letter_text(link, "title"));
    mail_body_list_start(body);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        say_line(body, json_array_get(lines, i));
    }
    mail_body_list_end(body);
}

static void say_line(struct mail_body *body, const json_t *line)
{
    const char *reviewer = letter_text(line, "reviewer"), *last_at = letter_text(line, "last_at");
    long long count = letter_int(line, "count");

    if (str_equal(letter_text(line, "kind"), "review")) {
        mail_body_item(body, "%s gave feedback%s: %s", reviewer, names_of(body->arena, json_object_get(line, "candidates")),
                       last_at);
    } else if (str_equal(letter_text(line, "kind"), "completed")) {
        say_completion(body, line);
    } else if (count == 1) {
        mail_body_item(body, "%s opened it: %s", reviewer, last_at);
    } else {
        mail_body_item(body, "%s opened it %lld times, last: %s", reviewer, count, last_at);
    }
}

static void say_completion(struct mail_body *body, const json_t *line)
{
    const char *reviewer = letter_text(line, "reviewer"), *last_at = letter_text(line, "last_at"),
               *note = letter_text(line, "note");
    long long reviewed = letter_int(line, "reviewed"), total = letter_int(line, "interview_count");

    if (!json_is_true(json_object_get(line, "is_done"))) {
        mail_body_item(body, "%s had finished, and has changed something since: %s", reviewer, last_at);
    } else if (*note) {
        mail_body_item(body, "%s has finished, %lld of %lld reviewed: %s \"%s\"", reviewer, reviewed, total, last_at, note);
    } else {
        mail_body_item(body, "%s has finished, %lld of %lld reviewed: %s", reviewer, reviewed, total, last_at);
    }
}

/* " on Ada Example (4 of 5), Bo Example" */
static const char *names_of(struct arena *arena, const json_t *candidates)
{
    struct buf names = { 0 };

    for (size_t i = 0; i < json_array_size(candidates); i++) {
        const json_t *candidate = json_array_get(candidates, i);
        const char *recommendation = letter_recommendation(candidate);
        buf_printf(&names, "%s%s", i == 0 ? " on " : ", ", letter_text(candidate, "name"));
        if (json_is_integer(json_object_get(candidate, "rating"))) {
            buf_printf(&names, " (%lld of 5%s%s)", letter_int(candidate, "rating"), *recommendation ? ", " : "", recommendation);
        } else if (*recommendation) {
            buf_printf(&names, " (%s)", recommendation);
        }
    }
    const char *text = names.length > 0 ? arena_strndup(arena, names.data, names.length) : "";
    buf_clear(&names);
    return text;
}
