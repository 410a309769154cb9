/* list_deliveries.c - GET /v1/deliveries: what became of each event, by mail and by webhook, and why nothing was sent. */
#include "common/data/id.h"
#include "common/daemon/page.h"
#include "common/base/str.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/wanted_endpoint.h"
#include "services/notifications/api/list_deliveries.sql.h"

static const char *check_reviewer_id(const char *text);
static const char *check_endpoint_id(const char *text);
static const char *check_delivered_type(const char *text);

/* Ids are made in the order of time. */
static const struct page_sort sorts[] = {
    { "created_at", "d.id", "d.id", "text", "notifications.deliveries d" },
    { .name = NULL },
};

static const char *const states[] = { "d.state = 'pending'", "d.state = 'sent'", "d.state = 'failed'", "d.state = 'skipped'" };
static const char *const channels[] = { "d.channel = 'email'", "d.channel = 'webhook'" };

static const struct page_filter filters[] = {
    { .name = "share_link_id", .check = check_share_link_id, .condition = "d.share_link_id = :value" },
    { .name = "state", .choices = "pending|sent|failed|skipped", .conditions = states },
    { .name = "channel", .choices = "email|webhook", .conditions = channels },
    { .name = "event_type", .check = check_delivered_type, .condition = "d.event_type = :value" },
    { .name = "reviewer_id", .check = check_reviewer_id, .condition = "d.reviewer_id = :value" },
    { .name = "webhook_endpoint_id", .check = check_endpoint_id, .condition = "d.channel = 'webhook' and d.recipient = :value" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list deliveries = {
    .name = "deliveries",
    .pattern = &list_deliveries_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
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

/* Beside events there are what time asks for (link.expires_soon, digest.daily), and tests. */
static const char *check_delivered_type(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (!((*at >= 'a' && *at <= 'z') || *at == '.' || *at == '_')) {
            return "This must be the short name of an event, such as link.opened.";
        }
    }
    return *text ? NULL : "This must be the short name of an event, such as link.opened.";
}
