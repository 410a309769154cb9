/* search_excerpt.c - see the header.
 *
 * A folded text has other characters than the one it was made of, but as many blanks: the word that a match is in is found by
 * counting them, and the place in the word by what part of it lies before. All is cut at characters.
 */
#include "services/views/search_excerpt.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/json.h"

#define EXCERPT_MAX    160 /* characters, the dots among them */
#define EXCERPT_BEFORE 50  /* of them, before the match */
#define WORD_MAX       20  /* further than that no cut is moved to the end of a word */

/* A line; not terminated. */
struct line {
    const char *text, *end;
};

/* In the order in which they run. */
static size_t line_number(const char *text, const char *at);
static struct line line_of(const char *text, size_t number);
static json_t *excerpt_of(const struct search_lines *lines, const char *match);
static const char *place_of_match(struct line folded, const char *match, struct line line);
static void put_text(json_t *excerpt, struct line line, const char *at);

static size_t characters(const char *from, const char *to);
static const char *forward(const char *at, const char *end, size_t count);

int search_place(const struct search_lines *lines, const char *match)
{
    return atoi(line_of(lines->places, line_number(lines->folded, match)).text);
}

const char *search_excerpts(const struct search_lines *lines, struct arena *arena)
{
    json_t *list = json_keep(arena, json_array());

    for (size_t i = 0; i < lines->count; i++) {
        json_array_append_new(list, excerpt_of(lines, lines->matches[i]));
    }
    return json_text(arena, list);
}

static size_t line_number(const char *text, const char *at)
{
    size_t number = 0;

    for (const char *end; (end = memchr(text, '\n', (size_t)(at - text))); text = end + 1) {
        number++;
    }
    return number;
}

static struct line line_of(const char *text, size_t number)
{
    for (const char *end; number > 0 && (end = strchr(text, '\n')); number--) {
        text = end + 1;
    }
    return (struct line){ .text = text, .end = text + strcspn(text, "\n") };
}

static json_t *excerpt_of(const struct search_lines *lines, const char *match)
{
    static const char *const names[] = { "",           "name",    "job",    "question",     "answer",
                                         "transcript", "profile", "resume", "questionnaire" };
    size_t number = line_number(lines->folded, match);
    struct line place = line_of(lines->places, number), line = line_of(lines->texts, number);
    const char *start = strchr(place.text, ' ') + 1, *question = strchr(start, ' ') + 1;
    json_t *excerpt = json_pack("{s:s}", "where", names[atoi(place.text)]);

    put_text(excerpt, line, place_of_match(line_of(lines->folded, number), match, line));
    if (question < place.end) {
        json_object_set_new(excerpt, "question_id", json_stringn(question, (size_t)(place.end - question)));
    }
    if (*start != ' ') {
        json_object_set_new(excerpt, "start", json_real(strtod(start, NULL)));
    }
    return excerpt;
}

static struct line word_at(struct line line, size_t blanks)
{
    const char *blank;

    while ((blank = memchr(line.text, ' ', (size_t)(line.end - line.text))) && blanks > 0) {
        line.text = blank + 1;
        blanks--;
    }
    return (struct line){ .text = line.text, .end = blank ? blank : line.end };
}

static const char *place_of_match(struct line folded, const char *match, struct line line)
{
    size_t blanks = 0;

    for (const char *at = folded.text; at < match; at++) {
        blanks += *at == ' ';
    }
    struct line before = word_at(folded, blanks), word = word_at(line, blanks);
    size_t length = characters(before.text, before.end);
    size_t passed = length ? characters(before.text, match) * characters(word.text, word.end) / length : 0;
    return forward(word.text, word.end, passed);
}

static const char *last_blank(const char *from, const char *to)
{
    return to > from ? memrchr(from, ' ', (size_t)(to - from)) : NULL;
}

/* The whole line, or what is around a place of it, with dots where it goes on. */
static void put_text(json_t *excerpt, struct line line, const char *at)
{
    static const char dots[] = "…";
    size_t length = characters(line.text, line.end), before = characters(line.text, at);
    const char *from = line.text, *to = line.end;

    if (length > EXCERPT_MAX) {
        size_t most = EXCERPT_MAX - 2, skipped = before > EXCERPT_BEFORE ? before - EXCERPT_BEFORE : 0;
        skipped = skipped + most > length ? length - most : skipped;
        from = forward(line.text, line.end, skipped);
        to = forward(from, line.end, most);
        const char *blank = at > from ? memchr(from, ' ', (size_t)(at - from)) : NULL;
        from = skipped && blank && characters(from, blank) < WORD_MAX ? blank + 1 : from;
        blank = last_blank(at, to);
        to = to < line.end && blank && characters(blank, to) < WORD_MAX ? blank : to;
    }
    for (; from < to && *from == ' '; from++) {
    }
    for (; to > from && to[-1] == ' '; to--) {
    }
    char text[(EXCERPT_MAX + 2) * 4];
    size_t size = 0;
    if (from > line.text) {
        memcpy(text, dots, sizeof dots - 1);
        size += sizeof dots - 1;
    }
    memcpy(text + size, from, (size_t)(to - from));
    size += (size_t)(to - from);
    if (to < line.end) {
        memcpy(text + size, dots, sizeof dots - 1);
        size += sizeof dots - 1;
    }
    json_object_set_new(excerpt, "text", json_stringn(text, size));
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static size_t characters(const char *from, const char *to)
{
    size_t count = 0;

    for (; from < to; from++) {
        count += begins_character(*from);
    }
    return count;
}

/* So many characters on, or to the end. */
static const char *forward(const char *at, const char *end, size_t count)
{
    while (at < end && count > 0) {
        do {
            at++;
        } while (at < end && !begins_character(*at));
        count--;
    }
    return at;
}
