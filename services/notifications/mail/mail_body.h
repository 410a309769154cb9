/* mail_body.h - the two bodies of a mail, written side by side: each call adds the same to the plain text and to the HTML.
 *
 * The HTML is tables and inline styles, without pictures, which Outlook and Gmail show alike. All text that comes in is
 * text: it is escaped here and nowhere else.
 */
#ifndef SHARELINK_NOTIFICATIONS_MAIL_BODY_H
#define SHARELINK_NOTIFICATIONS_MAIL_BODY_H

#include "common/base/arena.h"
#include "common/data/markdown.h"
#include "common/base/str.h"

struct mail_body {
    struct arena *arena;
    struct buf text, html;
};

void mail_body_start(struct mail_body *body, struct arena *arena);
/* "Hello Olu," - by the first word of a name. */
void mail_body_hello(struct mail_body *body, const char *name);
/* A paragraph; the HTML shows who in bold. who may be NULL. */
void mail_body_say(struct mail_body *body, const char *who, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "When: Monday, …". The value may stand out as a code does. */
enum mail_body_value { MAIL_BODY_PLAIN, MAIL_BODY_CODE };
void mail_body_fact(struct mail_body *body, const char *label, const char *value, enum mail_body_value how);
void mail_body_heading(struct mail_body *body, const char *heading);
void mail_body_list_start(struct mail_body *body);
void mail_body_item(struct mail_body *body, const char *format, ...) __attribute__((format(printf, 2, 3)));
void mail_body_list_end(struct mail_body *body);
/* Somebody's words, with their line breaks. */
void mail_body_quote(struct mail_body *body, const char *words);
void mail_body_markdown(struct mail_body *body, const char *source, const struct placeholder *values);
void mail_body_button(struct mail_body *body, const char *label, const char *url);
/* Small print; with a link behind it when url is not NULL. Frees the buffers; both bodies are in the arena. */
void mail_body_end(struct mail_body *body, const char *footer, const char *link_label, const char *url, const char **text,
                   const char **html);

/* The first word of a person's name. */
const char *mail_body_first_name(struct arena *arena, const char *name);

#endif
