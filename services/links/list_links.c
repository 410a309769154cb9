/* list_links.c - GET /v1/share-links: the account's links, newest first, page by page. */
#include "common/problem.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/page.h"

static struct next *reply_page(struct flow *flow);

static const struct pg_statement list = { "list_links",
#include "services/links/list_links.sql.inc"
};

struct next *list_links(struct flow *flow)
{
    struct page page;
    struct next *refusal = NULL;
    struct pg_params params;

    if (!page_read(flow, "share-links", &page, &refusal)) {
        return refusal;
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_text(&params, page.after_key);
    pg_text(&params, page.after_id);
    pg_int(&params, page.limit);
    return pg_query(flow, flow->daemon->pg, &list, &params, reply_page);
}

static struct next *reply_page(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    return page_reply(flow, "share-links", pg_get(flow, 0, 0), pg_get_bool(flow, 0, 1), pg_get(flow, 0, 2), pg_get(flow, 0, 3));
}
