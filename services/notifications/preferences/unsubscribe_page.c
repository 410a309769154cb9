/* unsubscribe_page.c - see the header. The form posts to the page's own address, which is all the authority there is: no
 * session, no cookie. */
#include "services/notifications/preferences/unsubscribe_page.h"

#include "common/http/http.h"
#include "common/base/str.h"

static const char frame_style[] =
    "</title>\n<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { margin: 0; font: 1.0625rem/1.5 system-ui, sans-serif; }\n"
    "main { max-width: 38rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }\n"
    "button { display: block; margin: .8rem 0; padding: .8rem 1.4rem; font: inherit; font-weight: 600; color: #ffffff;\n"
    "  background: #0b5cad; border: 0; border-radius: .4rem; cursor: pointer; }\n"
    ":focus-visible { outline: 3px solid #e08a00; outline-offset: 2px; }\n"
    "</style>\n</head>\n<body>\n<main>\n";
static const char frame_end[] = "</main>\n</body>\n</html>\n";

static enum words_language language_of(struct flow *flow, const struct unsubscribe *who);
static void start_page(struct buf *page, enum words_language language, enum words_key heading);
static void add_element(struct buf *page, const char *start, const char *text, const char *end);
static struct next *reply_page(struct flow *flow, enum words_language language, int status, struct buf *page);

struct next *unsubscribe_page_ask(struct flow *flow, const struct unsubscribe *who)
{
    enum words_language language = language_of(flow, who);
    struct buf page = { 0 };

    start_page(&page, language, PAGES_UNSUBSCRIBE_ASK);
    buf_add_text(&page, "<form method=\"post\">\n");
    if (*who->share_link_id) {
        add_element(&page, "<button name=\"scope\" value=\"link\">", words_text(language, PAGES_UNSUBSCRIBE_LINK_BUTTON),
                    "</button>\n");
    }
    add_element(&page, "<button name=\"scope\" value=\"all\">", words_text(language, PAGES_UNSUBSCRIBE_ALL_BUTTON),
                "</button>\n");
    add_element(&page, "</form>\n<p>", words_text(language, PAGES_UNSUBSCRIBE_INVITATIONS_GO_ON), "</p>\n");
    return reply_page(flow, language, 200, &page);
}

struct next *unsubscribe_page_tell(struct flow *flow, const struct unsubscribe *who, int status, enum words_key heading,
                                   enum words_key text)
{
    enum words_language language = language_of(flow, who);
    struct buf page = { 0 };

    start_page(&page, language, heading);
    add_element(&page, "<p>", words_text(language, text), "</p>\n");
    return reply_page(flow, language, status, &page);
}

struct next *unsubscribe_page_unknown(struct flow *flow)
{
    return unsubscribe_page_tell(flow, NULL, 404, PAGES_UNSUBSCRIBE_UNKNOWN, PAGES_UNSUBSCRIBE_UNKNOWN_TEXT);
}

static enum words_language language_of(struct flow *flow, const struct unsubscribe *who)
{
    return words_choose(NULL, http_header(flow, "Accept-Language"), who ? who->language : NULL);
}

static void start_page(struct buf *page, enum words_language language, enum words_key heading)
{
    buf_printf(page, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", words_tag(language));
    buf_add_text(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"robots\" content=\"noindex\">\n");
    add_element(page, "<title>", words_text(language, PAGES_UNSUBSCRIBE_TITLE), frame_style);
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
    buf_add_text(page, frame_end);
    http_set_page_headers(
        flow, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    http_set_header(flow, "Content-Language", words_tag(language));
    http_set_header(flow, "Vary", "Accept-Language");
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", page->data, page->length);
    buf_clear(page);
    return next;
}
