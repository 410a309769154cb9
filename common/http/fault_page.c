/* fault_page.c - see the header. nginx has the same page for what it says itself (deploy/nginx/door.conf.template). */
#include "common/http/fault_page.h"

#include <string.h>
#include <strings.h>

#include "common/base/str.h"
#include "common/http/request.h"

/* The digest of what stands in <style>; a test compares. */
#define STYLE       "sha256-R/gBrtokNidIsPLnNb1tLL/HvXWblo2GZvW5k8NspnY="
#define POLICY      "default-src 'none'; style-src '" STYLE "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define PERMISSIONS "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

static bool names_html(const char *range, size_t length);
static struct http_fault_words words_of(int status, enum words_language language);
static struct http_fault_words english_of(int status);
static void add_reference(struct buf *to, enum words_language language, const char *request_id);
static void fill_in(struct buf *to, const char *name, size_t length, const struct http_fault_words *words,
                    const char *request_id);

static const char template[] =
#include "common/http/fault.html.inc"
    ;

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
    struct buf page = { 0 };

    if (!fault_page_is_wanted(http_header(flow, "Accept"), http_path(flow))) {
        return NULL;
    }
    struct http_fault_words words = words_of(status, words_choose(NULL, http_header(flow, "Accept-Language"), NULL));
    if (options->fault_words) {
        options->fault_words(flow, status, code, &words);
    }
    for (const struct http_reply_field *at = fault_page_fields(); at; at = at->next) {
        http_set_header(flow, at->name, at->value);
    }
    http_set_header(flow, "Content-Language", words_tag(words.language));
    http_set_header(flow, "Vary", "Accept-Language");
    fault_page_text(&page, status, &words, flow->request_id);
    struct next *next = http_reply(flow, status, "text/html; charset=utf-8", page.data, page.length);
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

void fault_page_text(struct buf *to, int status, const struct http_fault_words *words, const char *request_id)
{
    const char *from = template;
    struct http_fault_words own = words_of(status, WORDS_EN);

    for (const char *open; (open = strstr(from, "{{"));) {
        const char *close = strstr(open, "}}");
        buf_add(to, from, (size_t)(open - from));
        fill_in(to, open + 2, (size_t)(close - open - 2), words ? words : &own, request_id);
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
    } else if (strncmp(name, "kicker", length) == 0) {
        buf_add_html(to, words_text(words->language, PAGES_GATE_TITLE));
    } else if (words->href) {
        buf_add_text(to, "<a href=\"");
        buf_add_html(to, words->href);
        buf_add_text(to, "\">");
        buf_add_html(to, words->label);
        buf_add_text(to, "</a>");
    }
}

static void add_reference(struct buf *to, enum words_language language, const char *request_id)
{
    struct arena *arena = arena_new();

    buf_add_html(to, words_say(arena, language, PAGES_FAULT_REFERENCE, { "id", request_id }));
    arena_free(arena);
}

/* In the reader's language what readers of links meet; the rest is English, and says so. */
static struct http_fault_words words_of(int status, enum words_language language)
{
    static const struct {
        int status;
        enum words_key heading, text;
    } known[] = {
        { 404, PAGES_FAULT_NOTHING, PAGES_FAULT_NOTHING_TEXT },
        { 429, PAGES_AWAY_HEADING, PAGES_FAULT_MANY_TEXT },
        { 503, PAGES_AWAY_HEADING, PAGES_AWAY_TEXT },
    };

    for (size_t i = 0; language != WORDS_EN && i < sizeof known / sizeof known[0]; i++) {
        if (known[i].status == status) {
            return (struct http_fault_words){ .heading = words_text(language, known[i].heading),
                                              .text = words_text(language, known[i].text),
                                              .language = language };
        }
    }
    return english_of(status);
}

/* What a reader can do, whatever it was about. */
static struct http_fault_words english_of(int status)
{
    static const struct {
        int status;
        struct http_fault_words words;
    } known[] = {
        { 401,
          { "This page is closed", "Open the link from the mail again; it asks for the passcode that stands there.", NULL, NULL,
            WORDS_EN } },
        { 403,
          { "This cannot be done from here", "Open the link from the mail again and go on from there.", NULL, NULL, WORDS_EN } },
        { 404,
          { "There is nothing at this address",
            "It may have been copied in part. Open the link from the mail again, or ask the person who sent it to you.", NULL,
            NULL, WORDS_EN } },
        { 405,
          { "This address cannot be opened", "Open the link from the mail again and go on from there.", NULL, NULL, WORDS_EN } },
        { 410, { "This link is over", "Ask the person who shared it for a new one.", NULL, NULL, WORDS_EN } },
        { 413, { "That was too large", "Please go back and send less at once.", NULL, NULL, WORDS_EN } },
        { 416, { "There is no such part of this file", "Please go back and open the file again.", NULL, NULL, WORDS_EN } },
        { 429,
          { "One moment, please", "There were many requests. Wait a little, then load this page again.", NULL, NULL, WORDS_EN } },
        { 500,
          { "Something went wrong on our side",
            "Please try again in a minute. If it stays so, tell the person who sent you the link, with the reference below.",
            NULL, NULL, WORDS_EN } },
        { 502,
          { "This file is not here any more", "The person who shared it can put it in its place again.", NULL, NULL, WORDS_EN } },
        { 503,
          { "One moment, please", "The page cannot be reached just now. Please load it again in a minute.", NULL, NULL,
            WORDS_EN } },
    };
    static const struct http_fault_words other = {
        "That did not arrive in one piece",
        "Please open the link from the mail again. If that does not help, ask the person who sent it to you for a new one.", NULL,
        NULL, WORDS_EN
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].status == status) {
            return known[i].words;
        }
    }
    return other;
}
