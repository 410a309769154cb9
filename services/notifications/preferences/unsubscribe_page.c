/* unsubscribe_page.c - see the header. The form posts to the page's own address, which is all the authority there is: no
 * session, no cookie. */
#include "services/notifications/preferences/unsubscribe_page.h"

#include "common/http/http.h"
#include "common/base/str.h"

static const char style[] =
#include "common/pages/base.css.inc"
    "main { max-width: 34rem; margin: 0 auto; padding: 6vh var(--space-4) 4rem; }\n"
    "section { padding: var(--space-5); background: var(--raised); border: 1px solid var(--line); border-radius: var(--radius);"
    " overflow-wrap: anywhere; }\n"
    "h1 { margin: 0 0 var(--space-3); font-size: var(--text-xl); line-height: 1.25; }\n"
    "p { margin: var(--space-2) 0; }\n"
    ".quiet { color: var(--quiet); font-size: var(--text-s); }\n"
    "button { display: block; inline-size: 100%; min-block-size: 2.75rem; margin: var(--space-3) 0 0; padding: var(--space-3) "
    "var(--space-4);"
    " font: inherit; color: var(--text); background: none; border: 1px solid var(--edge); border-radius: var(--radius);"
    " text-align: start; cursor: pointer; }\n"
    "button:hover { border-color: var(--accent); }\n"
    "button strong, button span { display: block; }\n"
    "button strong { color: var(--accent); }\n"
    "button[aria-current] { border-color: var(--accent); background: var(--tint); }\n";

struct option {
    const char *scope;
    enum words_key label, text;
    bool is_offered, is_present;
};

static enum words_language language_of(struct flow *flow, const struct unsubscribe *who);
static void start_page(struct buf *page, enum words_language language, enum words_key heading);
static void add_option(struct buf *page, enum words_language language, const struct option *option);
static void add_undo(struct buf *page, enum words_language language, const char *undo);
static void add_element(struct buf *page, const char *start, const char *text, const char *end);
static struct next *reply_page(struct flow *flow, enum words_language language, int status, struct buf *page);

struct next *unsubscribe_page_ask(struct flow *flow, const struct unsubscribe *who, const struct unsubscribe_present *present)
{
    enum words_language language = language_of(flow, who);
    struct buf page = { 0 };
    const struct option options[] = {
        { "daily", PAGES_UNSUBSCRIBE_DAILY_BUTTON, PAGES_UNSUBSCRIBE_DAILY_TEXT, true, present->is_daily },
        { "first", PAGES_UNSUBSCRIBE_FIRST_BUTTON, PAGES_UNSUBSCRIBE_FIRST_TEXT, true, present->is_first },
        { "link", PAGES_UNSUBSCRIBE_LINK_BUTTON, PAGES_UNSUBSCRIBE_LINK_TEXT, *who->share_link_id != 0, present->is_muted },
        { "all", PAGES_UNSUBSCRIBE_ALL_BUTTON, PAGES_UNSUBSCRIBE_ALL_TEXT, true, present->is_off },
    };

    start_page(&page, language, PAGES_UNSUBSCRIBE_ASK);
    if (present->title) {
        buf_printf(&page, "<p>%s</p>\n",
                   words_fill_html(flow->arena, language, PAGES_UNSUBSCRIBE_ABOUT,
                                   (const struct words_value[]){ { "title", present->title }, { NULL, NULL } }, "title"));
    }
    buf_add_text(&page, "<form method=\"post\">\n");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].is_offered) {
            add_option(&page, language, &options[i]);
        }
    }
    add_element(&page, "</form>\n<p class=\"quiet\">", words_text(language, PAGES_UNSUBSCRIBE_INVITATIONS_GO_ON), "</p>\n");
    return reply_page(flow, language, 200, &page);
}

static void add_option(struct buf *page, enum words_language language, const struct option *option)
{
    buf_printf(page, "<button name=\"scope\" value=\"%s\"%s>", option->scope, option->is_present ? " aria-current=\"true\"" : "");
    add_element(page, "<strong>", words_text(language, option->label), "</strong>");
    add_element(page, "<span class=\"quiet\">", words_text(language, option->text), "</span>");
    if (option->is_present) {
        add_element(page, "<span class=\"quiet\">", words_text(language, PAGES_UNSUBSCRIBE_NOW), "</span>");
    }
    buf_add_text(page, "</button>\n");
}

struct next *unsubscribe_page_tell(struct flow *flow, const struct unsubscribe *who, int status, enum words_key heading,
                                   enum words_key text, const char *undo)
{
    enum words_language language = language_of(flow, who);
    struct buf page = { 0 };

    start_page(&page, language, heading);
    add_element(&page, "<p>", words_text(language, text), "</p>\n");
    if (undo) {
        add_undo(&page, language, undo);
    }
    if (who) {
        add_element(&page, "<p><a href=\"\">", words_text(language, PAGES_UNSUBSCRIBE_OTHER), "</a></p>\n");
    }
    return reply_page(flow, language, status, &page);
}

static void add_undo(struct buf *page, enum words_language language, const char *undo)
{
    buf_printf(page, "<form method=\"post\">\n<input type=\"hidden\" name=\"before\" value=\"%s\">\n", undo);
    add_element(page, "<button name=\"scope\" value=\"undo\"><strong>", words_text(language, PAGES_UNSUBSCRIBE_UNDO),
                "</strong></button>\n</form>\n");
}

struct next *unsubscribe_page_unknown(struct flow *flow)
{
    return unsubscribe_page_tell(flow, NULL, 404, PAGES_UNSUBSCRIBE_UNKNOWN, PAGES_UNSUBSCRIBE_UNKNOWN_TEXT, NULL);
}

static enum words_language language_of(struct flow *flow, const struct unsubscribe *who)
{
    return words_choose(NULL, http_header(flow, "Accept-Language"), who ? who->language : NULL);
}

static void start_page(struct buf *page, enum words_language language, enum words_key heading)
{
    buf_printf(page, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", words_tag(language));
    buf_add_text(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"robots\" content=\"noindex\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    add_element(page, "<title>", words_text(language, heading), "</title>\n<style>\n");
    buf_add_text(page, style);
    add_element(page, "</style>\n</head>\n<body>\n<main>\n<section>\n<p class=\"quiet\">",
                words_text(language, PAGES_UNSUBSCRIBE_TITLE), "</p>\n");
    add_element(page, "<h1>", words_text(language, heading), "</h1>\n");
}

/* The text is escaped; what stands around it is not. */
static void add_element(struct buf *page, const char *start, const char *text, const char *end)
{
    buf_add_text(page, start);
    buf_add_html(page, text);
    buf_add_text(page, end);
}

static struct next *reply_page(struct flow *flow, enum words_language language, int status, struct buf *page)
{
    buf_add_text(page, "</section>\n</main>\n</body>\n</html>\n");
    http_set_page_headers(
        flow, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    http_set_header(flow, "Content-Language", words_tag(language));
    http_set_header(flow, "Vary", "Accept-Language");
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", page->data, page->length);
    buf_clear(page);
    return next;
}
