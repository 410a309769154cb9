/* content_page.c - see the header. */
#include "services/views/content_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/data/crypto.h"

#define WORDS_MAX     20
#define MARKS_MIN     64 /* bytes */
#define MARKS_MAX     65536
#define TEXT_PER_MARK 4 /* bytes of text for a byte of bits: some 20 % of them are set then */

struct entry {
    struct content_item item; /* its texts are the page's */
    size_t length, searched_length;
    int64_t completed_us;
    uint8_t *marks; /* NULL until something is looked for */
    size_t marks_size;
};

struct content_page {
    int holders;
    bool has_feedback;
    char etag[CONTENT_ETAG_SIZE];
    char *version, *body;
    size_t head_length, length; /* of the body: up to its interviews, and all of it */
    struct entry *entries;
    size_t count;
    size_t size;
    char *text; /* what entries point to */
};

/* An interview that is wanted, and by what it is sorted. */
struct place {
    const struct entry *entry;
    bool is_missing; /* has nothing to sort by: comes last */
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
static bool has_words(struct entry *entry, const char *search);
static bool has_word(struct entry *entry, const char *word, size_t length);
static void mark_text(struct entry *entry);
static bool may_have(const struct entry *entry, const char *word, size_t length);

struct content_page *content_page_new(const char *version, const char *head, bool has_feedback, const struct content_item *items,
                                      size_t count)
{
    struct content_page *page = mem_alloc(sizeof *page);

    page->holders = 1;
    page->has_feedback = has_feedback;
    page->version = mem_strdup(version);
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
        entry->searched_length = strlen(items[i].searched);
        size += entry->searched_length + length_of(items[i].job_id) + length_of(items[i].type) + 3;
    }
    char *at = page->text = mem_alloc(size + 1);
    for (size_t i = 0; i < page->count; i++) {
        struct entry *entry = &page->entries[i];
        struct content_item *item = &entry->item;
        item->searched = keep(&at, item->searched, entry->searched_length);
        item->job_id = keep(&at, item->job_id, length_of(item->job_id));
        item->type = keep(&at, item->type, length_of(item->type));
        if (item->completed_us) {
            entry->completed_us = *item->completed_us;
            item->completed_us = &entry->completed_us;
        }
        for (entry->marks_size = MARKS_MIN;
             entry->marks_size < MARKS_MAX && entry->marks_size * TEXT_PER_MARK < entry->searched_length;) {
            entry->marks_size *= 2;
        }
        page->size += entry->marks_size;
    }
    page->size += sizeof *page + strlen(page->version) + 1 + page->count * sizeof *page->entries + size;
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
    page->size += size;
}

static void put_tag(char etag[CONTENT_ETAG_SIZE], const void *bytes, size_t length)
{
    uint8_t digest[CRYPTO_HASH_SIZE];
    char tag[CONTENT_ETAG_SIZE - 2];

    crypto_hash(digest, bytes, length);
    str_base64url(tag, digest, 16);
    snprintf(etag, CONTENT_ETAG_SIZE, "\"%s\"", tag);
}

struct content_page *content_page_hold(struct content_page *page)
{
    page->holders++;
    return page;
}

void content_page_release(void *held)
{
    struct content_page *page = held;

    if (!page || --page->holders > 0) {
        return;
    }
    for (size_t i = 0; i < page->count; i++) {
        free(page->entries[i].marks);
    }
    free(page->entries);
    free(page->text);
    free(page->body);
    free(page->version);
    free(page);
}

const char *content_page_version(const struct content_page *page)
{
    return page->version;
}

bool content_page_has_feedback(const struct content_page *page)
{
    return page->has_feedback;
}

size_t content_page_size(const struct content_page *page)
{
    return page->size;
}

/* --- what is wanted of it --- */

struct content_view content_page_view(struct content_page *page, struct arena *arena, const struct content_wish *wish)
{
    struct place *places = arena_calloc(arena, page->count + 1, sizeof *places);
    size_t count = find_wanted(page, wish, places);
    struct content_view view = { .body = page->body, .length = page->length };

    sort_places(places, count, wish->sort);
    if (is_whole(page, places, count)) {
        memcpy(view.etag, page->etag, sizeof view.etag);
        view.is_whole = true;
        return view;
    }
    join(&view, arena, page, places, count);
    put_view_tag(&view, page, wish);
    return view;
}

