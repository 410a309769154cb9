/* list_events.c - GET /v1/events: the account's log, the newest first; with sort=created_at the oldest first, for those who
 * follow it: next_cursor is then never null once there was an event, and asking with it later goes on where one was.
 */
#include "common/data/id.h"
#include "common/daemon/page.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"
#include "services/notifications/api/list_events.sql.h"

/* In the order of their commit, which is nearly that of their time and the one that can be followed without a gap. */
static const struct page_sort sorts[] = {
    { "created_at", "l.xid", "l.id", "xid8", "events.log l" },
    { .name = NULL },
};

static const struct page_filter filters[] = {
    { .name = "type", .check = check_event_type, .condition = "l.type = :value" },
    { .name = "share_link_id", .check = check_share_link_id, .condition = "l.share_link_id = :value" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list events = {
    .name = "events",
    .pattern = &list_events_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .statements = &statements,
    .goes_on = true,
};

const char *check_share_link_id(const char *text)
{
    return id_is(text, "lnk_") ? NULL : "This must be a share link's id.";
}

struct next *list_events(struct flow *flow)
{
    return page_answer(flow, &events);
}
