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
#include "common/pg/pg.h"

struct page_sort {
    const char *name;     /* as in ?sort=[-]name */
    const char *key, *id; /* SQL; neither is ever null, and an index has the account's rows in their order */
    const char *type;     /* of the key */
    const char *from;     /* what stands after FROM */
};

/* For a log, where a list must cost what its page does however long the log is: an index has the rows of each of several keys in
 * the list's order, and none has those of all together. So the page is made of each key's own first rows. */
struct page_keys {
    const char *keys;      /* SQL, a query: the keys that :value stands for */
    const char *condition; /* of the rows of one key, whose columns are those of keys in it, such as keys.type */
    /* The column that an index begins with, has the list's order behind, and is compared in the condition by "= any
     * (array[keys.type])". PostgreSQL would drop what is merely equal from the order, and an index without it might do: one that
     * is read to its end for a key that has no rows. */
    const char *order;
    bool are_many; /* more than a page has rows: the keys whose first row comes last are left out beforehand */
};

/* ?name=value: one of some choices ("a|b"), each with a condition of its own; or one of some words, which may be given several
 * times and under another name; or a moment (name_after and name_before bound a range); or free text that check accepts. */
struct page_filter {
    const char *name;
    const char *choices;
    const char *const *conditions;
    const char *const *words; /* ended by NULL; :value is a text[] */
    const char *other_name;   /* of words; may be NULL */
    bool is_moment;
    const char *(*check)(const char *text);                          /* NULL when fine, else what is wrong */
    const char *(*canonical)(struct arena *arena, const char *text); /* of what passed the check; NULL: as it is */
    const char *condition;                                           /* :value is the value */
    const char *of_session;       /* besides, for sessions, where the list has an of_session; may be NULL */
    const struct page_keys *keys; /* in the condition's place, for the first filter asked for that has some; may be NULL */
    bool is_narrow;               /* an index has its rows in the list's order: no keys that are usual for the list are needed */
    bool is_owner;                /* a session that sees the recruiter's own has his address here, whatever its query asks for */
    bool is_heavy;                /* may read far more than a page: its statement goes on the lane of heavy ones */
};

/* A list's statement is a pattern (-- page): :from, :conditions, :key, :id and :direction are put in, and :account_id, :limit
 * and :parent_id become parameters there, in conditions, and in scope and known. Its columns: data, the rows as a JSON array;
 * has_more; last_key and last_id, the last row's. Who has filters with keys calls its rows as the sorts' id does ("l.id"). */
struct page_list {
    const char *name;
    const struct pg_statement *pattern;
    const char *default_sort;          /* "-created_at" */
    const struct page_sort *sorts;     /* ended by a NULL name */
    const struct page_filter *filters; /* ended by a NULL name */
    const char *always;                /* a condition that each row must pass, with :direction; may be NULL */
    /* For a list that several filters with few choices have one index of: all of their combinations. Of keys without :value. */
    const struct page_keys *usual_keys;
    /* For a list below one thing, /v1/things/{id}/list: SQL that tells what is below it and whether it is there, as :scope and
     * :known in the pattern, with :parent_id for {id}; and what a 404 says. The pattern then has the column is_known. */
    const char *scope, *known, *not_found;
    /* A condition of the rows that a session reaches which sees the recruiter's own: :session is its id. Of all that the pattern
     * tells of a thing when the list is below one. NULL where an owner's filter says it, or the path. */
    const char *of_session;
    const char *also; /* name of one more member of the answer, and of the pattern's column that has its value as JSON */
    /* Ascending, next_cursor is there at the end too: who asks with it later goes on. last_key and last_id are then those of the
     * last row of any page, null without rows. */
    bool goes_on;
    struct page_statement **statements; /* the variants composed so far; the list's own, NULL at first */
};

/* Answers with a page of the list, {data, has_more, next_cursor}, or with all faults of the query string. */
struct next *page_answer(struct flow *flow, const struct page_list *list) FLOW_NEXT;

/* For a list that reads its parameters itself: a cursor to what has this key and id, of the list that about tells of, filters and
 * all; and back. False: it is none of ours, or of another list. about has no empty line in it. */
const char *page_cursor_seal(struct flow *flow, const char *about, const char *key, const char *id);
bool page_cursor_open(struct flow *flow, const char *about, const char *cursor, const char **key, const char **id);

/* Checks of filters' values. */
const char *page_check_search(const char *text);

#endif
