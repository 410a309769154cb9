/* captions.c - see the header. Both formats are cues of a line of times with lines of text below it, up to a blank one. All else
 * (the head, NOTE, STYLE and REGION, counters and names of cues) has no line of times, and is passed over; so one reader does for
 * both, and for what is a little of each.
 *
 * https://www.w3.org/TR/webvtt1/#file-parsing
 */
#include "services/views/fetch/captions.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "services/views/fetch/caption_text.h"

#define TIME_MAX_MS ((int64_t)CAPTIONS_SECONDS_MAX * 1000)

struct cue {
    int64_t start_ms, end_ms;
    const char *text; /* as it stands in the file */
    size_t length;
    size_t place;
};

struct cues {
    struct cue *list;
    size_t count, room;
};

struct line {
    const char *text; /* NULL at the end of the file */
    size_t length;
};

/* In the order in which they run. */
static bool is_webvtt(const char *text);
static void read_cues(const char *text, struct cues *cues);
static struct line next_line(const char **text);
static bool read_times(struct line line, struct cue *cue);
static void end_cue(struct cues *cues, struct cue *cue, const char *end);
static void write_lines(const struct cues *cues, struct buf *json);

static bool is_counter(struct line line);
static bool read_time(const char **at, const char *end, int64_t *ms);
static int by_time(const void *one, const void *other);
static int write_cue(struct buf *json, const struct cue *cue, const char *text, int most, int64_t *latest_ms);
static size_t piece_length(const char *text, size_t *characters);
static size_t characters_of(const char *text);

const char *captions_read(const char *bytes, size_t length, struct buf *json)
{
    struct arena *arena = arena_new();
    struct cues cues = { 0 };
    const char *fault = NULL;

    bool is_compressed = length >= 2 && memcmp(bytes, "\x1F\x8B", 2) == 0;
    const char *text = is_compressed ? NULL : caption_text_decoded(arena, bytes, length);
    if (text) {
        read_cues(text, &cues);
    }
    if (!text) {
        fault = "it is no text";
    } else if (cues.count == 0 && !is_webvtt(text)) {
        fault = "it is neither WebVTT nor SubRip";
    } else {
        write_lines(&cues, json);
    }
    free(cues.list);
    arena_free(arena);
    return fault;
}

static bool is_webvtt(const char *text)
{
    return str_starts_with(text, "WEBVTT") && strchr(" \t\r\n", text[6]);
}

/* --- cues --- */

static void read_cues(const char *text, struct cues *cues)
{
    struct cue cue = { 0 };
    struct line line, before = { 0 };

    while ((line = next_line(&text)).text) {
        struct cue next = { 0 };
        bool has_arrow = memmem(line.text, line.length, "-->", 3);
        if (has_arrow || line.length == 0) {
            /* The counter of a cue that no blank line goes before is not the last one's text. */
            bool is_next_counter = has_arrow && cue.text && before.text >= cue.text && is_counter(before);
            end_cue(cues, &cue, is_next_counter ? before.text : line.text);
        }
        if (has_arrow && read_times(line, &next)) {
            cue = next;
            cue.text = text;
        }
        before = line;
    }
    end_cue(cues, &cue, text);
}

/* Ends are LF, CR LF or CR. A line of blanks is as good as none. */
static struct line next_line(const char **text)
{
    struct line line = { .text = **text ? *text : NULL, .length = strcspn(*text, "\r\n") };

    *text += line.length;
    *text += **text == '\r' && (*text)[1] == '\n' ? 2 : **text != '\0';
    if (line.text && line.length == strspn(line.text, " \t")) {
        line.length = 0;
    }
    return line;
}

static bool is_counter(struct line line)
{
    return line.length > 0 && line.length < 10 && strspn(line.text, "0123456789") == line.length;
}

/* "00:01.000 --> 00:02.000 align:start", "00:00:01,000 --> 00:00:02,000". */
static bool read_times(struct line line, struct cue *cue)
{
    const char *at = line.text, *end = line.text + line.length;

    while (at < end && isblank((unsigned char)*at)) {
        at++;
    }
    if (!read_time(&at, end, &cue->start_ms)) {
        return false;
    }
    while (at < end && isblank((unsigned char)*at)) {
        at++;
    }
    if (end - at < 3 || memcmp(at, "-->", 3) != 0) {
        return false;
    }
    for (at += 3; at < end && isblank((unsigned char)*at); at++) {
    }
    if (!read_time(&at, end, &cue->end_ms)) {
        return false;
    }
    if (cue->end_ms < cue->start_ms) {
        cue->end_ms = cue->start_ms;
    } else if (cue->end_ms > TIME_MAX_MS) {
        cue->end_ms = TIME_MAX_MS;
    }
    return cue->start_ms <= TIME_MAX_MS;
}

