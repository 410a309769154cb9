/* list_opens.c - GET /v1/share-links/{id}/opens: who opened a link, when, from which network and on what, page by page. */
#include "common/daemon/page.h"
#include "common/http/fields.h"
#include "services/links/handlers.h"
#include "services/links/list_opens.sql.h"

static const struct page_sort sorts[] = {
    { "opened_at", "v.opened_at", "v.id", "timestamptz", "views.published_visits v" },
    { .name = NULL },
};

static const struct page_filter filters[] = {
    { .name = "reviewer_id", .check = fields_check_reviewer_id, .condition = "v.reviewer_id = :value" },
    { .name = "created_after", .is_moment = true, .condition = "v.opened_at >= :value" },
    { .name = "created_before", .is_moment = true, .condition = "v.opened_at < :value" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list opens = {
    .name = "opens",
    .pattern = &list_opens_statement,
    .default_sort = "-opened_at",
    .sorts = sorts,
    .filters = filters,
    .scope = "v.share_link_id = :parent_id",
    .known = "select from links.share_links l where l.account_id = :account_id and l.id = :parent_id",
    .not_found = "There is no share link with this id.",
    .statements = &statements,
};

struct next *list_opens(struct flow *flow)
{
    return page_answer(flow, &opens);
}
