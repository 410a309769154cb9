/* gate_page.c - see the header. What stands here is read by scanners of mail too: of candidates no more than how many there are,
 * for how many jobs and how long it takes.
 */
#include "services/views/gate_page.h"

#include <string.h>

#include "common/base/str.h"
#include "common/http/http.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static const char *first_name(struct arena *arena, const char *name);
static const char *count_text(struct flow *flow, int64_t count);
static const char *heading_of(struct flow *flow, enum words_language language, const struct gate *gate);
static const char *jobs_of(struct flow *flow, enum words_language language, const struct gate *gate);
static const char *what_of(struct flow *flow, enum words_language language, const struct gate *gate);
static const char *reason_of(enum words_language language, const struct gate *gate);
static enum words_key heading_over(const struct gate *gate);
static const char *why_over(struct flow *flow, enum words_language language, const struct gate *gate);
static struct next *reply_closed(struct flow *flow, int status, const struct page *page, const char *const texts[3],
                                 const char *next);
static const char *ask_form(struct flow *flow, const char *label);
static const char *way_on(struct flow *flow, const char *label);

static const char gate_template[] =
#include "services/views/pages/page.html.inc"
    ;
static const char closed_template[] =
#include "services/views/pages/closed.html.inc"
    ;

struct next *gate_page_reply(struct flow *flow, const struct page *page, const struct gate *gate)
{
    enum words_language language = page->language;
    const char *first = first_name(flow->arena, gate->sender);

    return page_reply(flow, 200, page, gate_template,
                      (const struct page_value[]){
                          { "path", visitor_path(flow) },
                          { "session", gate->session },
                          { "first", first },
                          { "moment", words_moment(flow->arena, language, gate->expires_at) },
                          { "skip", words_text(language, PAGES_GATE_SKIP) },
                          { "reason", reason_of(language, gate) },
                          { "heading", heading_of(flow, language, gate) },
                          { "jobs", jobs_of(flow, language, gate) },
                          { "what", what_of(flow, language, gate) },
                          { "passcode", words_text(language, PAGES_GATE_PASSCODE) },
                          { "hint", words_text(language, PAGES_GATE_PASSCODE_HINT) },
                          { "personal", words_text(language, PAGES_GATE_PERSONAL) },
                          { "start", words_text(language, PAGES_GATE_START) },
                          { "told", words_say(flow->arena, language, PAGES_GATE_TOLD, { "first", first }) },
                          { "ask_when", words_text(language, PAGES_GATE_ASK_WHEN) },
                          { "ask", words_say(flow->arena, language, PAGES_GATE_ASK, { "first", first }) },
                          { "opening", words_text(language, PAGES_GATE_OPENING) },
                          { "no_script", words_text(language, PAGES_GATE_NO_SCRIPT) },
                          { "view", http_query(flow, "interview") || gate->candidate_count == 1 ? "of-interview" : "of-list" },
                          { NULL, NULL } });
}

static const char *heading_of(struct flow *flow, enum words_language language, const struct gate *gate)
{
    if (gate->candidate_count == 0) {
        return words_say(flow->arena, language, PAGES_GATE_EMPTY, { "sender", gate->sender });
    }
    return words_say(flow->arena, language, PAGES_GATE_HEADING, { "sender", gate->sender },
                     { "count", count_text(flow, gate->candidate_count) });
}

static const char *jobs_of(struct flow *flow, enum words_language language, const struct gate *gate)
{
    if (gate->job_count < 2) {
        return "";
    }
    return words_say(flow->arena, language, PAGES_GATE_JOBS, { "count", count_text(flow, gate->job_count) });
}

static const char *count_text(struct flow *flow, int64_t count)
{
    return arena_printf(flow->arena, "%lld", (long long)count);
}

/* "about 22 min · until Sunday, 13 December 2026, 10:00 (Europe/Amsterdam)" */
static const char *what_of(struct flow *flow, enum words_language language, const struct gate *gate)
{
    const char *length = gate->seconds > 0 ? words_minutes(flow->arena, language, gate->seconds) : "";
    const char *until = "";

    if (gate->expires_at) {
        until = words_say(flow->arena, language, PAGES_GATE_UNTIL,
                          { "moment", words_moment(flow->arena, language, gate->expires_at) });
    }
    return arena_printf(flow->arena, "%s%s%s", length, *length && *until ? " · " : "", until);
}

static const char *reason_of(enum words_language language, const struct gate *gate)
{
    return str_equal(gate->session, "over") ? words_text(language, PAGES_GATE_SESSION_OVER) : "";
}

/* What to call somebody: "Robin" of "Robin Castellanos"; all of it when it begins with a title. */
static const char *first_name(struct arena *arena, const char *name)
{
    size_t length = strcspn(name, " ");

    return name[length] && length > 1 && name[length - 1] != '.' ? arena_strndup(arena, name, length) : name;
}

