/* page.c - see the header: asks for the page, and answers with it. */
#include "common/daemon/page.h"

#include "common/base/str.h"
#include "common/daemon/daemon.h"
#include "common/daemon/page_internal.h"
#include "common/http/conditional.h"
#include "common/pg/declared.h"

enum { SEARCH_MAX = 200 };

static struct next *reply_page(struct flow *flow);

struct next *page_answer(struct flow *flow, const struct page_list *list)
{
    struct wanted_page *page = arena_alloc(flow->arena, sizeof *page);
    struct faults *faults = faults_new(flow->arena);
    struct pg_params params;

    *page = (struct wanted_page){ .list = list };
    page_read_query(flow, page, faults);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    pg_params_init(&params, flow->arena);
    page_add_params(&params, flow, page);
    flow->state = page;
    return pg_query(flow, flow->daemon->pg, page_statement_of(flow, page), &params, reply_page);
}

/* The columns that every page has, in their order; common/pg/statements sees to it. */
enum { DATA, HAS_MORE, LAST_KEY, LAST_ID };

static int column_of(const struct page_list *list, const char *name)
{
    int column = 0;

    while (column < list->pattern->column_count && !str_equal(list->pattern->columns[column].name, name)) {
        column++;
    }
    return column;
}

static struct next *reply_page(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const struct wanted_page *page = flow->state;
    const struct page_list *list = page->list;
    const struct pg_answer *answer = pg_answer_of(flow);
    if (list->scope && !pg_read_bool(answer, 0, column_of(list, "is_known"))) {
        return problem_reply(flow, 404, "not_found", list->not_found);
    }
    bool has_more = pg_read_bool(answer, 0, HAS_MORE);
    bool goes_on = list->goes_on && !page->descends;
    const char *cursor = "null";
    if (goes_on && pg_answer_is_null(answer, 0, LAST_ID)) {
        cursor = page->cursor;
    } else if (has_more || goes_on) {
        cursor = page_next_cursor(flow, page, pg_read_text(answer, 0, LAST_KEY), pg_read_text(answer, 0, LAST_ID));
    }
    const char *also =
        list->also ? arena_printf(flow->arena, ",\"%s\":%s", list->also, pg_read_text(answer, 0, column_of(list, list->also)))
                   : "";
    const char *text = arena_printf(flow->arena, "{\"data\":%s,\"has_more\":%s,\"next_cursor\":%s%s}",
                                    pg_read_text(answer, 0, DATA), has_more ? "true" : "false", cursor, also);
    return conditional_reply_json(flow, conditional_tag_of(flow->arena, text), text);
}

const char *page_check_search(const char *text)
{
    size_t length = str_utf8_length(text);

    return length >= 1 && length <= SEARCH_MAX && !str_has_control(text, false)
               ? NULL
               : "This must be 1 to 200 characters, none of them a control character.";
}
