/* content_page.c - see the header. */
#include "services/views/content_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/data/crypto.h"

struct entry {
    struct content_item item; /* its texts are the page's */
    size_t length;
    int64_t completed_us;
};

struct content_page {
    struct made made;
    bool has_feedback;
    char etag[CONTENT_ETAG_SIZE];
    char *link_version, *body;
    size_t head_length, length; /* of the body: up to its interviews, and all of it */
    struct entry *entries;
    size_t count;
    char *text; /* what entries point to */
};

/* An interview that is wanted, and by what it is sorted. */
struct place {
    const struct entry *entry;
    const struct search_hit *hit; /* NULL where nothing was looked for */
    bool is_missing;              /* has nothing to sort by: comes last */
    int64_t key;
    size_t index;
};

static const char interviews_begin[] = ",\"interviews\":[", interviews_end[] = "],\"total\":";

/* In the order in which they run. */
static void put_entries(struct content_page *page, const struct content_item *items);
static void put_body(struct content_page *page, const char *head);
static size_t find_wanted(struct content_page *page, const struct content_wish *wish, struct place *places);
static void sort_places(struct place *places, size_t count, const char *sort);
static bool is_whole(const struct content_page *page, const struct place *places, size_t count);
static void join(struct content_view *view, struct arena *arena, const struct content_page *page, const struct place *places,
                 size_t count);

static const char *keep(char **at, const char *text, size_t length);
static void put_tag(char etag[CONTENT_ETAG_SIZE], const void *bytes, size_t length);
static void put_view_tag(struct content_view *view, const struct content_page *page, const struct content_wish *wish);
static void free_page(struct made *made);

struct content_page *content_page_new(const char *version, const char *link_version, const char *head, bool has_feedback,
                                      const struct content_item *items, size_t count)
{
    struct content_page *page = mem_alloc(sizeof *page);

    made_init(&page->made, version, free_page);
    page->has_feedback = has_feedback;
    page->link_version = mem_strdup(link_version);
    page->count = count;
    put_entries(page, items);
    put_body(page, head);
    put_tag(page->etag, page->body, page->length);
    return page;
}

static size_t length_of(const char *text)
{
    return text ? strlen(text) : 0;
}

static void put_entries(struct content_page *page, const struct content_item *items)
{
    size_t size = 0;

    page->entries = mem_alloc((page->count + 1) * sizeof *page->entries);
    for (size_t i = 0; i < page->count; i++) {
        struct entry *entry = &page->entries[i];
        entry->item = items[i];
        entry->length = strlen(items[i].interview);
        size += length_of(items[i].job_id) + length_of(items[i].type) + 2;
    }
    char *at = page->text = mem_alloc(size + 1);
    for (size_t i = 0; i < page->count; i++) {
        struct entry *entry = &page->entries[i];
        struct content_item *item = &entry->item;
        item->job_id = keep(&at, item->job_id, length_of(item->job_id));
        item->type = keep(&at, item->type, length_of(item->type));
        if (item->completed_us) {
            entry->completed_us = *item->completed_us;
            item->completed_us = &entry->completed_us;
        }
    }
    page->made.size +=
        sizeof *page + strlen(page->made.version) + strlen(page->link_version) + 2 + page->count * sizeof *page->entries + size;
}

static const char *keep(char **at, const char *text, size_t length)
{
    char *kept = *at;

    if (!text) {
        return NULL;
    }
    memcpy(kept, text, length);
    *at += length + 1;
    return kept;
}

static void put(char **at, const char *text, size_t length)
{
    memcpy(*at, text, length);
    *at += length;
}

/* The head is an object: its last brace makes room for the interviews. */
static void put_body(struct content_page *page, const char *head)
{
    size_t head_length = strlen(head) - 1, size = head_length + sizeof interviews_begin + sizeof interviews_end + 32;

    for (size_t i = 0; i < page->count; i++) {
        size += page->entries[i].length + 1;
    }
    char *at = page->body = mem_alloc(size);
    put(&at, head, head_length);
    put(&at, interviews_begin, sizeof interviews_begin - 1);
    page->head_length = (size_t)(at - page->body);
    for (size_t i = 0; i < page->count; i++) {
        struct entry *entry = &page->entries[i];
        put(&at, ",", i > 0);
        const char *interview = entry->item.interview;
        entry->item.interview = at;
        put(&at, interview, entry->length);
    }
    at += sprintf(at, "%s%zu}", interviews_end, page->count);
    page->length = (size_t)(at - page->body);
    page->made.size += size;
}

static void put_tag(char etag[CONTENT_ETAG_SIZE], const void *bytes, size_t length)
{
    uint8_t digest[CRYPTO_HASH_SIZE];
    char tag[CONTENT_ETAG_SIZE - 2];

    crypto_hash(digest, bytes, length);
    str_base64url(tag, digest, 16);
    snprintf(etag, CONTENT_ETAG_SIZE, "\"%s\"", tag);
}

static void free_page(struct made *made)
{
    struct content_page *page = (struct content_page *)made;

    free(page->entries);
    free(page->text);
    free(page->body);
    free(page->link_version);
    free(page);
}