/* [hours:]minutes:seconds[.,]thousandths */
static bool read_time(const char **at, const char *end, int64_t *ms)
{
    int64_t seconds = 0, thousandths = 0;
    int parts = 0;

    for (;; ++*at) {
        int64_t part = 0;
        const char *digits = *at;
        for (; *at < end && isdigit((unsigned char)**at) && *at - digits < 8; ++*at) {
            part = 10 * part + (**at - '0');
        }
        if (*at == digits || (parts > 0 && part > 59)) {
            return false;
        }
        seconds = 60 * seconds + part;
        if (++parts == 3 || *at == end || **at != ':') {
            break;
        }
    }
    if (*at < end && (**at == '.' || **at == ',')) {
        int64_t unit = 100;
        for (++*at; *at < end && isdigit((unsigned char)**at); ++*at, unit /= 10) {
            thousandths += unit * (**at - '0');
        }
    }
    *ms = 1000 * seconds + thousandths;
    return parts >= 2;
}

static void end_cue(struct cues *cues, struct cue *cue, const char *end)
{
    if (cue->text && end > cue->text) {
        if (cues->count == cues->room) {
            cues->room = cues->room ? 2 * cues->room : 256;
            cues->list = mem_resize(cues->list, cues->room * sizeof *cues->list);
        }
        cue->length = (size_t)(end - cue->text);
        cue->place = cues->count;
        cues->list[cues->count++] = *cue;
    }
    *cue = (struct cue){ 0 };
}

/* --- lines --- */

static void write_lines(const struct cues *cues, struct buf *json)
{
    int64_t latest_ms = 0;
    int written = 0;

    if (cues->count > 0) {
        qsort(cues->list, cues->count, sizeof *cues->list, by_time);
    }
    buf_add_char(json, '[');
    for (size_t i = 0; i < cues->count && written < CAPTIONS_LINES_MAX; i++) {
        struct arena *scratch = arena_new();
        const char *text = caption_text_plain(scratch, cues->list[i].text, cues->list[i].length);
        if (*text && written > 0) {
            buf_add_char(json, ',');
        }
        written += write_cue(json, &cues->list[i], text, CAPTIONS_LINES_MAX - written, &latest_ms);
        arena_free(scratch);
    }
    buf_add_char(json, ']');
}

static int by_time(const void *one, const void *other)
{
    const struct cue *a = one, *b = other;

    if (a->start_ms != b->start_ms) {
        return a->start_ms < b->start_ms ? -1 : 1;
    }
    return a->place < b->place ? -1 : a->place > b->place;
}

/* How many lines that were: each with the part of the cue's time that its part of the text takes. latest_ms: when the one before
 * began, which may be later than this cue where cues overlap. */
static int write_cue(struct buf *json, const struct cue *cue, const char *text, int most, int64_t *latest_ms)
{
    int64_t all = (int64_t)characters_of(text), passed = 0, span_ms = cue->end_ms - cue->start_ms;
    int written = 0;

    while (*text && written < most) {
        size_t characters;
        size_t length = piece_length(text, &characters);
        int64_t start_ms = cue->start_ms + span_ms * passed / all;
        passed += (int64_t)characters;
        int64_t end_ms = text[length] ? cue->start_ms + span_ms * passed / all : cue->end_ms;
        start_ms = start_ms > *latest_ms ? start_ms : *latest_ms;
        end_ms = end_ms > start_ms ? end_ms : start_ms;
        buf_printf(json, "%s{\"start\":%lld.%03lld,\"end\":%lld.%03lld,\"text\":", written > 0 ? "," : "",
                   (long long)start_ms / 1000, (long long)start_ms % 1000, (long long)end_ms / 1000, (long long)end_ms % 1000);
        buf_add_json(json, text, length);
        buf_add_char(json, '}');
        text += length;
        text += strspn(text, " \n\t");
        *latest_ms = start_ms;
        written++;
    }
    return written;
}

/* In bytes: up to the last blank within the most that a line may have, or as much where there is none. */
static size_t piece_length(const char *text, size_t *characters)
{
    size_t length = 0, count = 0, blank = 0, blank_count = 0;

    for (; text[length] && count < CAPTIONS_TEXT_MAX; count++) {
        if (text[length] == ' ' || text[length] == '\n') {
            blank = length;
            blank_count = count;
        }
        for (length++; ((unsigned char)text[length] & 0xC0) == 0x80; length++) {
        }
    }
    bool is_cut = text[length] && blank > 0;
    *characters = is_cut ? blank_count : count;
    return is_cut ? blank : length;
}

static size_t characters_of(const char *text)
{
    size_t count = 0;

    for (; *text; text++) {
        count += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return count;
}