struct next *gate_page_reply_over(struct flow *flow, const struct page *page, const struct gate *gate)
{
    const char *first = first_name(flow->arena, gate->sender);
    const char *texts[] = {
        words_text(page->language, heading_over(gate)),
        why_over(flow, page->language, gate),
        words_say(flow->arena, page->language, PAGES_CLOSED_WHOM, { "sender", gate->sender }),
    };

    return reply_closed(flow, 410, page, texts,
                        ask_form(flow, words_say(flow->arena, page->language, PAGES_CLOSED_ASK, { "first", first })));
}

const char *gate_page_why_over(struct flow *flow, const struct page *page, const struct gate *gate)
{
    return arena_printf(flow->arena, "%s. %s", words_text(page->language, heading_over(gate)),
                        why_over(flow, page->language, gate));
}

static enum words_key heading_over(const struct gate *gate)
{
    return gate->is_expired ? PAGES_CLOSED_EXPIRED : PAGES_CLOSED_DEACTIVATED;
}

static const char *why_over(struct flow *flow, enum words_language language, const struct gate *gate)
{
    const char *closed = words_moment(flow->arena, language, gate->closed_at);

    if (gate->is_expired) {
        return words_say(flow->arena, language, PAGES_CLOSED_EXPIRED_TEXT,
                         { "moment", words_moment(flow->arena, language, gate->expires_at) });
    }
    if (gate->closed_code && str_equal(gate->closed_code, "unusual_activity")) {
        return words_say(flow->arena, language, PAGES_CLOSED_UNUSUAL, { "moment", closed });
    }
    if (gate->closed_code && str_equal(gate->closed_code, "max_age")) {
        return words_say(flow->arena, language, PAGES_CLOSED_MAX_AGE, { "moment", closed });
    }
    return words_say(flow->arena, language, PAGES_CLOSED_BY_HAND, { "sender", gate->sender }, { "moment", closed });
}

struct next *gate_page_say(struct flow *flow, int status, enum words_key heading, enum words_key text, bool again)
{
    struct page page = { .language = words_choose(NULL, http_header(flow, "Accept-Language"), NULL) };
    const char *texts[] = { words_text(page.language, heading), words_text(page.language, text), "" };

    return reply_closed(flow, status, &page, texts, again ? way_on(flow, words_text(page.language, PAGES_AWAY_AGAIN)) : "");
}

struct next *gate_page_reply_asked(struct flow *flow, const struct page *page, const char *sender, bool is_open, bool is_basic)
{
    const char *first = first_name(flow->arena, sender);
    const char *texts[] = {
        words_say(flow->arena, page->language, PAGES_ASKED_HEADING, { "first", first }),
        is_open    ? words_text(page->language, PAGES_ASKED_HELP)
        : is_basic ? words_say(flow->arena, page->language, PAGES_ASKED_BY_HAND, { "first", first })
                   : words_say(flow->arena, page->language, PAGES_ASKED_NEW_LINK, { "first", first }),
        "",
    };

    return reply_closed(flow, 202, page, texts, way_on(flow, words_text(page->language, PAGES_ASKED_BACK)));
}

/* texts: heading, why, whom to ask. next: HTML of the way on, "" for none. */
static struct next *reply_closed(struct flow *flow, int status, const struct page *page, const char *const texts[3],
                                 const char *next)
{
    return page_reply(
        flow, status, page, closed_template,
        (const struct page_value[]){
            { "heading", texts[0] }, { "why", texts[1] }, { "whom", texts[2] }, { "html_next", next }, { NULL, NULL } });
}

static const char *ask_form(struct flow *flow, const char *label)
{
    struct buf form = { 0 };

    buf_add_text(&form, "<form class=\"ask\" method=\"post\" action=\"");
    buf_add_html(&form, visitor_path(flow));
    buf_add_text(&form, "/request-access\"><button id=\"ask\" class=\"primary\">");
    buf_add_html(&form, label);
    buf_add_text(&form, "</button></form>");
    const char *html = arena_strndup(flow->arena, form.data, form.length);
    buf_clear(&form);
    return html;
}

static const char *way_on(struct flow *flow, const char *label)
{
    struct buf link = { 0 };

    buf_add_text(&link, "<p class=\"ask\"><a class=\"button\" href=\"");
    buf_add_html(&link, visitor_path(flow));
    buf_add_text(&link, "\">");
    buf_add_html(&link, label);
    buf_add_text(&link, "</a></p>");
    const char *html = arena_strndup(flow->arena, link.data, link.length);
    buf_clear(&link);
    return html;
}
