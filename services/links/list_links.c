/* list_links.c - GET /v1/share-links: the account's links, filtered and sorted, page by page.
 *
 * A link that was never opened sorts before all that were; one that never expires, after all that do. With view=summary each is a
 * short row with counts in the place of its reviewers and interviews.
 */
#include "common/base/str.h"
#include "common/daemon/page.h"
#include "common/data/idn.h"
#include "common/http/fields.h"
#include "common/http/http.h"
#include "services/links/handlers.h"
#include "services/links/list_links.sql.h"
#include "services/links/list_summaries.sql.h"

static const struct page_sort sorts[] = {
    { "created_at", "l.created_at", "l.id", "timestamptz", "links.share_links l" },
    { "title", "l.title collate \"und-x-icu\"", "l.id", "text", "links.share_links l" },
    { "last_opened_at", "a.last_opened_at", "a.share_link_id", "timestamptz",
      "views.share_link_activity a join links.share_links l on l.id = a.share_link_id and l.account_id = a.account_id" },
    { "expires_at", "coalesce(l.expires_at, 'infinity')", "l.id", "timestamptz", "links.share_links l" },
    { "updated_at", "l.updated_at", "l.id", "timestamptz", "links.share_links l" },
    { .name = NULL },
};

static const char *const states[] = {
    "l.deactivated_at is null and coalesce(l.expires_at, 'infinity') > now()",
    "l.deactivated_at is null and coalesce(l.expires_at, 'infinity') <= now()",
    "l.deactivated_at is not null",
};

static const char *const kinds[] = { "l.kind = 'advanced'", "l.kind = 'basic'" };

static const char *const attentions[] = {
    "l.id in (select a.share_link_id from links.link_attention a where a.account_id = :account_id)",
    "l.id not in (select a.share_link_id from links.link_attention a where a.account_id = :account_id)",
};

/* What a row is; each is a list of its own. */
static const char *const views[] = { "true", "true" };

static const struct page_filter filters[] = {
    { .name = "view", .choices = "full|summary", .conditions = views },
    { .name = "state", .choices = "active|expired|deactivated", .conditions = states },
    { .name = "kind", .choices = "advanced|basic", .conditions = kinds },
    { .name = "search",
      .check = page_check_search,
      .is_heavy = true,
      .condition = "l.id in (select found.id from links.links_with_words(:account_id, :value) found (id))" },
    { .name = "attention", .choices = "yes|no", .conditions = attentions },
    { .name = "interview_id",
      .check = fields_check_external_id,
      .condition = "l.id in (select m.share_link_id from links.share_link_interviews m"
                   " where m.account_id = :account_id and m.interview_id = :value)" },
    { .name = "owner_email",
      .is_owner = true,
      .check = fields_check_email,
      .canonical = idn_canonical_address,
      .condition = "l.owner_email = :value" },
    { .name = "external_id", .check = fields_check_external_id, .condition = "l.external_id = :value" },
    { .name = "reviewer_external_id",
      .check = fields_check_external_id,
      .condition =
          "l.id in (select r.share_link_id from links.reviewers r where r.account_id = :account_id and r.external_id = :value)" },
    { .name = "created_after", .is_moment = true, .condition = "l.created_at >= :value" },
    { .name = "created_before", .is_moment = true, .condition = "l.created_at < :value" },
    { .name = "updated_after", .is_moment = true, .condition = "l.updated_at >= :value" },
    { .name = NULL },
};

static struct page_statement *link_statements, *summary_statements;

static const struct page_list share_links = {
    .name = "share-links",
    .pattern = &list_links_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .statements = &link_statements,
};

static const struct page_list summaries = {
    .name = "share-link-summaries",
    .pattern = &list_summaries_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .statements = &summary_statements,
};

struct next *list_links(struct flow *flow)
{
    return page_answer(flow, str_equal(http_query(flow, "view"), "summary") ? &summaries : &share_links);
}
