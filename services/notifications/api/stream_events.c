/* stream_events.c - GET /v1/events/stream: the account's events as they happen, as Server-Sent Events; with Last-Event-ID from
 * where a stream was cut. */
#include "common/daemon/session.h"
#include "common/data/id.h"
#include "common/data/idn.h"
#include "common/http/fields.h"
#include "common/http/parameters.h"
#include "services/notifications/api/event_names.h"
#include "services/notifications/api/find_position.sql.h"
#include "services/notifications/feed/feed.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"

/* In the order in which they run. */
static void read_query(struct flow *flow, struct feed_wish *wish, struct faults *faults);
static bool note_unknown(void *arg, const char *name, const char *value);
static struct next *go_on_from(struct flow *flow);
static struct next *listen_when_read(struct flow *flow);
static struct next *listen(struct flow *flow);
static struct next *refuse_crowd(struct flow *flow, const char *crowd);
static struct next *refuse_unready(struct flow *flow);

struct next *stream_events(struct flow *flow)
{
    struct feed *feed = notifications_of(flow)->feed;
    struct faults *faults = faults_new(flow->arena);
    struct feed_wish *wish = arena_alloc(flow->arena, sizeof *wish);

    *wish = (struct feed_wish){ .after_id = arena_strdup(flow->arena, http_header(flow, "Last-Event-ID")) };
    read_query(flow, wish, faults);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    if (!feed) {
        return problem_reply(flow, 404, "not_found", "This process has not the role feed.");
    }
    if (!feed_is_ready(feed)) {
        return refuse_unready(flow);
    }
    if (http_method(flow) == HTTP_HEAD) {
        /* A stream without a body would be a seat that nobody sits on. */
        http_set_header(flow, "Content-Type", "text/event-stream");
        return http_reply_empty(flow, 200);
    }
    const char *crowd = feed_crowd(feed, caller_of(flow));
    if (crowd) {
        return refuse_crowd(flow, crowd);
    }
    flow->state = wish;
    if (!wish->after_id || !*wish->after_id) {
        wish->after_id = NULL;
        return listen_when_read(flow);
    }
    struct find_position_in in = {
        .account_id = caller_of(flow)->account_id,
        .event_id = id_is(wish->after_id, "evt_") ? wish->after_id : "",
    };
    return find_position_query(flow, flow->daemon->pg, &in, go_on_from);
}

struct seen_names {
    struct faults *faults;
    int share_link_id, owner_email;
};

static void read_query(struct flow *flow, struct feed_wish *wish, struct faults *faults)
{
    struct seen_names seen = { .faults = faults };
    const char *owner = http_query(flow, "owner_email");

    if (!http_query_each(flow, note_unknown, &seen)) {
        faults_add(faults, "?", "invalid", "The query cannot be read.");
    }
    struct parameter_words types = parameters_words(flow, faults, "type", NULL, event_names);
    for (size_t i = 0; i < types.count; i++) {
        wish->types = arena_printf(flow->arena, "%s%s ", i ? wish->types : "", types.list[i]);
    }
    wish->share_link_id = http_query(flow, "share_link_id");
    if (wish->share_link_id && check_share_link_id(wish->share_link_id)) {
        faults_add(faults, "?share_link_id", "invalid", check_share_link_id(wish->share_link_id));
    }
    if (owner && fields_check_email(owner)) {
        faults_add(faults, "?owner_email", "invalid", fields_check_email(owner));
    } else if (owner) {
        wish->owner_email = idn_canonical_address(flow->arena, owner);
    }
    if (session_owner_of(flow)) {
        wish->owner_email = session_owner_of(flow);
    }
}

static bool note_unknown(void *arg, const char *name, const char *value)
{
    struct seen_names *seen = arg;
    char pointer[80];
    (void)value;

    bool is_twice =
        (str_equal(name, "share_link_id") && seen->share_link_id++) || (str_equal(name, "owner_email") && seen->owner_email++);
    bool is_known = str_equal(name, "type") || str_equal(name, "share_link_id") || str_equal(name, "owner_email");
    snprintf(pointer, sizeof pointer, "?%s", name);
    if (is_twice) {
        faults_add(seen->faults, pointer, "duplicate", "This parameter is given twice.");
    } else if (!is_known) {
        faults_add(seen->faults, pointer, "unknown_parameter", "There is no such parameter.");
    }
    return true;
}

static struct next *go_on_from(struct flow *flow)
{
    struct feed_wish *wish = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return problem_reply(flow, 404, "unknown_event", "Last-Event-ID is no event of this account.");
    }
    wish->xid = arena_strdup(flow->arena, find_position_get(flow, 0).xid);
    return listen_when_read(flow);
}

static struct next *listen_when_read(struct flow *flow)
{
    struct feed *feed = notifications_of(flow)->feed;

    return feed_is_ready(feed) ? feed_catch_up(feed, flow, listen) : listen(flow);
}

static struct next *listen(struct flow *flow)
{
    struct feed *feed = notifications_of(flow)->feed;

    if (feed_is_behind(feed) || !feed_is_ready(feed)) {
        return refuse_unready(flow);
    }
    /* Again: while this one waited, others came. */
    const char *crowd = feed_crowd(feed, caller_of(flow));
    return crowd ? refuse_crowd(flow, crowd) : feed_listen(feed, flow, flow->state);
}

static struct next *refuse_crowd(struct flow *flow, const char *crowd)
{
    http_set_header(flow, "Retry-After", "10");
    http_set_header(flow, "Connection", "close"); /* who opens streams without end is to hold no connection either */
    return problem_reply(flow, 429, "too_many_streams", crowd);
}

static struct next *refuse_unready(struct flow *flow)
{
    http_set_header(flow, "Retry-After", "1");
    return problem_reply(flow, 503, "unavailable", "The feed cannot be read now; try again.");
}
