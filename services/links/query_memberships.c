/* query_memberships.c - POST /v1/memberships/query: the check boxes for a list of interviews: the account's advanced links, page
 * by page, and of each how many of the interviews are in it. All links are listed, for those without any are to be ticked, too.
 */
#include "common/base/str.h"
#include "common/daemon/page.h"
#include "common/daemon/session.h"
#include "services/links/change.h"
#include "services/links/handlers.h"
#include "services/links/links.h"
#include "services/links/query_memberships.sql.h"

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 100, CURSOR_MAX = 2000 };

/* In the order in which they run. */
static struct next *find_links(struct flow *flow);
static struct next *reply_page(struct flow *flow);

struct question {
    struct faults *faults;
    struct wanted_ids interviews;
    const char *owner_email, *search, *state; /* NULL: any */
    int64_t limit;
    const char *about; /* what a cursor is of */
    const char *after_key, *after_id;
};

static void read_question(struct flow *flow, const json_t *body, struct question *question);
static void read_cursor(struct flow *flow, struct fields *root, struct question *question);
static const char *check_state(const char *text);

struct next *query_memberships(struct flow *flow)
{
    struct question *question = arena_calloc(flow->arena, 1, sizeof *question);
    struct next *refusal = NULL;

    const json_t *body = problem_read_object(flow, &refusal);
    if (!body) {
        return refusal;
    }
    read_question(flow, body, question);
    flow->state = question;
    return find_links(flow);
}

static void read_question(struct flow *flow, const json_t *body, struct question *question)
{
    static const struct text_rule search_rule = { .nullable = true, .check = page_check_search };
    static const struct text_rule state_rule = { .nullable = true, .verbatim = true, .check = check_state };
    struct text_rule owner_rule = email_rule;

    owner_rule.nullable = true;
    question->faults = faults_new(flow->arena);
    struct fields root = fields_of(flow->arena, question->faults, body, "");
    link_fields_interviews(&root, &question->interviews);
    question->owner_email = fields_text(&root, "owner_email", FIELDS_OPTIONAL, &owner_rule);
    if (session_owner_of(flow)) {
        question->owner_email = session_owner_of(flow);
    }
    question->search = fields_text(&root, "search", FIELDS_OPTIONAL, &search_rule);
    question->state = fields_text(&root, "state", FIELDS_OPTIONAL, &state_rule);
    question->limit = fields_has(&root, "limit") ? fields_int(&root, "limit", FIELDS_OPTIONAL, 1, LIMIT_MAX) : LIMIT_DEFAULT;
    read_cursor(flow, &root, question);
    fields_end(&root);
}

static void read_cursor(struct flow *flow, struct fields *root, struct question *question)
{
    static const struct text_rule rule = { .max = CURSOR_MAX, .verbatim = true, .nullable = true };
    const char *cursor = fields_text(root, "cursor", FIELDS_OPTIONAL, &rule);

    question->about = arena_printf(flow->arena, "memberships %s\nowner_email=%s\nsearch=%s\nstate=%s\n",
                                   caller_of(flow)->account_id, question->owner_email ? question->owner_email : "",
                                   question->search ? question->search : "", question->state ? question->state : "");
    if (cursor && !page_cursor_open(flow, question->about, cursor, &question->after_key, &question->after_id)) {
        fields_fault(root, "cursor", "invalid",
                     "This must be the next_cursor of an earlier page of this list, with the same filters.");
    }
}

static const char *check_state(const char *text)
{
    return str_equal(text, "active") || str_equal(text, "expired") || str_equal(text, "deactivated")
               ? NULL
               : "This must be one of active|expired|deactivated.";
}

static struct next *find_links(struct flow *flow)
{
    struct question *question = flow->state;
    struct pg_pool *pool = flow->daemon->pg;

    struct query_memberships_in in = {
        .account_id = caller_of(flow)->account_id,
        .session_id = session_id_of(flow),
        .interview_ids = { question->interviews.ids, question->interviews.count },
        .owner_email = question->owner_email,
        .search = question->search,
        .state = question->state,
        .after_key = question->after_key,
        .after_id = question->after_id,
        .limit = faults_any(question->faults) ? 0 : question->limit,
    };
    return query_memberships_query(flow, question->search ? pg_heavy(pool) : pool, &in, reply_page);
}

static struct next *reply_page(struct flow *flow)
{
    struct question *question = flow->state;

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct query_memberships_out out = query_memberships_get(flow, 0);
    change_note_missing(flow, question->faults, "interview_ids", &question->interviews, out.unknown_interviews, "not_found",
                        "There is no such interview.");
    if (faults_any(question->faults)) {
        return faults_reply(flow, question->faults);
    }
    const char *cursor =
        out.has_more ? arena_printf(flow->arena, "\"%s\"", page_cursor_seal(flow, question->about, out.last_key, out.last_id))
                     : "null";
    return http_reply_json(flow, 200,
                           arena_printf(flow->arena, "{\"share_links\":%s,\"has_more\":%s,\"next_cursor\":%s}", out.share_links,
                                        out.has_more ? "true" : "false", cursor));
}