const char *content_page_link_version(const struct content_page *page)
{
    return page->link_version;
}

bool content_page_has_feedback(const struct content_page *page)
{
    return page->has_feedback;
}

/* --- what is wanted of it --- */

struct content_view content_page_view(struct content_page *page, struct arena *arena, const struct content_wish *wish)
{
    struct place *places = arena_calloc(arena, page->count + 1, sizeof *places);
    size_t count = find_wanted(page, wish, places);
    struct content_view view = { .body = page->body, .length = page->length };

    sort_places(places, count, wish->sort);
    if (!wish->hits && is_whole(page, places, count)) {
        memcpy(view.etag, page->etag, sizeof view.etag);
        view.is_whole = true;
        return view;
    }
    join(&view, arena, page, places, count);
    put_view_tag(&view, page, wish);
    return view;
}

static bool is_wanted(const struct entry *entry, const struct content_wish *wish, const struct search_hit *hit)
{
    const struct content_item *item = &entry->item;

    return (!wish->job_id || str_equal(item->job_id, wish->job_id)) && (!wish->type || str_equal(item->type, wish->type)) &&
           (!wish->is_reviewed || item->is_reviewed == *wish->is_reviewed) && item->rating >= wish->min_rating &&
           (!hit || hit->is_found);
}

static size_t find_wanted(struct content_page *page, const struct content_wish *wish, struct place *places)
{
    size_t count = 0;

    for (size_t i = 0; i < page->count; i++) {
        const struct search_hit *hit = wish->hits ? &wish->hits[i] : NULL;
        if (is_wanted(&page->entries[i], wish, hit)) {
            places[count++] = (struct place){ .entry = &page->entries[i], .hit = hit, .index = i };
        }
    }
    return count;
}

static int compare_places(const void *first, const void *second)
{
    const struct place *one = first, *other = second;

    if (one->is_missing != other->is_missing) {
        return one->is_missing ? 1 : -1;
    }
    if (one->key != other->key) {
        return one->key < other->key ? -1 : 1;
    }
    return one->index < other->index ? -1 : 1;
}

static void sort_places(struct place *places, size_t count, const char *sort)
{
    bool falls = sort && *sort == '-';
    const char *by = falls ? sort + 1 : sort;

    if (count == 0 || (sort ? str_equal(sort, "position") : !places[0].hit)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct content_item *item = &places[i].entry->item;
        if (!sort) {
            places[i].key = places[i].hit->rank;
        } else if (str_equal(by, "name")) {
            places[i].key = item->name_rank;
        } else if (str_equal(by, "rating")) {
            places[i].key = item->rating;
            places[i].is_missing = item->rating == 0;
        } else {
            places[i].key = item->completed_us ? *item->completed_us : 0;
            places[i].is_missing = !item->completed_us;
        }
        places[i].key = falls ? -places[i].key : places[i].key;
    }
    qsort(places, count, sizeof *places, compare_places);
}

static bool is_whole(const struct content_page *page, const struct place *places, size_t count)
{
    size_t in_place = 0;

    while (in_place < count && places[in_place].index == in_place) {
        in_place++;
    }
    return in_place == page->count;
}

static void join(struct content_view *view, struct arena *arena, const struct content_page *page, const struct place *places,
                 size_t count)
{
    static const char member[] = ",\"found_in\":";
    size_t size = page->head_length + sizeof interviews_end + 32;

    for (size_t i = 0; i < count; i++) {
        size += places[i].entry->length + 1 + (places[i].hit ? sizeof member + strlen(places[i].hit->found_in) : 0);
    }
    char *body = arena_alloc(arena, size), *at = body;
    put(&at, page->body, page->head_length);
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = places[i].entry;
        const struct search_hit *hit = places[i].hit;
        put(&at, ",", i > 0);
        put(&at, entry->item.interview, entry->length - (hit ? 1 : 0)); /* its last brace makes room */
        if (hit) {
            put(&at, member, sizeof member - 1);
            put(&at, hit->found_in, strlen(hit->found_in));
            put(&at, "}", 1);
        }
    }
    at += sprintf(at, "%s%zu}", interviews_end, count);
    view->body = body;
    view->length = (size_t)(at - body);
}

/* Of the page's own tag and of what was wanted, so it tells of nothing that the page does not; what was looked for in more than
 * the page has makes the tag of what is answered. */
static void put_view_tag(struct content_view *view, const struct content_page *page, const struct content_wish *wish)
{
    const char *texts[] = { page->etag, wish->job_id, wish->type, wish->sort };
    struct buf text = { 0 };

    if (wish->hits) {
        put_tag(view->etag, view->body, view->length);
        return;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        buf_printf(&text, "%s\n", texts[i] ? texts[i] : "");
    }
    buf_printf(&text, "%d %d", wish->is_reviewed ? *wish->is_reviewed : -1, (int)wish->min_rating);
    put_tag(view->etag, text.data, text.length);
    buf_clear(&text);
}
