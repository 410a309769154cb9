/* list_reviews.c - GET /v1/share-links/{id}/reviews and /v1/interviews/{id}/reviews: what reviewers have said, newest first, and
 * the average of all ratings there.
 *
 * Feedback stays when its reviewer or its link is removed, or the interview is taken out of the link; only its candidate's
 * erasure takes it away. What a reviewer has taken back is not in it.
 */
#include "common/daemon/page.h"
#include "common/http/fields.h"
#include "services/links/handlers.h"
#include "services/links/list_reviews.sql.h"

static const struct page_sort sorts[] = {
    { "created_at", "r.created_at", "r.id", "timestamptz", "views.published_reviews r" },
    { .name = NULL },
};

static const char *const ratings[] = { "r.rating >= 1", "r.rating >= 2", "r.rating >= 3", "r.rating >= 4", "r.rating >= 5" };

static const char *const recommendations[] = { "strong_yes", "yes", "no", "strong_no", NULL };

static const struct page_filter filters[] = {
    { .name = "min_rating", .choices = "1|2|3|4|5", .conditions = ratings },
    { .name = "recommendation", .words = recommendations, .condition = "r.recommendation = any (:value)" },
    { .name = "reviewer_id", .check = fields_check_reviewer_id, .condition = "r.reviewer_id = :value" },
    { .name = "created_after", .is_moment = true, .condition = "r.created_at >= :value" },
    { .name = "created_before", .is_moment = true, .condition = "r.created_at < :value" },
    { .name = "updated_after", .is_moment = true, .condition = "r.updated_at >= :value" },
    { .name = NULL },
};

static struct page_statement *link_statements, *interview_statements;

static const struct page_list link_reviews = {
    .name = "link-reviews",
    .pattern = &list_reviews_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .scope = "r.share_link_id = :parent_id",
    .known = "select from links.share_links l where l.account_id = :account_id and l.id = :parent_id",
    .not_found = "There is no share link with this id.",
    .also = "average_rating",
    .statements = &link_statements,
};

static const struct page_list interview_reviews = {
    .name = "interview-reviews",
    .pattern = &list_reviews_statement,
    .default_sort = "-created_at",
    .sorts = sorts,
    .filters = filters,
    .scope = "r.interview_id = :parent_id",
    .known = "select from links.interviews i where i.account_id = :account_id and i.id = :parent_id",
    .of_session = "console.session_reaches(:session, 'share_link', r.share_link_id)",
    .not_found = "There is no interview with this id.",
    .also = "average_rating",
    .statements = &interview_statements,
};

struct next *list_link_reviews(struct flow *flow)
{
    return page_answer(flow, &link_reviews);
}

struct next *list_interview_reviews(struct flow *flow)
{
    return page_answer(flow, &interview_reviews);
}
