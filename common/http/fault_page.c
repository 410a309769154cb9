/* fault_page.c - see the header. nginx has the same page for what it says itself: deploy/nginx/make-faults makes it of the
 * template and of the table of texts here. */
#include "common/http/fault_page.h"

#include <string.h>
#include <strings.h>

#include "common/base/str.h"
#include "common/http/request.h"

/* The digest of what stands in <style>; a test compares. */
#define STYLE       "sha256-qIQ9aGmVk5fWsgfhOpZmA5yz18AuqYWIguCDnGY4vZI="
#define POLICY      "default-src 'none'; style-src '" STYLE "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define PERMISSIONS "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

static bool names_html(const char *range, size_t length);
static enum words_language language_of(const char *accepted);
static struct http_fault_words words_of(int status, enum words_language language);
static void add_page(struct buf *to, const struct http_fault_words *words, const char *request_id);
static void add_reference(struct buf *to, enum words_language language, const char *request_id);
static void fill_in(struct buf *to, const char *name, size_t length, const struct http_fault_words *words,
                    const char *request_id);

static const char template[] =
#include "common/http/fault.html.inc"
    ;

/* By status: heading and text. 426 is nginx's word to who came without https; the last is of all others. */
static const struct {
    int status;
    enum words_key heading, text;
} texts[] = {
    { 401, PAGES_FAULT_CLOSED, PAGES_FAULT_CLOSED_TEXT },   { 403, PAGES_FAULT_REFUSED, PAGES_FAULT_FROM_MAIL_TEXT },
    { 404, PAGES_FAULT_NOTHING, PAGES_FAULT_NOTHING_TEXT }, { 405, PAGES_FAULT_NOT_HERE, PAGES_FAULT_FROM_MAIL_TEXT },
    { 408, PAGES_FAULT_LATE, PAGES_FAULT_LATE_TEXT },       { 410, PAGES_FAULT_OVER, PAGES_FAULT_OVER_NEW_TEXT },
    { 413, PAGES_FAULT_LARGE, PAGES_FAULT_LARGE_TEXT },     { 416, PAGES_FAULT_NO_PART, PAGES_FAULT_NO_PART_TEXT },
    { 426, PAGES_FAULT_UNSAFE, PAGES_FAULT_UNSAFE_TEXT },   { 429, PAGES_AWAY_HEADING, PAGES_FAULT_MANY_TEXT },
    { 500, PAGES_FAULT_OWN, PAGES_FAULT_OWN_TEXT },         { 502, PAGES_FAULT_FILE, PAGES_FAULT_FILE_TEXT },
    { 503, PAGES_AWAY_HEADING, PAGES_AWAY_TEXT },           { 0, PAGES_FAULT_BROKEN, PAGES_FAULT_BROKEN_TEXT },
};

bool fault_page_is_wanted(const char *accept, const char *path)
{
    bool is_of_api = path && str_starts_with(path, "/v1") && (!path[3] || strchr("/?", path[3]));

    while (accept && *accept && !is_of_api) {
        size_t length = strcspn(accept, ",");
        if (names_html(accept, length)) {
            return true;
        }
        accept += length + (accept[length] == ',');
    }
    return false;
}

/* One range of Accept; with q=0 it is not wanted. */
static bool names_html(const char *range, size_t length)
{
    static const char html[] = "text/html";
    size_t blanks = strspn(range, " \t"), named = blanks + sizeof html - 1;

    if (length < named || strncasecmp(range + blanks, html, sizeof html - 1) != 0) {
        return false;
    }
    const char *rest = range + named, *end = range + length;
    rest += strspn(rest, " \t");
    if (rest < end && *rest != ';') {
        return false;
    }
    for (; rest < end; rest += 1 + strcspn(rest + 1, ";,")) {
        const char *parameter = rest + 1 + strspn(rest + 1, " \t");
        if (strncasecmp(parameter, "q=", 2) == 0) {
            return parameter[2 + strspn(parameter + 2, "0.")] >= '1' && parameter[2 + strspn(parameter + 2, "0.")] <= '9';
        }
    }
    return true;
}

struct next *fault_page_reply(struct flow *flow, int status, const char *code)
{
    const struct http_server_options *options = http_options(flow);
    struct http_fault fault = { status, code };

