/* unsubscribe_page.c - see the header. The form posts to the page's own address, which is all the authority there is: no
 * session, no cookie. */
#include "services/notifications/preferences/unsubscribe_page.h"

#include "common/http/http.h"
#include "common/base/str.h"

static const char frame_start[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n"
    "<title>Mails from Sharelink</title>\n<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { margin: 0; font: 1.0625rem/1.5 system-ui, sans-serif; }\n"
    "main { max-width: 38rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }\n"
    "button { display: block; margin: .8rem 0; padding: .8rem 1.4rem; font: inherit; font-weight: 600; color: #ffffff;\n"
    "  background: #0b5cad; border: 0; border-radius: .4rem; cursor: pointer; }\n"
    ":focus-visible { outline: 3px solid #e08a00; outline-offset: 2px; }\n"
    "</style>\n</head>\n<body>\n<main>\n";
static const char frame_end[] = "</main>\n</body>\n</html>\n";

static struct next *reply_page(struct flow *flow, int status, struct buf *page);

struct next *unsubscribe_page_ask(struct flow *flow, const struct unsubscribe *who)
{
    struct buf page = { 0 };

    buf_add_text(&page, frame_start);
    buf_add_text(&page, "<h1>Which mails do you want no more?</h1>\n<form method=\"post\">\n");
    if (*who->share_link_id) {
        buf_add_text(&page, "<button name=\"scope\" value=\"link\">No more mails about this share link</button>\n");
    }
    buf_add_text(&page, "<button name=\"scope\" value=\"all\">No more mails about any share link</button>\n</form>\n"
                        "<p>The mails that invite reviewers are sent all the same.</p>\n");
    buf_add_text(&page, frame_end);
    return reply_page(flow, 200, &page);
}

struct next *unsubscribe_page_say(struct flow *flow, int status, const char *heading, const char *text)
{
    struct buf page = { 0 };

    buf_add_text(&page, frame_start);
    buf_printf(&page, "<h1>%s</h1>\n<p>%s</p>\n", heading, text);
    buf_add_text(&page, frame_end);
    return reply_page(flow, status, &page);
}

struct next *unsubscribe_page_unknown(struct flow *flow)
{
    return unsubscribe_page_say(flow, 404, "This link does not work",
                                "It may be incomplete, or very old. Please use the link at the end of a newer mail.");
}

static struct next *reply_page(struct flow *flow, int status, struct buf *page)
{
    http_set_page_headers(
        flow, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", page->data, page->length);
    buf_clear(page);
    return next;
}
