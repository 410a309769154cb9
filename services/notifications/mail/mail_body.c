/* mail_body.c - see the header. Colours are those of common/pages/base.css, inlined. */
#include "services/notifications/mail/mail_body.h"

#include <string.h>

#include "common/data/names.h"

#define OUR_ACCENT "#0b57a4"

/* Of HTML, after which a list ends: what stands below it has room. */
enum { LONG_BYTES = 48 * 1024 };

static void add_head(struct mail_body *body);
static void add_preheader(struct mail_body *body, const char *preheader);
static void add_brand(struct mail_body *body, const struct mail_look *look);
static void add_blocks(struct mail_body *body, const char *blocks);
static char *keep(struct arena *arena, struct buf *buf);

void mail_body_start(struct mail_body *body, struct arena *arena, enum words_language language, const struct mail_look *look,
                     const char *preheader)
{
    *body = (struct mail_body){ .arena = arena, .language = language };
    if (!accent_of(look->accent, &body->accent)) {
        accent_of(OUR_ACCENT, &body->accent);
    }
    add_head(body);
    add_preheader(body, preheader);
    buf_add_text(
        &body->html,
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\">"
        "<table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:600px;width:100%\">"
        "<tr><td class=\"sheet\" style=\"background:#ffffff;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',"
        "Roboto,Arial,sans-serif;color:#1b2430;overflow-wrap:anywhere\">");
    add_brand(body, look);
}

static void add_head(struct mail_body *body)
{
    const struct accent_scheme *dark = &body->accent.dark;

    buf_printf(&body->html, "<!doctype html><html lang=\"%s\" dir=\"ltr\"><head><meta charset=\"utf-8\">",
               words_tag(body->language));
    buf_add_text(&body->html, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                              "<meta name=\"color-scheme\" content=\"light dark\">"
                              "<meta name=\"supported-color-schemes\" content=\"light dark\">"
                              "<style>:root{color-scheme:light dark}@media (prefers-color-scheme:dark){"
                              ".ground{background:#12161c!important}.sheet{background:#1b212a!important;color:#e9ecf1!important}"
                              ".quiet{color:#a9b4c2!important}.quote{border-color:#323c49!important;color:#a9b4c2!important}");
    buf_printf(&body->html, ".button{background:%s!important}.button a{color:%s!important}.link{color:%s!important}",
               dark->accent, dark->on_accent, dark->accent);
    buf_add_text(&body->html, "}</style></head><body class=\"ground\" style=\"margin:0;background:#f6f5f1\">");
}

/* What nothing follows would be followed by the mail's first words: hence the blanks that no inbox shows. */
static void add_preheader(struct mail_body *body, const char *preheader)
{
    buf_add_text(&body->html, "<div dir=\"auto\" style=\"display:none;max-height:0;overflow:hidden;opacity:0;mso-hide:all\">");
    buf_add_html(&body->html, preheader);
    for (int i = 0; i < 60; i++) {
        buf_add_text(&body->html, "&#8199;&#847; ");
    }
    buf_add_text(&body->html, "</div>");
}

/* Who sends it, small: by the logo, which says the name where pictures are not shown; else by name. */
static void add_brand(struct mail_body *body, const struct mail_look *look)
{
    bool has_name = look->brand_name && *look->brand_name, has_logo = look->logo_url && *look->logo_url;

    if (has_name) {
        buf_printf(&body->text, "%s\n\n", look->brand_name);
    }
    if (!has_name && !has_logo) {
        return;
    }
    buf_add_text(&body->html,
                 "<p dir=\"auto\" class=\"quiet\" style=\"margin:0 0 24px;font-size:14px;font-weight:bold;color:#55606e\">");
    if (has_logo) {
        buf_add_text(&body->html, "<img src=\"");
        buf_add_html(&body->html, look->logo_url);
        buf_add_text(&body->html, "\" height=\"40\" style=\"height:40px;max-width:240px;border:0\" alt=\"");
        buf_add_html(&body->html, has_name ? look->brand_name : "");
        buf_add_text(&body->html, "\">");
    } else {
        buf_add_html(&body->html, look->brand_name);
    }
    buf_add_text(&body->html, "</p>");
}

void mail_body_hello(struct mail_body *body, const char *name)
{
    const char *first = names_first(body->arena, name);

    if (*first) {
        mail_body_say(body, NULL, MAILS_HELLO, { "name", first });
    } else {
        mail_body_tell(body, MAILS_HELLO_NOBODY);
    }
}

