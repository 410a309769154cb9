/* list_templates.c - GET /v1/email-templates: the account's library of messages, page by page. */
#include "services/links/handlers.h"
#include "common/daemon/page.h"
#include "services/links/list_templates.sql.h"

static const struct page_sort sorts[] = {
    { "created_at", "t.created_at", "t.id", "timestamptz", "links.email_templates t" },
    { "name", "t.name collate \"und-x-icu\"", "t.id", "text", "links.email_templates t" },
    { .name = NULL },
};

static const struct page_filter filters[] = {
    { .name = "created_after", .is_moment = true, .condition = "t.created_at >= :value" },
    { .name = "created_before", .is_moment = true, .condition = "t.created_at < :value" },
    { .name = "updated_after", .is_moment = true, .condition = "t.updated_at >= :value" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list templates = {
    .name = "email-templates",
    .pattern = &list_templates_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .statements = &statements,
};

struct next *list_templates(struct flow *flow)
{
    return page_answer(flow, &templates);
}