static bool is_wanted(struct entry *entry, const struct content_wish *wish)
{
    const struct content_item *item = &entry->item;

    return (!wish->job_id || str_equal(item->job_id, wish->job_id)) && (!wish->type || str_equal(item->type, wish->type)) &&
           (!wish->is_reviewed || item->is_reviewed == *wish->is_reviewed) && item->rating >= wish->min_rating &&
           (!wish->search || has_words(entry, wish->search));
}

static size_t find_wanted(struct content_page *page, const struct content_wish *wish, struct place *places)
{
    size_t count = 0;

    for (size_t i = 0; i < page->count; i++) {
        if (is_wanted(&page->entries[i], wish)) {
            places[count++] = (struct place){ .entry = &page->entries[i], .index = i };
        }
    }
    return count;
}

/* Each word must be found somewhere; their order and what lies between them do not matter. */
static bool has_words(struct entry *entry, const char *search)
{
    const char *at = search;

    for (int words = 1; *(at += strspn(at, " ")); words++) {
        size_t length = words == WORDS_MAX ? strlen(at) : strcspn(at, " ");
        if (!has_word(entry, at, length)) {
            return false;
        }
        if (words == WORDS_MAX) {
            break;
        }
        at += length;
    }
    return true;
}

static bool has_word(struct entry *entry, const char *word, size_t length)
{
    if (!entry->marks) {
        mark_text(entry);
    }
    return may_have(entry, word, length) && memmem(entry->item.searched, entry->searched_length, word, length);
}

/* The bit of a pair or of three bytes. */
static size_t mark_of(const struct entry *entry, const char *bytes, int count)
{
    uint32_t value =
        (uint8_t)bytes[0] | (uint32_t)(uint8_t)bytes[1] << 8 | (count == 3 ? (uint32_t)(uint8_t)bytes[2] << 16 | 1U << 24 : 0);

    return (value * 2654435761U >> 8) & (entry->marks_size * 8 - 1);
}

static void mark_text(struct entry *entry)
{
    const char *text = entry->item.searched;

    entry->marks = mem_alloc(entry->marks_size);
    for (size_t i = 0; i + 1 < entry->searched_length; i++) {
        for (int count = 2; count <= 3 && i + (size_t)count <= entry->searched_length; count++) {
            size_t mark = mark_of(entry, text + i, count);
            entry->marks[mark / 8] |= (uint8_t)(1U << mark % 8);
        }
    }
}

static bool may_have(const struct entry *entry, const char *word, size_t length)
{
    int count = length >= 3 ? 3 : 2;

    for (size_t i = 0; i + (size_t)count <= length; i++) {
        size_t mark = mark_of(entry, word + i, count);
        if (!(entry->marks[mark / 8] & 1U << mark % 8)) {
            return false;
        }
    }
    return true;
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

    if (!sort || str_equal(sort, "position")) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct content_item *item = &places[i].entry->item;
        if (str_equal(by, "name")) {
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
    size_t size = page->head_length + sizeof interviews_end + 32;

    for (size_t i = 0; i < count; i++) {
        size += places[i].entry->length + 1;
    }
    char *body = arena_alloc(arena, size), *at = body;
    put(&at, page->body, page->head_length);
    for (size_t i = 0; i < count; i++) {
        put(&at, ",", i > 0);
        put(&at, places[i].entry->item.interview, places[i].entry->length);
    }
    at += sprintf(at, "%s%zu}", interviews_end, count);
    view->body = body;
    view->length = (size_t)(at - body);
}

/* Of the page's own tag and of what was wanted, so it tells of nothing that the page does not. */
static void put_view_tag(struct content_view *view, const struct content_page *page, const struct content_wish *wish)
{
    const char *texts[] = { page->etag, wish->search, wish->job_id, wish->type, wish->sort };
    struct buf text = { 0 };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        buf_printf(&text, "%s\n", texts[i] ? texts[i] : "");
    }
    buf_printf(&text, "%d %d", wish->is_reviewed ? *wish->is_reviewed : -1, (int)wish->min_rating);
    put_tag(view->etag, text.data, text.length);
    buf_clear(&text);
}
