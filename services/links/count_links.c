/* count_links.c - GET /v1/share-links/counts: how many share links are in which state, and how many need attention. */
#include "common/daemon/page.h"
#include "common/daemon/session.h"
#include "common/data/idn.h"
#include "common/http/conditional.h"
#include "common/http/fields.h"
#include "common/http/parameters.h"
#include "services/links/count_links.sql.h"
#include "services/links/handlers.h"
#include "services/links/links.h"

static void check(struct faults *faults, const char *pointer, const char *value, const char *(*rule)(const char *text));
static const char *check_kind(const char *text);
static struct next *reply_counts(struct flow *flow);

struct next *count_links(struct flow *flow)
{
    static const char *const names[] = { "owner_email", "kind", "search", NULL };
    const char *owner = http_query(flow, "owner_email"), *kind = http_query(flow, "kind"), *search = http_query(flow, "search");
    struct faults *faults = faults_new(flow->arena);

    parameters_only(flow, faults, names);
    check(faults, "?owner_email", owner, fields_check_email);
    check(faults, "?kind", kind, check_kind);
    check(faults, "?search", search, page_check_search);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    struct count_links_in in = {
        .account_id = caller_of(flow)->account_id,
        .owner_email = session_owner_of(flow) ? session_owner_of(flow)
                       : owner                ? idn_canonical_address(flow->arena, owner)
                                              : NULL,
        .kind = kind,
        .search = search,
    };
    struct pg_pool *pool = flow->daemon->pg;
    return count_links_query(flow, search ? pg_heavy(pool) : pool, &in, reply_counts);
}

static void check(struct faults *faults, const char *pointer, const char *value, const char *(*rule)(const char *text))
{
    const char *wrong = value ? rule(value) : NULL;

    if (wrong) {
        faults_add(faults, pointer, "invalid", wrong);
    }
}

static const char *check_kind(const char *text)
{
    return str_equal(text, "advanced") || str_equal(text, "basic") ? NULL : "This must be one of advanced|basic.";
}

static struct next *reply_counts(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct count_links_out out = count_links_get(flow, 0);
    return conditional_reply_json(flow, conditional_tag_of(flow->arena, out.counts), out.counts);
}
