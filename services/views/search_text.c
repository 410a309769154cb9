/* search_text.c - see the header. The excerpts: search_excerpt.c. */
#include "services/views/search_text.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "services/views/search_excerpt.h"

#define WORDS_MAX     20
#define MARKS_MIN     64 /* bytes */
#define MARKS_MAX     65536
#define TEXT_PER_MARK 4 /* bytes of text for a byte of bits: some 20 % of them are set then */
#define PLACE_NAME    1 /* as views.searched_texts ranks it */

struct entry {
    struct search_item item; /* its texts are ours */
    size_t length;           /* of folded */
    uint8_t *marks;          /* NULL until something is looked for */
    size_t marks_size;
};

struct search_text {
    struct made made;
    struct entry *entries;
    size_t count;
    char *text; /* what entries point to */
};

struct word {
    const char *text;
    size_t length;
};

struct words {
    struct word list[WORDS_MAX];
    size_t count;
};

/* In the order in which they run. */
static size_t size_of(const struct search_item *item);
static void put_entry(struct entry *entry, const struct search_item *item, char **at);
static struct words words_of(const char *search);
static struct search_hit find_words(const struct words *words, struct entry *entry, struct arena *arena);
static const char *find_word(struct entry *entry, const struct word *word, const char *from);
static void note_line(struct search_lines *lines, const char *match);
static void fill_lines(struct search_lines *lines, const struct words *words, struct entry *entry);

static void free_text(struct made *made);
static void mark_text(struct entry *entry);
static bool may_have(const struct entry *entry, const struct word *word);

struct search_text *search_text_new(const char *version, const struct search_item *items, size_t count)
{
    struct search_text *text = mem_alloc(sizeof *text);
    size_t size = 1;

    made_init(&text->made, version, free_text);
    text->count = count;
    text->entries = mem_alloc((count + 1) * sizeof *text->entries);
    for (size_t i = 0; i < count; i++) {
        size += size_of(&items[i]);
    }
    char *at = text->text = mem_alloc(size);
    for (size_t i = 0; i < count; i++) {
        put_entry(&text->entries[i], &items[i], &at);
        text->made.size += text->entries[i].marks_size;
    }
    text->made.size += sizeof *text + strlen(version) + 1 + count * sizeof *text->entries + size;
    return text;
}

static void free_text(struct made *made)
{
    struct search_text *text = (struct search_text *)made;

    for (size_t i = 0; i < text->count; i++) {
        free(text->entries[i].marks);
    }
    free(text->entries);
    free(text->text);
    free(text);
}

static size_t size_of(const struct search_item *item)
{
    size_t folded = item->folded ? strlen(item->folded) : search_folds_length(item->folds, item->texts);

    return strlen(item->texts) + 1 + folded + 1 + strlen(item->places) + 1;
}

static const char *keep(char **at, const char *text, size_t length)
{
    char *kept = *at;

    memcpy(kept, text, length + 1);
    *at += length + 1;
    return kept;
}

static void put_entry(struct entry *entry, const struct search_item *item, char **at)
{
    if (item->folded) {
        entry->item.folded = keep(at, item->folded, strlen(item->folded));
    } else {
        search_folds_put(item->folds, *at, item->texts);
        entry->item.folded = *at;
        *at += strlen(*at) + 1;
    }
    entry->length = strlen(entry->item.folded);
    entry->item.texts = keep(at, item->texts, strlen(item->texts));
    entry->item.places = keep(at, item->places, strlen(item->places));
    for (entry->marks_size = MARKS_MIN; entry->marks_size < MARKS_MAX && entry->marks_size * TEXT_PER_MARK < entry->length;) {
        entry->marks_size *= 2;
    }
}

/* --- what is looked for --- */

const struct search_hit *search_text_find(struct search_text *text, struct arena *arena, const char *search)
{
    struct search_hit *hits = arena_calloc(arena, text->count + 1, sizeof *hits);
    struct words words = words_of(search);

    for (size_t i = 0; i < text->count; i++) {
        hits[i] = find_words(&words, &text->entries[i], arena);
    }
    return hits;
}

