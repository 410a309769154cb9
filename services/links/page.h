/* page.h - limit and cursor of lists. A cursor holds the last row's sort key and id, and a mark that only we can make: one
 * that was tampered with, or that belongs to another list or account, is a 422.
 */
#ifndef SHARELINK_LINKS_PAGE_H
#define SHARELINK_LINKS_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/flow.h"

struct page {
    int64_t limit;         /* 1..100 */
    const char *after_key; /* NULL for the first page */
    const char *after_id;
};

/* Reads ?limit= and ?cursor= of the list named; any other parameter is a fault. False: return *refusal. */
bool page_read(struct flow *flow, const char *list, struct page *page, struct next **refusal);

/* {data, has_more, next_cursor}. data: JSON array text. */
struct next *page_reply(struct flow *flow, const char *list, const char *data, bool has_more, const char *last_key,
                        const char *last_id) FLOW_NEXT;

#endif
