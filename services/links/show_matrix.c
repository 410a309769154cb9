/* show_matrix.c - GET /v1/share-links/{id}/matrix: candidates beside reviewers, a page of candidates at a time. A cell is what
 * one reviewer has given and seen of one interview.
 *
 * All of it is for the link's owner: what the settings hide from reviewers is not hidden here. Who has no rating sorts as one
 * below the lowest; where fewer than two have rated nobody disagrees.
 */
#include "common/daemon/page.h"
#include "services/links/handlers.h"
#include "services/links/show_matrix.sql.h"

#define RATED(value)                                                                                                             \
    "links.share_link_interviews m left join (select f.interview_id, " value " as value from views.published_reviews f"          \
    " where f.account_id = :account_id and f.share_link_id = :parent_id group by f.interview_id) s"                              \
    " on s.interview_id = m.interview_id"

static const struct page_sort sorts[] = {
    { "position", "m.position", "m.interview_id", "int", "links.share_link_interviews m" },
    { "name", "i.candidate_name collate \"und-x-icu\"", "m.interview_id", "text",
      "links.share_link_interviews m join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id" },
    { "average", "coalesce(s.value, 0)", "m.interview_id", "numeric", RATED("avg(f.rating)") },
    { "disagreement", "coalesce(s.value, 0)", "m.interview_id", "numeric", RATED("stddev_pop(f.rating)") },
    { .name = NULL },
};

static const struct page_filter filters[] = {
    { .name = NULL },
};

static struct page_statement *statements;

static const struct page_list matrix = {
    .name = "matrix",
    .pattern = &show_matrix_statement,
    .default_sort = "position",
    .sorts = sorts,
    .filters = filters,
    .scope = "m.share_link_id = :parent_id",
    .known = "select from links.share_links l where l.account_id = :account_id and l.id = :parent_id",
    .not_found = "There is no share link with this id.",
    .also = "reviewers",
    .statements = &statements,
};

struct next *show_matrix(struct flow *flow)
{
    return page_answer(flow, &matrix);
}
