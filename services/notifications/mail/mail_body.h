/* mail_body.h - the two bodies of a mail, written side by side: each call adds the same to the plain text and to the HTML.
 *
 * The HTML is tables and inline styles, which Outlook and Gmail show alike; a style sheet brings the dark colours to those who
 * know one. All text that comes in is text: it is escaped here and nowhere else. What is ours comes from the catalogue of words;
 * what people wrote stands in blocks of a direction of their own, or in isolates, so that Arabic and Hebrew are not jumbled with
 * it.
 */
#ifndef SHARELINK_NOTIFICATIONS_MAIL_BODY_H
#define SHARELINK_NOTIFICATIONS_MAIL_BODY_H

#include "common/base/arena.h"
#include "common/base/str.h"
#include "common/data/markdown.h"
#include "common/pages/accent.h"
#include "common/words/words.h"

struct mail_body {
    struct arena *arena;
    enum words_language language;
    struct accent accent;
    struct buf text, html;
};

/* What an account's mails look like; each may be NULL or "". */
struct mail_look {
    const char *brand_name;
    const char *accent;   /* "#0b57a4" */
    const char *logo_url; /* of an image that we serve */
};

/* preheader: what an inbox shows beside the subject; it is not shown in the mail. */
void mail_body_start(struct mail_body *body, struct arena *arena, enum words_language language, const struct mail_look *look,
                     const char *preheader);
/* "Hello Olu," - by a person's first name. */
void mail_body_hello(struct mail_body *body, const char *name);
/* A paragraph; the HTML shows the value named strong in bold. strong may be NULL. */
#define mail_body_say(body, strong, key, ...)                                                                                    \
    mail_body_paragraph(body, strong, key, (const struct words_value[]){ __VA_ARGS__, { NULL, NULL } })
void mail_body_paragraph(struct mail_body *body, const char *strong, enum words_key key, const struct words_value *values);
/* The one sentence that the mail is sent for. */
void mail_body_lead(struct mail_body *body, const char *strong, enum words_key key, const struct words_value *values);
/* A paragraph without values. */
void mail_body_tell(struct mail_body *body, enum words_key key);
/* "When: Monday, …". The value may stand out as a code does. */
enum mail_body_value { MAIL_BODY_PLAIN, MAIL_BODY_CODE };
void mail_body_fact(struct mail_body *body, enum words_key label, const char *value, enum mail_body_value how);
/* url: where the heading leads, or NULL. */
/* The same of a time, in small print. */
void mail_body_time(struct mail_body *body, enum words_key label, const char *time);
/* One of several lines that belong together. */
#define mail_body_line(body, key, ...) mail_body_line_of(body, key, (const struct words_value[]){ __VA_ARGS__, { NULL, NULL } })
void mail_body_line_of(struct mail_body *body, enum words_key key, const struct words_value *values);
/* After lines, in the text; the HTML has its margins. */
void mail_body_gap(struct mail_body *body);
void mail_body_heading(struct mail_body *body, const char *heading, const char *url);
/* A line of small print: "So far:" and phrases, divided by commas. phrases are from mail_body_phrase_add. */
struct mail_phrases {
    struct buf text, html;
};
#define mail_body_phrase(body, phrases, key, ...)                                                                                \
    mail_body_phrase_add(body, phrases, key, (const struct words_value[]){ __VA_ARGS__, { NULL, NULL } })
void mail_body_phrase_add(const struct mail_body *body, struct mail_phrases *phrases, enum words_key key,
                          const struct words_value *values);
/* Frees the phrases; says nothing when there are none. */
void mail_body_phrases(struct mail_body *body, enum words_key label, struct mail_phrases *phrases);
void mail_body_list_start(struct mail_body *body);
#define mail_body_say_item(body, key, ...) mail_body_item(body, key, (const struct words_value[]){ __VA_ARGS__, { NULL, NULL } })
void mail_body_item(struct mail_body *body, enum words_key key, const struct words_value *values);
void mail_body_list_end(struct mail_body *body);
/* Somebody's words, with their line breaks; of more than so many characters the first, and "…". */
void mail_body_quote(struct mail_body *body, const char *words, size_t characters_most);
/* Of more than so many characters the first, and "…". */
const char *mail_body_cut(const struct mail_body *body, const char *words, size_t characters_most);
/* Whether a list had better end here: programs cut a mail off at 102 KB. */
bool mail_body_is_long(const struct mail_body *body);
/* Somebody's message, in whatever language. */
void mail_body_markdown(struct mail_body *body, const char *source, const struct placeholder *values);
/* A button, and under it its address for whom it does not work. */
void mail_body_button(struct mail_body *body, const char *label, const char *url);
/* Small print; with a link behind it when url is not NULL. Frees the buffers; both bodies are in the arena. */
void mail_body_end(struct mail_body *body, const char *footer, const char *link_label, const char *url, const char **text,
                   const char **html);

#endif