void mail_body_paragraph(struct mail_body *body, const char *strong, enum words_key key, const struct words_value *values)
{
    buf_printf(&body->text, "%s\n\n", words_fill(body->arena, body->language, key, values));
    buf_printf(&body->html, "<p>%s</p>", words_fill_html(body->arena, body->language, key, values, strong));
}

void mail_body_lead(struct mail_body *body, const char *strong, enum words_key key, const struct words_value *values)
{
    buf_printf(&body->text, "%s\n\n", words_fill(body->arena, body->language, key, values));
    buf_printf(&body->html, "<h1 style=\"margin:0 0 16px;font-size:20px;font-weight:normal;line-height:1.35\">%s</h1>",
               words_fill_html(body->arena, body->language, key, values, strong));
}

void mail_body_line_of(struct mail_body *body, enum words_key key, const struct words_value *values)
{
    buf_printf(&body->text, "%s\n", words_fill(body->arena, body->language, key, values));
    buf_printf(&body->html, "<p style=\"margin:0 0 4px\">%s</p>",
               words_fill_html(body->arena, body->language, key, values, NULL));
}

void mail_body_gap(struct mail_body *body)
{
    if (body->text.length > 1 && memcmp(body->text.data + body->text.length - 2, "\n\n", 2) != 0) {
        buf_add_char(&body->text, '\n');
    }
}

void mail_body_time(struct mail_body *body, enum words_key label, const char *time)
{
    const struct words_value values[] = { { "label", words_text(body->language, label) }, { "value", time }, { NULL, NULL } };

    buf_printf(&body->text, "%s\n\n", words_fill(body->arena, body->language, MAILS_FACT, values));
    buf_printf(&body->html, "<p class=\"quiet\" style=\"margin:0 0 12px;font-size:14px;color:#55606e\">%s</p>",
               words_fill_html(body->arena, body->language, MAILS_FACT, values, NULL));
}

void mail_body_tell(struct mail_body *body, enum words_key key)
{
    mail_body_paragraph(body, NULL, key, (const struct words_value[]){ { NULL, NULL } });
}

void mail_body_fact(struct mail_body *body, enum words_key label, const char *value, enum mail_body_value how)
{
    const char *said = words_text(body->language, label);
    const struct words_value values[] = { { "label", said }, { "value", value }, { NULL, NULL } };
    const char *html = words_fill_html(body->arena, body->language, MAILS_FACT, values, how == MAIL_BODY_CODE ? "value" : NULL);

    buf_printf(&body->text, "%s\n\n", words_say(body->arena, body->language, MAILS_FACT, { "label", said }, { "value", value }));
    buf_printf(&body->html, how == MAIL_BODY_CODE ? "<p style=\"font-variant-numeric:tabular-nums\">%s</p>" : "<p>%s</p>", html);
}

void mail_body_heading(struct mail_body *body, const char *heading, const char *url)
{
    buf_printf(&body->text, url ? "%s\n%s\n\n" : "%s\n\n", heading, url);
    buf_add_text(&body->html, "<h2 dir=\"auto\" style=\"font-size:16px;margin:24px 0 8px\">");
    if (url) {
        buf_add_text(&body->html, "<a class=\"link\" href=\"");
        buf_add_html(&body->html, url);
        buf_printf(&body->html, "\" style=\"color:%s\">", body->accent.light.accent);
    }
    buf_add_html(&body->html, heading);
    buf_add_text(&body->html, url ? "</a></h2>" : "</h2>");
}

void mail_body_phrase_add(const struct mail_body *body, struct mail_phrases *phrases, enum words_key key,
                          const struct words_value *values)
{
    const char *comma = phrases->text.length > 0 ? ", " : "";

    buf_printf(&phrases->text, "%s%s", comma, words_fill(body->arena, body->language, key, values));
    buf_printf(&phrases->html, "%s%s", comma, words_fill_html(body->arena, body->language, key, values, NULL));
}

void mail_body_phrases(struct mail_body *body, enum words_key label, struct mail_phrases *phrases)
{
    const char *said = words_text(body->language, label);

    if (phrases->text.length > 0) {
        buf_printf(&body->text, "%s %s.\n\n", said, phrases->text.data);
        buf_printf(&body->html, "<p class=\"quiet\" style=\"margin:0 0 12px;color:#55606e\">%s %s.</p>", said,
                   phrases->html.data);
    }
    buf_clear(&phrases->text);
    buf_clear(&phrases->html);
}

void mail_body_list_start(struct mail_body *body)
{
    buf_add_text(&body->html, "<ul style=\"padding-left:24px;margin:12px 0\">");
}

