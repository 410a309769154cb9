/* parameters.c - see the header. */
#include "common/http/parameters.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/http/request.h"

struct reading {
    struct faults *faults;
    const char *name, *other_name;
    const char *const *all;
    const char **found; /* by their place in all */
    size_t count;
};

static bool note_parameter(void *arg, const char *name, const char *value);
static bool read_word(void *arg, const char *name, const char *value);
static size_t place_of(const char *const *all, const char *value);
static bool note(struct faults *faults, const char *name, const char *detail);
static bool note_unknown(const struct reading *reading, const char *name);

struct names {
    struct faults *faults;
    const char *const *all;
    unsigned seen; /* a bit each */
};

void parameters_only(struct flow *flow, struct faults *faults, const char *const *names)
{
    struct names known = { .faults = faults, .all = names };

    if (!http_query_each(flow, note_parameter, &known)) {
        faults_add(faults, "?", "invalid", "The query string is malformed.");
    }
}

static bool note_parameter(void *arg, const char *name, const char *value)
{
    struct names *known = arg;
    char pointer[80];
    (void)value;

    size_t place = place_of(known->all, name);
    snprintf(pointer, sizeof pointer, "?%.70s", str_is_utf8(name, strlen(name)) ? name : "");
    if (!known->all[place]) {
        faults_add(known->faults, pointer, "unknown_parameter", "There is no such parameter.");
    } else if (known->seen & 1U << place) {
        faults_add(known->faults, pointer, "duplicate", "This parameter is given twice.");
    } else {
        known->seen |= 1U << place;
    }
    return true;
}

struct parameter_words parameters_words(struct flow *flow, struct faults *faults, const char *name, const char *other_name,
                                        const char *const *all)
{
    struct parameter_words words = { 0 };
    size_t all_count = 0;

    while (all[all_count]) {
        all_count++;
    }
    struct reading reading = { .faults = faults, .name = name, .other_name = other_name, .all = all };
    reading.found = arena_calloc(flow->arena, all_count + 1, sizeof *reading.found);
    words.list = arena_calloc(flow->arena, all_count + 1, sizeof *words.list);
    if (!http_query_each(flow, read_word, &reading)) {
        return words;
    }
    for (size_t i = 0; i < all_count; i++) {
        if (reading.found[i]) {
            words.list[words.count++] = reading.found[i];
        }
    }
    return words;
}

/* The first fault ends it. */
static bool read_word(void *arg, const char *name, const char *value)
{
    struct reading *reading = arg;

    if (!str_equal(name, reading->name) && !str_equal(name, reading->other_name)) {
        return true;
    }
    size_t place = place_of(reading->all, value);
    if (!reading->all[place]) {
        return note_unknown(reading, name);
    }
    reading->count += !reading->found[place];
    reading->found[place] = reading->all[place];
    return reading->count <= PARAMETERS_WORDS_MAX || note(reading->faults, name, "At most 50 different ones may be given.");
}

static size_t place_of(const char *const *all, const char *value)
{
    size_t place = 0;

    while (all[place] && strcmp(all[place], value) != 0) {
        place++;
    }
    return place;
}

static bool note_unknown(const struct reading *reading, const char *name)
{
    struct buf detail = { 0 };

    buf_add_text(&detail, "This must be one of");
    for (size_t i = 0; reading->all[i]; i++) {
        buf_printf(&detail, "%s %s", i ? "," : "", reading->all[i]);
    }
    buf_add_text(&detail, "; it may be given several times.");
    note(reading->faults, name, detail.data);
    buf_clear(&detail);
    return false;
}

static bool note(struct faults *faults, const char *name, const char *detail)
{
    char pointer[80];

    snprintf(pointer, sizeof pointer, "?%s", name);
    faults_add(faults, pointer, "invalid", detail);
    return false;
}

const char *parameters_moment(struct arena *arena, struct faults *faults, const char *name, const char *text)
{
    char *given = arena_strdup(arena, text);
    char *blank = strchr(given, ' ');
    char *moment = arena_alloc(arena, CLOCK_RFC3339_SIZE);
    int64_t wall_ms;

    if (blank) {
        *blank = '+';
    }
    if (!clock_parse_rfc3339(given, &wall_ms)) {
        note(faults, name, "This must be a time such as 2026-11-22T09:30:00Z.");
        return NULL;
    }
    clock_rfc3339(moment, wall_ms);
    return moment;
}

void parameters_check_range(struct faults *faults, const char *before_name, const char *after, const char *before)
{
    if (after && before && strcmp(after, before) >= 0) { /* of one form, in the order of time */
        note(faults, before_name, "This must be later than the moment that the range begins with: no moment lies between them.");
    }
}
