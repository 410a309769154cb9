/* notice.c - see the header. */
#include "services/notifications/mail/notice.h"

#include <string.h>

#include "common/base/str.h"
#include "common/data/names.h"

#define LINK_PLACE "{share_link_id}"

/* More people than a line has room for are told by their numbers. */
enum { NAMED_MAX = 6 };

static void add_person(const struct letter *letter, const struct mail_body *body, struct mail_phrases *phrases,
                       const json_t *progress, const json_t *person);
static const char *short_name(const struct letter *letter, const json_t *people, const json_t *person);

void notice_start_with(struct letter *letter, struct mail_body *body, const char *strong, enum words_key key,
                       const struct words_value *values)
{
    struct mail_look look = notice_look(letter);

    mail_body_start(body, letter->arena, letter->language, &look, words_fill(letter->arena, letter->language, key, values));
    mail_body_lead(body, strong, key, values);
    letter->mail->to_name = arena_strdup(letter->arena, letter_text(letter->context, "owner_name"));
    letter->mail->subject =
        words_say(letter->arena, letter->language, MAILS_NOTICE_SUBJECT, { "title", letter_text(letter->context, "title") });
}

struct mail_look notice_look(const struct letter *letter)
{
    const char *logo = letter_text(letter->context, "brand_logo");

    return (struct mail_look){
        .brand_name = letter_text(letter->context, "brand_name"),
        .accent = letter_text(letter->context, "brand_accent"),
        .logo_url = *logo ? arena_printf(letter->arena, "%s/logos/%s", letter->daemon->settings->public_url, logo) : NULL,
    };
}

void notice_let_reviewer_answer(struct letter *letter)
{
    const char *address = letter_text(letter->context, "reviewer_email");

    letter->mail->reply_to = *address ? arena_strdup(letter->arena, address) : NULL;
}

void notice_when(const struct letter *letter, struct mail_body *body, enum words_key label, const char *name)
{
    mail_body_time(body, label, letter_moment(letter, letter->context, name));
}

void notice_button(const struct letter *letter, struct mail_body *body, const char *label)
{
    const char *url = notice_link_url(letter, letter_text(letter->context, "share_link_id"));

    if (url) {
        mail_body_button(body, label, url);
    }
}

const char *notice_link_url(const struct letter *letter, const char *share_link_id)
{
    const char *template = letter_text(letter->context, "console_url");
    struct buf url = { 0 };

    if (!*template || !*share_link_id) {
        return NULL;
    }
    for (const char *place; (place = strstr(template, LINK_PLACE)); template = place + strlen(LINK_PLACE)) {
        buf_add(&url, template, (size_t)(place - template));
        buf_add_text(&url, share_link_id); /* of letters and digits: good in any part of a URL */
    }
    buf_add_text(&url, template);
    const char *kept = arena_strndup(letter->arena, url.data, url.length);
    buf_clear(&url);
    return kept;
}

void notice_progress(const struct letter *letter, struct mail_body *body)
{
    const json_t *progress = json_object_get(letter->context, "progress"), *people = json_object_get(progress, "people");
    struct mail_phrases phrases = { { 0 }, { 0 } };
    long long count = letter_int(progress, "count");

    if (count > NAMED_MAX) {
        mail_body_phrase(body, &phrases, MAILS_PROGRESS_OPENED_OF, { "opened", letter_number(letter, progress, "opened") },
                         { "total", letter_number(letter, progress, "count") });
        if (json_is_true(json_object_get(progress, "has_feedback"))) {
            mail_body_phrase(body, &phrases, MAILS_PROGRESS_FINISHED_COUNT,
                             { "finished", letter_number(letter, progress, "done") });
        }
    } else {
        for (size_t i = 0; i < json_array_size(people); i++) {
            add_person(letter, body, &phrases, progress, json_array_get(people, i));
        }
    }
    mail_body_phrases(body, MAILS_PROGRESS_SO_FAR, &phrases);
}

static void add_person(const struct letter *letter, const struct mail_body *body, struct mail_phrases *phrases,
                       const json_t *progress, const json_t *person)
{
    const char *name = short_name(letter, json_object_get(progress, "people"), person);
    const char *reviewed = letter_number(letter, person, "reviewed"), *total = letter_number(letter, progress, "interview_count");

    if (!json_is_true(json_object_get(person, "has_opened"))) {
        mail_body_phrase(body, phrases, MAILS_PROGRESS_NOT_OPENED, { "reviewer", name });
    } else if (!json_is_true(json_object_get(progress, "has_feedback"))) {
        mail_body_phrase(body, phrases, MAILS_PROGRESS_OPENED, { "reviewer", name });
    } else {
        mail_body_phrase(body, phrases,
                         json_is_true(json_object_get(person, "is_done")) ? MAILS_PROGRESS_FINISHED : MAILS_PROGRESS_REVIEWED,
                         { "reviewer", name }, { "reviewed", reviewed }, { "total", total });
    }
}

/* By the first name; the whole one where two have the same. */
static const char *short_name(const struct letter *letter, const json_t *people, const json_t *person)
{
    const char *whole = letter_text(person, "name"), *first = names_first(letter->arena, whole);

    for (size_t i = 0; i < json_array_size(people); i++) {
        const json_t *other = json_array_get(people, i);
        if (other != person && str_equal(names_first(letter->arena, letter_text(other, "name")), first)) {
            return whole;
        }
    }
    return *first ? first : whole;
}

void notice_end(struct letter *letter, struct mail_body *body)
{
    mail_body_end(body, words_text(letter->language, MAILS_NOTICE_WHY), words_text(letter->language, MAILS_NOTICE_FEWER),
                  letter->unsubscribe, &letter->mail->text, &letter->mail->html);
}
