/* list_events.c - GET /v1/events: the account's log, the newest first; with sort=created_at the oldest first, for those who
 * follow it: next_cursor is then never null once there was an event, and asking with it later goes on where one was.
 */
#include "common/data/id.h"
#include "common/data/idn.h"
#include "common/daemon/page.h"
#include "common/http/fields.h"
#include "services/notifications/api/event_names.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"
#include "services/notifications/api/list_events.sql.h"

/* In the order of their commit, which is nearly that of their time and the one that can be followed without a gap. */
static const struct page_sort sorts[] = {
    { "created_at", "l.xid", "l.id", "xid8", "events.log l" },
    { .name = NULL },
};

/* The newest rows of each link of an owner, whose links they are now. */
static const struct page_keys links_of_owner = {
    .keys = "select o.share_link_id from links.mail_links o where o.account_id = :account_id and o.owner_email = :value",
    .condition = "l.share_link_id = any (array[keys.share_link_id])",
    .order = "l.share_link_id",
    .are_many = true,
};

static const struct page_keys types = {
    .keys = "select t.type from unnest(:value::text[]) as t (type)",
    .condition = "l.type = any (array[keys.type])",
    .order = "l.type",
};

/* A time's own index is left out of it (+ interval '0'): it has the rows in another order, and a time may be long. */
static const struct page_filter filters[] = {
    { .name = "share_link_id", .check = check_share_link_id, .condition = "l.share_link_id = :value", .is_narrow = true },
    { .name = "owner_email",
      .is_owner = true,
      .check = fields_check_email,
      .canonical = idn_canonical_address,
      .keys = &links_of_owner },
    { .name = "type", .words = event_names, .condition = "l.type = any(:value)", .keys = &types },
    { .name = "created_after",
      .is_moment = true,
      .condition = "l.created_at + interval '0' >= :value"
                   " and l.xid >= (select notifications.first_xid_since(:account_id, :value))" },
    { .name = "created_before",
      .is_moment = true,
      .condition = "l.created_at + interval '0' < :value"
                   " and l.xid <= (select notifications.last_xid_before(:account_id, :value))" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list events = {
    .name = "events",
    .pattern = &list_events_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .always = "':direction' = 'desc' or l.xid < pg_snapshot_xmin(pg_current_snapshot())",
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
