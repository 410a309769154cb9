/* page.h - lists: limit, cursor, sort and filters, read from the query string and put into the list's statement.
 *
 * A cursor holds the last row's sort key and id, and a mark that only we can make: one that was tampered with, or that was
 * made for another list, account, sort or filter, is a 422. The statement's text depends on the sort and on which filters
 * are there, never on their values: each such variant is composed once and then prepared like any other statement.
 */
#ifndef SHARELINK_PAGE_H
#define SHARELINK_PAGE_H

#include <stdbool.h>

#include "common/loop/flow.h"

struct page_sort {
    const char *name;      /* as in ?sort=[-]name */
    const char *key, *id;  /* SQL; neither is ever null, and an index has the account's rows in their order */
    const char *type;      /* of the key */
    const char *from;      /* what stands after FROM */
};

/* ?name=value. Either one of some choices ("a|b"), each with a condition of its own, or free text that check accepts. */
struct page_filter {
    const char *name;
    const char *choices;
    const char *const *conditions;
    const char *(*check)(const char *text); /* NULL when fine, else what is wrong */
    const char *condition;                  /* $? is the value */
    bool is_search;                         /* the value becomes a LIKE pattern: anything that contains it */
};

/* A list's statement is a pattern: :from, :conditions, :key, :id and :direction are put in. $1 is the account, $2 the limit.
 * Its columns: the rows as a JSON array, whether there are more, the last row's key and id. */
struct page_list {
    const char *name;
    const char *pattern;
    const char *default_sort;         /* "-created_at" */
    const struct page_sort *sorts;    /* ended by a NULL name */
    const struct page_filter *filters; /* ended by a NULL name */
    /* For a list below one thing, /v1/things/{id}/list: SQL that tells what is below it and whether it is there, as :scope and
     * :known in the pattern, with $3 for {id}; and what a 404 says. The pattern then has a column more, whether it is known. */
    const char *scope, *known, *not_found;
    const char *also; /* name of one more member of the answer; the pattern has its value, JSON, as the last column */
    /* Ascending, next_cursor is there at the end too: who asks with it later goes on. last_key and last_id are then those of the
     * last row of any page, null without rows. */
    bool goes_on;
    struct page_statement **statements; /* the variants composed so far; the list's own, NULL at first */
};

/* Answers with a page of the list, {data, has_more, next_cursor}, or with all faults of the query string. */
struct next *page_answer(struct flow *flow, const struct page_list *list) FLOW_NEXT;

/* Checks of filters' values. */
const char *page_check_search(const char *text);

#endif