void mail_body_item(struct mail_body *body, enum words_key key, const struct words_value *values)
{
    buf_printf(&body->text, "- %s\n", words_fill(body->arena, body->language, key, values));
    buf_printf(&body->html, "<li style=\"margin:4px 0\">%s</li>",
               words_fill_html(body->arena, body->language, key, values, NULL));
}

void mail_body_list_end(struct mail_body *body)
{
    buf_add_text(&body->text, "\n");
    buf_add_text(&body->html, "</ul>");
}

void mail_body_quote(struct mail_body *body, const char *words, size_t characters_most)
{
    words = mail_body_cut(body, words, characters_most);
    buf_add_text(&body->html, "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:8px 0\"><tr><td "
                              "dir=\"auto\" class=\"quote\" "
                              "style=\"border-left:3px solid #d5d8dd;padding:2px 0 2px 14px;color:#55606e\">");
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

const char *mail_body_cut(const struct mail_body *body, const char *words, size_t characters_most)
{
    size_t length = 0;

    for (size_t i = 0; i < characters_most && words[length]; i++) {
        do {
            length++;
        } while (((unsigned char)words[length] & 0xC0) == 0x80);
    }
    return words[length] ? arena_printf(body->arena, "%.*s\xE2\x80\xA6", (int)length, words) : words;
}

/* lang="": nobody says which language it is in, so it is not said to be in ours. */
void mail_body_markdown(struct mail_body *body, const char *source, const struct placeholder *values)
{
    buf_printf(&body->text, "%s\n\n", markdown_text(body->arena, source, values));
    buf_add_text(&body->html, "<div lang=\"\">");
    add_blocks(body, markdown_html(body->arena, source, values));
    buf_add_text(&body->html, "</div>");
}

/* Each block of text gets a direction of its own; of a list the list, for a browser looks past items that have one. Links get our
 * colour. A tag stands here only where Markdown made it: text is escaped. */
static void add_blocks(struct mail_body *body, const char *blocks)
{
    static const char *const tags[] = { "<p>", "<h1>", "<h2>", "<h3>", "<h4>", "<h5>", "<h6>", "<ul>", "<ol>" };

    for (const char *open; (open = strchr(blocks, '<'));) {
        size_t length = 1;
        buf_add(&body->html, blocks, (size_t)(open - blocks));
        for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
            if (str_starts_with(open, tags[i])) {
                length = strlen(tags[i]);
                buf_printf(&body->html, "%.*s dir=\"auto\">", (int)length - 1, open);
                break;
            }
        }
        if (str_starts_with(open, "<a ")) {
            length = strlen("<a ");
            buf_printf(&body->html, "<a class=\"link\" style=\"color:%s\" ", body->accent.light.accent);
        }
        if (length == 1) {
            buf_add_char(&body->html, '<');
        }
        blocks = open + length;
    }
    buf_add_text(&body->html, blocks);
}

/* The cell has the padding, which Outlook ignores on a link. */
void mail_body_button(struct mail_body *body, const char *label, const char *url)
{
    const struct accent_scheme *light = &body->accent.light;

    buf_printf(&body->text, "%s: %s\n\n", label, url);
    buf_printf(
        &body->html,
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:24px 0 12px\"><tr><td class=\"button\" "
        "style=\"background:%s;border-radius:8px;padding:12px 24px\"><a href=\"",
        light->accent);
    buf_add_html(&body->html, url);
    buf_printf(&body->html, "\" style=\"display:block;color:%s;text-decoration:none;font-weight:bold\">", light->on_accent);
    buf_add_html(&body->html, label);
    buf_add_text(&body->html, "</a></td></tr></table><p class=\"quiet\" style=\"margin:0 0 24px;font-size:14px;color:#55606e\">");
    buf_add_html(&body->html, words_text(body->language, MAILS_OR_COPY));
    buf_add_text(&body->html, "<br><bdi dir=\"ltr\" style=\"word-break:break-all\">");
    buf_add_html(&body->html, url);
    buf_add_text(&body->html, "</bdi></p>");
}

bool mail_body_is_long(const struct mail_body *body)
{
    return body->html.length > LONG_BYTES;
}

void mail_body_end(struct mail_body *body, const char *footer, const char *link_label, const char *url, const char **text,
                   const char **html)
{
    buf_printf(&body->text, "%s\n", footer);
    buf_add_text(&body->html, "<p class=\"quiet\" style=\"font-size:14px;color:#55606e\">");
    buf_add_html(&body->html, footer);
    if (url) {
        buf_printf(&body->text, "%s: %s\n", link_label, url);
        buf_add_text(&body->html, " <a class=\"link\" href=\"");
        buf_add_html(&body->html, url);
        buf_printf(&body->html, "\" style=\"color:%s\">", body->accent.light.accent);
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
