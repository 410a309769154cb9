/* list_interviews.c - GET /v1/interviews: the account's interviews, filtered and sorted, page by page.
 *
 * search looks into the candidate's name and mail address. One that was never completed sorts before all that were.
 */
#include "common/http/fields.h"
#include "services/links/handlers.h"
#include "common/daemon/page.h"
#include "services/links/list_interviews.sql.h"

static const struct page_sort sorts[] = {
    { "completed_at", "coalesce(i.completed_at, '-infinity')", "i.id", "timestamptz", "links.interviews i" },
    { "name", "i.candidate_name collate \"und-x-icu\"", "i.id", "text", "links.interviews i" },
    { "created_at", "i.created_at", "i.id", "timestamptz", "links.interviews i" },
    { "updated_at", "i.updated_at", "i.id", "timestamptz", "links.interviews i" },
    { .name = NULL },
};

static const char *const types[] = { "i.type = 'one_way'", "i.type = 'live'" };

static const struct page_filter filters[] = {
    { .name = "search",
      .check = page_check_search,
      .is_heavy = true,
      .condition = "i.id in (select found.id from links.interviews_with_words(:account_id, :value) found (id))" },
    { .name = "job_id", .check = fields_check_external_id, .condition = "i.job_id = :value" },
    { .name = "type", .choices = "one_way|live", .conditions = types },
    { .name = "share_link_id",
      .check = fields_check_share_link_id,
      .condition = "i.id in (select m.interview_id from links.share_link_interviews m"
                   " where m.share_link_id = :value and m.account_id = :account_id)",
      .of_session = "console.session_reaches(:session, 'share_link', :value)" },
    { .name = "created_after", .is_moment = true, .condition = "i.created_at >= :value" },
    { .name = "created_before", .is_moment = true, .condition = "i.created_at < :value" },
    { .name = "updated_after", .is_moment = true, .condition = "i.updated_at >= :value" },
    { .name = "external_id", .check = fields_check_external_id, .condition = "i.external_id = :value" },
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list interviews = {
    .name = "interviews",
    .pattern = &list_interviews_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .of_session = "i.id in (select reached.id from console.session_interviews(:session) reached (id))",
    .statements = &statements,
};

struct next *list_interviews(struct flow *flow)
{
    return page_answer(flow, &interviews);
}