/* Those beyond the most there may be are looked for as one. */
static struct words words_of(const char *search)
{
    struct words words = { .count = 0 };

    for (const char *at = search; *(at += strspn(at, " "));) {
        size_t length = words.count + 1 == WORDS_MAX ? strlen(at) : strcspn(at, " ");
        words.list[words.count++] = (struct word){ .text = at, .length = length };
        at += length;
    }
    return words;
}

/* Each word must be found somewhere; their order and what lies between them do not matter. The first match of a word is the most
 * telling one, for so the lines are sorted. */
static struct search_hit find_words(const struct words *words, struct entry *entry, struct arena *arena)
{
    struct search_lines lines = { .folded = entry->item.folded, .texts = entry->item.texts, .places = entry->item.places };
    int64_t rank = 0;
    bool has_name = false;

    for (size_t i = 0; i < words->count; i++) {
        const char *match = find_word(entry, &words->list[i], entry->item.folded);
        if (!match) {
            return (struct search_hit){ .is_found = false };
        }
        note_line(&lines, match);
        int place = search_place(&lines, match);
        has_name |= place == PLACE_NAME;
        rank += place;
    }
    fill_lines(&lines, words, entry);
    return (struct search_hit){
        .is_found = true,
        .rank = rank + (has_name ? 0 : 1000),
        .found_in = search_excerpts(&lines, arena),
    };
}

static const char *find_word(struct entry *entry, const struct word *word, const char *from)
{
    if (!entry->marks) {
        mark_text(entry);
    }
    size_t left = entry->length - (size_t)(from - entry->item.folded);
    return may_have(entry, word) ? memmem(from, left, word->text, word->length) : NULL;
}

/* Each line once, in their order, those kept that are the most telling. */
static void note_line(struct search_lines *lines, const char *match)
{
    size_t i = 0;

    while (i < lines->count && lines->matches[i] < match) {
        i++;
    }
    bool is_there = (i > 0 && !memchr(lines->matches[i - 1], '\n', (size_t)(match - lines->matches[i - 1]))) ||
                    (i < lines->count && !memchr(match, '\n', (size_t)(lines->matches[i] - match)));
    if (is_there || i == SEARCH_LINES_MAX) {
        return;
    }
    size_t moved = (lines->count < SEARCH_LINES_MAX ? lines->count : SEARCH_LINES_MAX - 1) - i;
    memmove(&lines->matches[i + 1], &lines->matches[i], moved * sizeof lines->matches[0]);
    lines->matches[i] = match;
    lines->count += lines->count < SEARCH_LINES_MAX;
}

/* With further lines that have one of the words, as long as there is room. */
static void fill_lines(struct search_lines *lines, const struct words *words, struct entry *entry)
{
    const char *at = entry->item.folded;

    while (at && lines->count < SEARCH_LINES_MAX) {
        const char *first = NULL;
        for (size_t i = 0; i < words->count; i++) {
            const char *match = find_word(entry, &words->list[i], at);
            first = match && (!first || match < first) ? match : first;
        }
        if (!first) {
            return;
        }
        note_line(lines, first);
        at = strchr(first, '\n');
    }
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
    const char *text = entry->item.folded;

    entry->marks = mem_alloc(entry->marks_size);
    for (size_t i = 0; i + 1 < entry->length; i++) {
        for (int count = 2; count <= 3 && i + (size_t)count <= entry->length; count++) {
            size_t mark = mark_of(entry, text + i, count);
            entry->marks[mark / 8] |= (uint8_t)(1U << mark % 8);
        }
    }
}

static bool may_have(const struct entry *entry, const struct word *word)
{
    int count = word->length >= 3 ? 3 : 2;

    for (size_t i = 0; i + (size_t)count <= word->length; i++) {
        size_t mark = mark_of(entry, word->text + i, count);
        if (!(entry->marks[mark / 8] & 1U << mark % 8)) {
            return false;
        }
    }
    return true;
}
