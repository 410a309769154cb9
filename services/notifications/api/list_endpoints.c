/* list_endpoints.c - GET /v1/webhook-endpoints: the account's endpoints, page by page. */
#include "common/daemon/page.h"
#include "services/notifications/handlers.h"
#include "services/notifications/api/list_endpoints.sql.h"

static const struct page_sort sorts[] = {
    { "created_at", "e.created_at", "e.id", "timestamptz", "notifications.webhook_endpoints e" },
    { .name = NULL },
};

static const char *const states[] = { "e.state = 'enabled'", "e.state = 'disabled'" };

static const struct page_filter filters[] = {
    { .name = "state", .choices = "enabled|disabled", .conditions = states },
    { .name = "created_after", .is_moment = true, .condition = "e.created_at >= :value" },
    { .name = "created_before", .is_moment = true, .condition = "e.created_at < :value" },
    { .name = "updated_after", .is_moment = true, .condition = "e.updated_at >= :value" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list endpoints = {
    .name = "webhook-endpoints",
    .pattern = &list_endpoints_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .statements = &statements,
};

struct next *list_endpoints(struct flow *flow)
{
    return page_answer(flow, &endpoints);
}
