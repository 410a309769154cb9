/* list_deliveries.c - GET /v1/deliveries: what became of each event, by mail and by webhook, and why nothing was sent. */
#include "common/data/id.h"
#include "common/data/idn.h"
#include "common/daemon/page.h"
#include "common/http/fields.h"
#include "services/notifications/api/event_names.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"
#include "services/notifications/api/list_deliveries.sql.h"

static const char *check_reviewer_id(const char *text);
static const char *check_endpoint_id(const char *text);

/* Ids are made in the order of time. */
static const struct page_sort sorts[] = {
    { "created_at", "d.id", "d.id", "text", "notifications.deliveries d" },
    { .name = NULL },
};

static const char *const states[] = { "d.state = 'pending'", "d.state = 'sent'", "d.state = 'failed'", "d.state = 'skipped'" };
static const char *const channels[] = { "d.channel = 'email'", "d.channel = 'webhook'" };

/* The last rows of each link of an owner, whose links they are now. */
static const struct page_keys links_of_owner = {
    .keys = "select o.share_link_id from links.mail_links o where o.account_id = :account_id and o.owner_email = :value",
    .condition = "d.share_link_id = any (array[keys.share_link_id])",
    .order = "d.share_link_id",
    .are_many = true,
};

/* Of an endpoint, and of an account, an index has each state's rows in their order. */
static const struct page_keys states_of_endpoint = {
    .keys = "values ('pending'), ('sent'), ('failed'), ('skipped')",
    .condition = "d.channel = 'webhook' and d.recipient = :value and d.state = any (array[keys.column1])",
    .order = "d.state",
};

static const struct page_keys channels_and_states = {
    .keys = "select c.channel, s.state from (values ('email'), ('webhook')) as c (channel)"
            " cross join (values ('pending'), ('sent'), ('failed'), ('skipped')) as s (state)",
    .condition = "d.channel = keys.channel and d.state = any (array[keys.state])",
    .order = "d.state",
};

static const struct page_keys types = {
    .keys = "select t.type from unnest(:value::text[]) as t (type)",
    .condition = "d.event_type = any (array[keys.type])",
    .order = "d.event_type",
};

/* The bound of a time is a pair, so that the two of a range are not taken for one so narrow that all in it may be sorted. */
static const struct page_filter filters[] = {
    { .name = "share_link_id", .check = check_share_link_id, .condition = "d.share_link_id = :value", .is_narrow = true },
    { .name = "state", .choices = "pending|sent|failed|skipped", .conditions = states },
    { .name = "channel", .choices = "email|webhook", .conditions = channels },
    { .name = "owner_email",
      .is_owner = true,
      .check = fields_check_email,
      .canonical = idn_canonical_address,
      .keys = &links_of_owner },
    { .name = "event_type",
      .other_name = "type",
      .words = delivered_names,
      .condition = "d.event_type = any(:value)",
      .keys = &types },
    { .name = "reviewer_id", .check = check_reviewer_id, .condition = "d.reviewer_id = :value", .is_narrow = true },
    { .name = "webhook_endpoint_id",
      .check = check_endpoint_id,
      .condition = "d.channel = 'webhook' and d.recipient = :value",
      .keys = &states_of_endpoint },
    { .name = "created_after",
      .is_moment = true,
      .condition = "d.created_at >= :value and (d.id, d.created_at) >="
                   " ((select notifications.first_delivery_since(:account_id, :value)), '-infinity')" },
    { .name = "created_before",
      .is_moment = true,
      .condition = "d.created_at < :value and d.id <= (select notifications.last_delivery_before(:account_id, :value))" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list deliveries = {
    .name = "deliveries",
    .pattern = &list_deliveries_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .usual_keys = &channels_and_states,
    .statements = &statements,
};

struct next *list_deliveries(struct flow *flow)
{
    return page_answer(flow, &deliveries);
}

static const char *check_reviewer_id(const char *text)
{
    return id_is(text, "rvw_") ? NULL : "This must be a reviewer's id.";
}

static const char *check_endpoint_id(const char *text)
{
    return id_is(text, "whe_") ? NULL : "This must be a webhook endpoint's id.";
}
