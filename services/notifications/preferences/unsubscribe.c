/* unsubscribe.c - POST /u/{token}: stops mails, by a button of the page, or by a mail program's own (RFC 8058, one click: no
 * cookie, no page before it). The one click stops what the mail was about: its link, or all when it was about no one link.
 */
#include <string.h>
#include <strings.h>

#include "common/http/http.h"
#include "common/http/problem.h"
#include "common/http/router.h"
#include "services/notifications/preferences/unsubscribe.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/preferences/unsubscribe_page.h"

enum scope { SCOPE_NONE, SCOPE_LINK, SCOPE_ALL, SCOPE_ONE_CLICK };

/* In the order in which they run. */
static enum scope read_scope(struct flow *flow);
static enum scope scope_of_field(char *field);
static struct next *reply_stopped_link(struct flow *flow);
static struct next *reply_stopped_all(struct flow *flow);

struct next *unsubscribe(struct flow *flow)
{
    struct unsubscribe who, *kept = arena_alloc(flow->arena, sizeof *kept);

    if (!unsubscribe_open(flow->arena, flow->daemon, router_param(flow, "token"), &who)) {
        return unsubscribe_page_unknown(flow);
    }
    enum scope scope = read_scope(flow);
    if (scope == SCOPE_ONE_CLICK) {
        scope = *who.share_link_id ? SCOPE_LINK : SCOPE_ALL;
    }
    if (scope == SCOPE_NONE || (scope == SCOPE_LINK && !*who.share_link_id)) {
        return unsubscribe_page_tell(flow, &who, 400, PAGES_UNSUBSCRIBE_NO_CHOICE, PAGES_UNSUBSCRIBE_NO_CHOICE_TEXT);
    }
    *kept = who;
    flow->state = kept;
    struct unsubscribe_in in = {
        .account_id = who.account_id,
        .address = who.address,
        .share_link_id = who.share_link_id,
        .stops_all = scope == SCOPE_ALL,
    };
    return unsubscribe_query(flow, flow->daemon->pg, &in, scope == SCOPE_LINK ? reply_stopped_link : reply_stopped_all);
}

/* A form as browsers and mail programs send it; RFC 8058 allows both encodings. */
static enum scope read_scope(struct flow *flow)
{
    const char *type = http_header(flow, "Content-Type");
    size_t length;
    const char *body = http_body(flow, &length);
    char *fields = arena_strndup(flow->arena, body, length), *rest = NULL;
    enum scope scope = SCOPE_NONE;

    if (type && strncasecmp(type, "multipart/form-data", strlen("multipart/form-data")) == 0) {
        return strstr(fields, "name=\"List-Unsubscribe\"") && strstr(fields, "One-Click") ? SCOPE_ONE_CLICK : SCOPE_NONE;
    }
    for (char *field = strtok_r(fields, "&\r\n", &rest); field && scope == SCOPE_NONE; field = strtok_r(NULL, "&\r\n", &rest)) {
        scope = scope_of_field(field);
    }
    return scope;
}

static enum scope scope_of_field(char *field)
{
    if (!str_url_decode(field, true)) {
        return SCOPE_NONE;
    }
    if (str_equal(field, "List-Unsubscribe=One-Click")) {
        return SCOPE_ONE_CLICK;
    }
    return str_equal(field, "scope=link") ? SCOPE_LINK : str_equal(field, "scope=all") ? SCOPE_ALL : SCOPE_NONE;
}

static struct next *reply_stopped_link(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    return unsubscribe_page_tell(flow, flow->state, 200, PAGES_UNSUBSCRIBE_LINK_DONE, PAGES_UNSUBSCRIBE_LINK_DONE_TEXT);
}

static struct next *reply_stopped_all(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    return unsubscribe_page_tell(flow, flow->state, 200, PAGES_UNSUBSCRIBE_ALL_DONE, PAGES_UNSUBSCRIBE_ALL_DONE_TEXT);
}
