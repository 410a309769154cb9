/* mail_body.c - see the header. */
#include "services/notifications/mail/mail_body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char *format_text(struct arena *arena, const char *format, va_list values);
static char *keep(struct arena *arena, struct buf *buf);

void mail_body_start(struct mail_body *body, struct arena *arena)
{
    *body = (struct mail_body){ .arena = arena };
    buf_add_text(
        &body->html,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>"
        "<body style=\"margin:0;background:#f4f5f7\">"
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\">"
        "<table role=\"presentation\" width=\"560\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:560px;width:100%\">"
        "<tr><td style=\"background:#ffffff;padding:28px;font:16px/1.5 Arial,Helvetica,sans-serif;color:#1c2430\">");
}

const char *mail_body_first_name(struct arena *arena, const char *name)
{
    return arena_strndup(arena, name, strcspn(name, " "));
}

void mail_body_hello(struct mail_body *body, const char *name)
{
    if (*name) {
        mail_body_say(body, NULL, "Hello %s,", mail_body_first_name(body->arena, name));
    } else {
        mail_body_say(body, NULL, "Hello,");
    }
}

void mail_body_say(struct mail_body *body, const char *who, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    const char *said = format_text(body->arena, format, values);
    va_end(values);
    buf_printf(&body->text, "%s%s%s\n\n", who ? who : "", who ? " " : "", said);
    buf_add_text(&body->html, "<p>");
    if (who) {
        buf_add_text(&body->html, "<strong>");
        buf_add_html(&body->html, who);
        buf_add_text(&body->html, "</strong> ");
    }
    buf_add_html(&body->html, said);
    buf_add_text(&body->html, "</p>");
}

static char *format_text(struct arena *arena, const char *format, va_list values)
{
    va_list again;

    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, values);
    return text;
}

void mail_body_fact(struct mail_body *body, const char *label, const char *value, enum mail_body_value how)
{
    buf_printf(&body->text, "%s: %s\n\n", label, value);
    buf_printf(&body->html, "<p>%s: ", label);
    if (how == MAIL_BODY_CODE) {
        buf_add_text(&body->html, "<strong style=\"font-family:Consolas,monospace\">");
    }
    buf_add_html(&body->html, value);
    if (how == MAIL_BODY_CODE) {
        buf_add_text(&body->html, "</strong>");
    }
    buf_add_text(&body->html, "</p>");
}

void mail_body_heading(struct mail_body *body, const char *heading)
{
    buf_printf(&body->text, "%s\n\n", heading);
    buf_add_text(&body->html, "<h2 style=\"font-size:17px;margin:24px 0 8px\">");
    buf_add_html(&body->html, heading);
    buf_add_text(&body->html, "</h2>");
}

void mail_body_list_start(struct mail_body *body)
{
    buf_add_text(&body->html, "<ul style=\"padding-left:22px;margin:12px 0\">");
}

void mail_body_item(struct mail_body *body, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    const char *said = format_text(body->arena, format, values);
    va_end(values);
    buf_printf(&body->text, "- %s\n", said);
    buf_add_text(&body->html, "<li style=\"margin:4px 0\">");
    buf_add_html(&body->html, said);
    buf_add_text(&body->html, "</li>");
}

void mail_body_list_end(struct mail_body *body)
{
    buf_add_text(&body->text, "\n");
    buf_add_text(&body->html, "</ul>");
}

void mail_body_quote(struct mail_body *body, const char *words)
{
    buf_add_text(&body->html, "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\"><tr>"
                              "<td style=\"border-left:3px solid #c8d0da;padding:2px 0 2px 14px;color:#3a4552\">");
    for (const char *line = words; *line;) {
        size_t length = strcspn(line, "\n");
        const char *text = arena_strndup(body->arena, line, length > 0 && line[length - 1] == '\r' ? length - 1 : length);
        buf_printf(&body->text, "> %s\n", text);
        buf_add_html(&body->html, text);
        line += length;
        if (*line == '\n') {
            line++;
            buf_add_text(&body->html, "<br>");
        }
    }
    buf_add_text(&body->text, "\n");
    buf_add_text(&body->html, "</td></tr></table>");
}

void mail_body_markdown(struct mail_body *body, const char *source, const struct placeholder *values)
{
    buf_printf(&body->text, "%s\n\n", markdown_text(body->arena, source, values));
    buf_add_text(&body->html, markdown_html(body->arena, source, values));
}

void mail_body_button(struct mail_body *body, const char *label, const char *url)
{
    buf_printf(&body->text, "%s: %s\n\n", label, url);
    buf_add_text(&body->html, "<p style=\"margin:28px 0\"><a href=\"");
    buf_add_html(&body->html, url);
    buf_add_text(&body->html,
                 "\" style=\"background:#0b5cad;color:#ffffff;padding:12px 22px;border-radius:6px;text-decoration:none;"
                 "font-weight:bold;display:inline-block\">");
    buf_add_html(&body->html, label);
    buf_add_text(&body->html, "</a></p>");
}

void mail_body_end(struct mail_body *body, const char *footer, const char *link_label, const char *url, const char **text,
                   const char **html)
{
    buf_printf(&body->text, "%s\n", footer);
    buf_add_text(&body->html, "<p style=\"font-size:13px;color:#5b6470\">");
    buf_add_html(&body->html, footer);
    if (url) {
        buf_printf(&body->text, "%s: %s\n", link_label, url);
        buf_add_text(&body->html, " <a href=\"");
        buf_add_html(&body->html, url);
        buf_add_text(&body->html, "\" style=\"color:#0b5cad\">");
        buf_add_html(&body->html, link_label);
        buf_add_text(&body->html, "</a>");
    }
    buf_add_text(&body->html, "</p></td></tr></table></td></tr></table></body></html>\n");
    *text = keep(body->arena, &body->text);
    *html = keep(body->arena, &body->html);
}

static char *keep(struct arena *arena, struct buf *buf)
{
    char *text = arena_strndup(arena, buf->data, buf->length);

    buf_clear(buf);
    return text;
}
