/* unsubscribe.c - POST /u/{token}: stops mails, by a button of the page, or by a mail program's own (RFC 8058, one click: no
 * cookie, no page before it). The one click stops what the mail was about: its link, or all when it was about no one link. What
 * was changed can be undone: the page that says so holds, sealed, what was before.
 */
#include <string.h>
#include <strings.h>

#include "common/http/http.h"
#include "common/http/problem.h"
#include "common/http/router.h"
#include "services/notifications/preferences/unsubscribe.sql.h"
#include "services/notifications/handlers.h"
#include "services/notifications/preferences/unsubscribe_page.h"

enum scope { SCOPE_NONE, SCOPE_LINK, SCOPE_ALL, SCOPE_DAILY, SCOPE_FIRST, SCOPE_UNDO, SCOPE_ONE_CLICK };

struct wish {
    struct unsubscribe who;
    enum scope scope;
    const char *before; /* what undo brings back, as unsubscribe.sql gave it; NULL for none */
};

/* In the order in which they run. */
static void read_wish(struct flow *flow, struct wish *wish);
static void read_field(struct flow *flow, struct wish *wish, char *field);
static const char *open_undo(struct flow *flow, const struct unsubscribe *who, const char *sealed);
static struct next *reply_done(struct flow *flow);
static const char *seal_undo(struct flow *flow, const struct unsubscribe *who, const char *undo);
static const char *bound_to(struct flow *flow, const struct unsubscribe *who);

static const struct {
    const char *name;
    enum words_key done, text;
} scopes[] = {
    [SCOPE_LINK] = { "link", PAGES_UNSUBSCRIBE_LINK_DONE, PAGES_UNSUBSCRIBE_LINK_DONE_TEXT },
    [SCOPE_ALL] = { "all", PAGES_UNSUBSCRIBE_ALL_DONE, PAGES_UNSUBSCRIBE_ALL_DONE_TEXT },
    [SCOPE_DAILY] = { "daily", PAGES_UNSUBSCRIBE_DAILY_DONE, PAGES_UNSUBSCRIBE_DAILY_DONE_TEXT },
    [SCOPE_FIRST] = { "first", PAGES_UNSUBSCRIBE_FIRST_DONE, PAGES_UNSUBSCRIBE_FIRST_DONE_TEXT },
    [SCOPE_UNDO] = { "undo", PAGES_UNSUBSCRIBE_UNDONE, PAGES_UNSUBSCRIBE_UNDONE_TEXT },
};

struct next *unsubscribe(struct flow *flow)
{
    struct wish *wish = arena_calloc(flow->arena, 1, sizeof *wish);

    if (!unsubscribe_open(flow->arena, flow->daemon, router_param(flow, "token"), &wish->who)) {
        return unsubscribe_page_unknown(flow);
    }
    read_wish(flow, wish);
    if (wish->scope == SCOPE_ONE_CLICK) {
        wish->scope = *wish->who.share_link_id ? SCOPE_LINK : SCOPE_ALL;
    }
    if (wish->scope == SCOPE_NONE || (wish->scope == SCOPE_LINK && !*wish->who.share_link_id) ||
        (wish->scope == SCOPE_UNDO && !wish->before)) {
        return unsubscribe_page_tell(flow, &wish->who, 400, PAGES_UNSUBSCRIBE_NO_CHOICE, PAGES_UNSUBSCRIBE_NO_CHOICE_TEXT, NULL);
    }
    flow->state = wish;
    struct unsubscribe_in in = {
        .account_id = wish->who.account_id,
        .address = wish->who.address,
        .share_link_id = wish->who.share_link_id,
        .wish = scopes[wish->scope].name,
        .before = wish->scope == SCOPE_UNDO ? wish->before : NULL,
    };
    return unsubscribe_query(flow, flow->daemon->pg, &in, reply_done);
}

/* A form as browsers and mail programs send it; RFC 8058 allows both encodings. */
static void read_wish(struct flow *flow, struct wish *wish)
{
    const char *type = http_header(flow, "Content-Type");
    size_t length;
    const char *body = http_body(flow, &length);
    char *fields = arena_strndup(flow->arena, body, length), *rest = NULL;

    if (type && strncasecmp(type, "multipart/form-data", strlen("multipart/form-data")) == 0) {
        bool is_click = strstr(fields, "name=\"List-Unsubscribe\"") && strstr(fields, "One-Click");
        wish->scope = is_click ? SCOPE_ONE_CLICK : SCOPE_NONE;
        return;
    }
    for (char *field = strtok_r(fields, "&\r\n", &rest); field; field = strtok_r(NULL, "&\r\n", &rest)) {
        read_field(flow, wish, field);
    }
}

/* The first scope counts. */
static void read_field(struct flow *flow, struct wish *wish, char *field)
{
    if (!str_url_decode(field, true)) {
        return;
    }
    if (str_starts_with(field, "before=")) {
        wish->before = open_undo(flow, &wish->who, field + strlen("before="));
    }
    if (wish->scope == SCOPE_NONE && str_equal(field, "List-Unsubscribe=One-Click")) {
        wish->scope = SCOPE_ONE_CLICK;
    }
    for (size_t i = SCOPE_LINK; wish->scope == SCOPE_NONE && i <= SCOPE_UNDO; i++) {
        if (str_starts_with(field, "scope=") && str_equal(field + strlen("scope="), scopes[i].name)) {
            wish->scope = (enum scope)i;
        }
    }
}

static const char *open_undo(struct flow *flow, const struct unsubscribe *who, const char *sealed)
{
    uint8_t box[1024];
    size_t length;
    long box_length = str_base64url_decode(box, sizeof box, sealed);

    return box_length > 0 ? crypto_open(flow->daemon->keyring, flow->arena, bound_to(flow, who), box, (size_t)box_length, &length)
                          : NULL;
}

static struct next *reply_done(struct flow *flow)
{
    const struct wish *wish = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct unsubscribe_out out = unsubscribe_get(flow, 0);
    if (out.outcome == UNSUBSCRIBE_CHANGED) {
        return unsubscribe_page_tell(flow, &wish->who, 400, PAGES_UNSUBSCRIBE_CHANGED, PAGES_UNSUBSCRIBE_CHANGED_TEXT, NULL);
    }
    const char *undo = wish->scope != SCOPE_UNDO && out.undo ? seal_undo(flow, &wish->who, out.undo) : NULL;
    return unsubscribe_page_tell(flow, &wish->who, 200, scopes[wish->scope].done, scopes[wish->scope].text, undo);
}

static const char *seal_undo(struct flow *flow, const struct unsubscribe *who, const char *undo)
{
    size_t length;
    const uint8_t *box = crypto_seal(flow->daemon->keyring, flow->arena, bound_to(flow, who), undo, strlen(undo), &length);
    char *sealed = arena_alloc(flow->arena, str_base64url_size(length));

    str_base64url(sealed, box, length);
    return sealed;
}

/* Nobody's undo is good for anybody else, or for another link. */
static const char *bound_to(struct flow *flow, const struct unsubscribe *who)
{
    return arena_printf(flow->arena, "undo of unsubscribe %s %s %s", who->account_id, who->address, who->share_link_id);
}
