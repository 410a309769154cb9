/* page_query.c - the query string of a list: limit, cursor, sort and filters, and what nobody asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/daemon/page_internal.h"
#include "common/daemon/session.h"
#include "common/http/http.h"
#include "common/http/parameters.h"

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 100 };

struct seen_names {
    const struct page_list *list;
    struct faults *faults;
    unsigned filters; /* a bit each */
    bool limit, cursor, sort;
};

/* In the order in which they run. */
static bool note_unknown(void *arg, const char *name, const char *value);
static bool note_once(struct faults *faults, const char *name, bool *was_seen);
static void read_sort(struct wanted_page *page, const char *sort, struct faults *faults);
static void read_filter(struct flow *flow, const struct page_filter *filter, struct wanted_filter *wanted, struct faults *faults);
static void read_words(struct flow *flow, const struct page_filter *filter, struct wanted_filter *wanted, struct faults *faults);
static const char *checked(struct flow *flow, const struct page_filter *filter, const char *value, struct faults *faults);
static int choice_of(const char *choices, const char *value);
static void check_ranges(const struct wanted_page *page, struct faults *faults);

void page_read_query(struct flow *flow, struct wanted_page *page, struct faults *faults)
{
    struct seen_names seen = { .list = page->list, .faults = faults };
    const char *limit = http_query(flow, "limit"), *cursor = http_query(flow, "cursor"), *sort = http_query(flow, "sort");

    if (!http_query_each(flow, note_unknown, &seen) && !faults_any(faults)) {
        faults_add(faults, "?", "invalid", "The query string is malformed.");
    }
    page->limit = LIMIT_DEFAULT;
    page->session_id = page->list->of_session && session_owner_of(flow) ? session_id_of(flow) : NULL;
    page->cursor = cursor ? arena_printf(flow->arena, "\"%s\"", cursor) : "null"; /* its mark is checked below */
    if (limit && !str_parse_int(limit, 1, LIMIT_MAX, &page->limit)) {
        faults_add(faults, "?limit", "out_of_range", "This must be a whole number from 1 to 100.");
    }
    size_t faults_before = json_array_size(faults_list(faults));
    read_sort(page, sort ? sort : page->list->default_sort, faults);
    for (size_t i = 0; page->list->filters[i].name; i++) {
        if (i == PAGE_FILTERS_MAX) {
            abort(); /* a list of ours outgrew the table: raise its size */
        }
        read_filter(flow, &page->list->filters[i], &page->filters[i], faults);
    }
    check_ranges(page, faults);
    bool is_known_list = json_array_size(faults_list(faults)) == faults_before; /* else no cursor can be told to be of it */
    if (cursor && is_known_list && !page_read_cursor(flow, page, cursor)) {
        faults_add(faults, "?cursor", "invalid",
                   "This must be the next_cursor of an earlier page of this list, with the same sort and filters.");
    }
}

static bool note_unknown(void *arg, const char *name, const char *value)
{
    struct seen_names *seen = arg;
    (void)value;

    if (str_equal(name, "limit")) {
        return note_once(seen->faults, name, &seen->limit);
    }
    if (str_equal(name, "cursor")) {
        return note_once(seen->faults, name, &seen->cursor);
    }
    if (str_equal(name, "sort")) {
        return note_once(seen->faults, name, &seen->sort);
    }
    for (size_t i = 0; seen->list->filters[i].name; i++) {
        const struct page_filter *filter = &seen->list->filters[i];
        if (str_equal(name, filter->name) || (filter->other_name && str_equal(name, filter->other_name))) {
            bool was_seen = !filter->words && seen->filters & 1U << i;
            seen->filters |= 1U << i;
            return note_once(seen->faults, name, &was_seen);
        }
    }
    char pointer[80];
    snprintf(pointer, sizeof pointer, "?%s", name);
    faults_add(seen->faults, pointer, "unknown_parameter", "There is no such parameter.");
    return true;
}