    if (!fault_page_is_wanted(http_header(flow, "Accept"), http_path(flow))) {
        return NULL;
    }
    struct next *next = options->fault_reader ? options->fault_reader(flow, &fault) : NULL;
    return next ? next : http_fault_page(flow, &fault, language_of(http_header(flow, "Accept-Language")), NULL);
}

static enum words_language language_of(const char *accepted)
{
    return words_choose(NULL, accepted, NULL);
}

struct next *http_fault_page(struct flow *flow, const struct http_fault *fault, enum words_language language, const char *locale)
{
    const struct http_server_options *options = http_options(flow);
    struct http_fault_words words = words_of(fault->status, language);
    struct buf page = { 0 };

    if (options->fault_words) {
        options->fault_words(flow, fault, &words);
    }
    words.direction = words_direction(locale);
    for (const struct http_reply_field *at = fault_page_fields(); at; at = at->next) {
        http_set_header(flow, at->name, at->value);
    }
    http_set_header(flow, "Content-Language", words_tag(language));
    http_set_header(flow, "Vary", "Accept-Language");
    add_page(&page, &words, flow->request_id);
    struct next *next = http_reply(flow, fault->status, "text/html; charset=utf-8", page.data, page.length);
    buf_clear(&page);
    return next;
}

const struct http_reply_field *fault_page_fields(void)
{
    static struct http_reply_field policy = { "Content-Security-Policy", POLICY, NULL };
    static struct http_reply_field permissions = { "Permissions-Policy", PERMISSIONS, &policy };
    static struct http_reply_field opener = { "Cross-Origin-Opener-Policy", "same-origin", &permissions };
    static struct http_reply_field referrer = { "Referrer-Policy", "no-referrer", &opener };
    static struct http_reply_field robots = { "X-Robots-Tag", "noindex", &referrer };
    static struct http_reply_field frame = { "X-Frame-Options", "DENY", &robots };

    return &frame;
}

void http_set_page_headers(struct flow *flow, const char *security_policy)
{
    for (const struct http_reply_field *at = fault_page_fields(); at; at = at->next) {
        http_set_header(flow, at->name, at->value);
    }
    http_set_header(flow, "Content-Security-Policy", security_policy);
}

void fault_page_text(struct buf *to, int status, const char *accepted, const char *request_id)
{
    struct http_fault_words words = words_of(status, language_of(accepted));

    words.direction = words_direction(NULL);
    add_page(to, &words, request_id);
}

static void add_page(struct buf *to, const struct http_fault_words *words, const char *request_id)
{
    const char *from = template;

    for (const char *open; (open = strstr(from, "{{"));) {
        const char *close = strstr(open, "}}");
        buf_add(to, from, (size_t)(open - from));
        fill_in(to, open + 2, (size_t)(close - open - 2), words, request_id);
        from = close + 2;
    }
    buf_add_text(to, from);
}

static void fill_in(struct buf *to, const char *name, size_t length, const struct http_fault_words *words, const char *request_id)
{
    if (strncmp(name, "heading", length) == 0) {
        buf_add_html(to, words->heading);
    } else if (strncmp(name, "text", length) == 0) {
        buf_add_html(to, words->text);
    } else if (strncmp(name, "reference", length) == 0) {
        add_reference(to, words->language, request_id);
    } else if (strncmp(name, "language", length) == 0) {
        buf_add_text(to, words_tag(words->language));
    } else if (strncmp(name, "direction", length) == 0) {
        buf_add_text(to, words->direction);
    } else if (strncmp(name, "kicker", length) == 0) {
        buf_add_html(to, words_text(words->language, PAGES_GATE_TITLE));
    } else if (words->href) {
        buf_add_text(to, "<p class=\"ask\"><a href=\"");
        buf_add_html(to, words->href);
        buf_add_text(to, "\">");
        buf_add_html(to, words->label);
        buf_add_text(to, "</a></p>");
    }
}

static void add_reference(struct buf *to, enum words_language language, const char *request_id)
{
    struct arena *arena = arena_new();

    buf_add_html(to, words_say(arena, language, PAGES_FAULT_REFERENCE, { "id", request_id }));
    arena_free(arena);
}

/* What a reader can do, whatever it was about. */
static struct http_fault_words words_of(int status, enum words_language language)
{
    size_t last = sizeof texts / sizeof texts[0] - 1, at = 0;

    while (at < last && texts[at].status != status) {
        at++;
    }
    return (struct http_fault_words){ .heading = words_text(language, texts[at].heading),
                                      .text = words_text(language, texts[at].text),
                                      .language = language };
}
