/* content_page.h - a reviewer's shortlist as it was made once: the whole page, and what is needed to search, filter and sort it.
 *
 * A page has what the link's settings let be seen, and so has the text that is searched: show_content.sql makes both. Looking
 * something up in it costs no statement. What each interview's text has of pairs and threes of bytes is noted in bits, so that
 * a text that does not have a word is not read for it.
 */
#ifndef SHARELINK_VIEWS_CONTENT_PAGE_H
#define SHARELINK_VIEWS_CONTENT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

#define CONTENT_ETAG_SIZE 25 /* a quoted 22 characters of base64url, and NUL */

/* An interview of the page; its text is borrowed until content_page_new returns. */
struct content_item {
    const char *interview;       /* JSON */
    const char *searched;        /* folded, as the words are that are looked for */
    const char *job_id, *type;   /* either may be NULL */
    int64_t name_rank;           /* place of the name in the order of names; equal for equal names */
    const int64_t *completed_us; /* or NULL */
    int64_t rating;              /* 0: none */
    bool is_reviewed;
};

/* What of a page is wanted, and in which order. */
struct content_wish {
    const char *search; /* folded; each of its words must be found; NULL: all */
    const char *job_id, *type;
    const bool *is_reviewed;
    int64_t min_rating; /* 0: none */
    const char *sort;   /* name, completed_at, rating, each also with - before it; NULL or position: as they are */
};

struct content_view {
    const char *body;
    size_t length;
    bool is_whole; /* body is the page's own */
    char etag[CONTENT_ETAG_SIZE];
};

/* A page with one holder. head: the JSON of an object without what is about interviews; items in their order. */
struct content_page;
struct content_page *content_page_new(const char *version, const char *head, bool has_feedback, const struct content_item *items,
                                      size_t count);
struct content_page *content_page_hold(struct content_page *page);
void content_page_release(void *page); /* NULL is fine */

/* The version of all that it was made of. */
const char *content_page_version(const struct content_page *page);
bool content_page_has_feedback(const struct content_page *page);
size_t content_page_size(const struct content_page *page); /* bytes of memory */

/* The whole page where nothing else is wanted; else what is, in the arena. Valid as long as both. */
struct content_view content_page_view(struct content_page *page, struct arena *arena, const struct content_wish *wish);

#endif