static bool note_once(struct faults *faults, const char *name, bool *was_seen)
{
    if (*was_seen) {
        char pointer[80];
        snprintf(pointer, sizeof pointer, "?%s", name);
        faults_add(faults, pointer, "duplicate", "This parameter is given twice.");
    }
    *was_seen = true;
    return true;
}

static void read_sort(struct wanted_page *page, const char *sort, struct faults *faults)
{
    page->descends = *sort == '-';
    for (const struct page_sort *each = page->list->sorts; each->name; each++) {
        if (str_equal(each->name, sort + page->descends)) {
            page->sort = each;
            return;
        }
    }
    struct buf detail = { 0 };
    buf_add_text(&detail, "This must be one of");
    for (const struct page_sort *each = page->list->sorts; each->name; each++) {
        buf_printf(&detail, " %s -%s", each->name, each->name);
    }
    buf_add_text(&detail, ".");
    faults_add(faults, "?sort", "invalid", detail.data);
    buf_clear(&detail);
}

static void read_filter(struct flow *flow, const struct page_filter *filter, struct wanted_filter *wanted, struct faults *faults)
{
    const char *value = http_query(flow, filter->name);

    if (filter->is_owner && session_owner_of(flow)) {
        wanted->value = session_owner_of(flow);
    } else if (filter->words) {
        read_words(flow, filter, wanted, faults);
    } else if (value && filter->choices) {
        wanted->value = value;
        wanted->choice = choice_of(filter->choices, value);
        if (wanted->choice < 0) {
            faults_add(faults, arena_printf(flow->arena, "?%s", filter->name), "invalid",
                       arena_printf(flow->arena, "This must be one of %s.", filter->choices));
        }
    } else if (value) {
        wanted->value = filter->is_moment ? parameters_moment(flow->arena, faults, filter->name, value)
                                          : checked(flow, filter, value, faults);
    }
}

static void read_words(struct flow *flow, const struct page_filter *filter, struct wanted_filter *wanted, struct faults *faults)
{
    struct parameter_words words = parameters_words(flow, faults, filter->name, filter->other_name, filter->words);

    wanted->words = words.list;
    wanted->word_count = words.count;
    for (size_t i = 0; i < words.count; i++) {
        wanted->value = arena_printf(flow->arena, "%s%s ", i ? wanted->value : "", words.list[i]);
    }
}

static const char *checked(struct flow *flow, const struct page_filter *filter, const char *value, struct faults *faults)
{
    const char *wrong = filter->check(value);

    if (wrong) {
        faults_add(faults, arena_printf(flow->arena, "?%s", filter->name), "invalid", wrong);
        return value;
    }
    return filter->canonical ? filter->canonical(flow->arena, value) : value;
}

static int choice_of(const char *choices, const char *value)
{
    size_t value_length = strlen(value);

    for (int index = 0;; index++) {
        size_t length = strcspn(choices, "|");
        if (length == value_length && memcmp(choices, value, length) == 0) {
            return index;
        }
        if (!choices[length]) {
            return -1;
        }
        choices += length + 1;
    }
}

/* name_before ends what name_after begins. */
static void check_ranges(const struct wanted_page *page, struct faults *faults)
{
    static const char before[] = "_before", after[] = "_after";
    const struct page_filter *filters = page->list->filters;

    for (size_t end = 0; filters[end].name; end++) {
        size_t length = strlen(filters[end].name);
        size_t stem = length > sizeof before - 1 ? length - (sizeof before - 1) : 0;
        for (size_t begin = 0; filters[end].is_moment && str_equal(filters[end].name + stem, before) && filters[begin].name;
             begin++) {
            if (strncmp(filters[begin].name, filters[end].name, stem) == 0 && str_equal(filters[begin].name + stem, after)) {
                parameters_check_range(faults, filters[end].name, page->filters[begin].value, page->filters[end].value);
            }
        }
    }
}
