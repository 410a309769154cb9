/* content_page.h - a reviewer's list as it was made, with what is needed to filter and sort it.
 *
 * It has what the link's settings let be seen: show_content.sql makes it. Looking something up in it costs no statement. What is
 * searched is kept beside it (search_text.h).
 */
#ifndef SHARELINK_VIEWS_CONTENT_PAGE_H
#define SHARELINK_VIEWS_CONTENT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "services/views/made.h"
#include "services/views/search_text.h"

#define CONTENT_ETAG_SIZE 25 /* a quoted 22 characters of base64url, and NUL */

/* An interview of the page; its text is borrowed until content_page_new returns. */
struct content_item {
    const char *interview;       /* JSON */
    const char *job_id, *type;   /* either may be NULL */
    int64_t name_rank;           /* place of the name in the order of names; equal for equal names */
    const int64_t *completed_us; /* or NULL */
    int64_t rating;              /* 0: none */
    bool is_reviewed;
};

/* What of a page is wanted, and in which order. */
struct content_wish {
    const struct search_hit *hits; /* of each interview: those that are found, with found_in; NULL: all */
    const char *job_id, *type;
    const bool *is_reviewed;
    int64_t min_rating; /* 0: none */
    const char *
        sort; /* name, completed_at, rating, each also with - before it; position: as they are; NULL: by rank, then as they are */
};

struct content_view {
    const char *body;
    size_t length;
    bool is_whole; /* body is the page's own */
    char etag[CONTENT_ETAG_SIZE];
};

/* With one holder. version: of all that it was made of; link_version: of what does not depend on the reviewer. head: the JSON of
 * an object without what is about interviews; items in their order. */
struct content_page;
struct content_page *content_page_new(const char *version, const char *link_version, const char *head, bool has_feedback,
                                      const struct content_item *items, size_t count);

const char *content_page_link_version(const struct content_page *page);
bool content_page_has_feedback(const struct content_page *page);

/* The whole page where nothing else is wanted; else what is, in the arena. Valid as long as both. */
struct content_view content_page_view(struct content_page *page, struct arena *arena, const struct content_wish *wish);

#endif
