/* page_internal.h - the page that a request asks for; for page.c, page_query.c, page_cursor.c and page_statement.c alone. */
#ifndef SHARELINK_PAGE_INTERNAL_H
#define SHARELINK_PAGE_INTERNAL_H

#include "common/daemon/page.h"
#include "common/http/problem.h"

enum { PAGE_FILTERS_MAX = 16 };

struct wanted_page {
    const struct page_list *list;
    const struct page_sort *sort;
    bool descends;
    int64_t limit;
    struct wanted_filter {
        const char *value;        /* in its one form; NULL: not asked for */
        int choice;               /* its index among the filter's choices */
        const char *const *words; /* of a filter that has some; value is the same in one text */
        size_t word_count;
    } filters[PAGE_FILTERS_MAX];
    const char *after_key, *after_id; /* NULL for the first page */
    const char *session_id;           /* of a session that reaches a part of the list: see of_session; else NULL */
    const char *cursor;               /* that was given, as JSON */
};

/* Notes every fault of the query string. */
void page_read_query(struct flow *flow, struct wanted_page *page, struct faults *faults);

/* False: it is none of ours, or of another list, account, sort or filter. */
bool page_read_cursor(struct flow *flow, struct wanted_page *page, const char *cursor);
/* As JSON. */
const char *page_next_cursor(struct flow *flow, const struct wanted_page *page, const char *last_key, const char *last_id);

/* The list's variant for this page, and its parameters. */
const struct pg_statement *page_statement_of(struct flow *flow, const struct wanted_page *page);
void page_add_params(struct pg_params *params, struct flow *flow, const struct wanted_page *page);

#endif
