/* page.c - see the header. The cursor is base64url of an 8-byte mark, the key, a NUL and the id. */
#include "common/daemon/page.h"

#include <string.h>

#include "common/http/conditional.h"
#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"
#include "common/http/problem.h"
#include "common/pg/declared.h"

enum { MARK_SIZE = 8, CURSOR_MAX = 1200, LIMIT_DEFAULT = 20, LIMIT_MAX = 100, FILTERS_MAX = 8, SEARCH_MAX = 200 };

struct wanted_page {
    const struct page_list *list;
    const struct page_sort *sort;
    bool descends;
    int64_t limit;
    const char *values[FILTERS_MAX];  /* NULL: not asked for */
    int choices[FILTERS_MAX];         /* index of the value among the filter's choices */
    const char *after_key, *after_id; /* NULL for the first page */
    const char *cursor;               /* that was given, as JSON */
};

struct page_statement {
    struct pg_statement statement;
    unsigned variant;
    struct page_statement *next;
};

/* A name in a pattern, and what it stands for. */
struct part {
    const char *name, *text;
};

/* In the order in which they run. */
static void read_query(struct flow *flow, struct wanted_page *page, struct faults *faults);
static const struct pg_statement *statement_of(struct flow *flow, const struct wanted_page *page);
static struct next *reply_page(struct flow *flow);

static bool note_unknown(void *arg, const char *name, const char *value);
static void read_sort(struct wanted_page *page, const char *sort, struct faults *faults);
static void read_filter(struct flow *flow, struct wanted_page *page, size_t index, struct faults *faults);
static int choice_of(const char *choices, const char *value);
static bool read_cursor(struct flow *flow, struct wanted_page *page, const char *cursor);
static void make_mark(struct flow *flow, const struct wanted_page *page, const void *position, size_t length,
                      uint8_t mark[CRYPTO_HASH_SIZE]);
static bool is_heavy(const struct wanted_page *page);
static unsigned variant_of(const struct wanted_page *page);
static const char *compose(struct arena *arena, const struct wanted_page *page);
static const char *put_in(struct arena *arena, const char *text, const struct part *parts);
static void add_conditions(struct buf *sql, const struct wanted_page *page);
static void add_condition(struct buf *sql, const char *condition, int number);
static void add_params(struct pg_params *params, const struct wanted_page *page);
static const char *next_cursor(struct flow *flow, const struct wanted_page *page, const char *last_key, const char *last_id);

struct next *page_answer(struct flow *flow, const struct page_list *list)
{
    struct wanted_page *page = arena_alloc(flow->arena, sizeof *page);
    struct faults *faults = faults_new(flow->arena);
    struct pg_params params;

    page->list = list;
    read_query(flow, page, faults);
    if (faults_any(faults)) {
        return faults_reply(flow, faults);
    }
    pg_params_init(&params, flow->arena);
    pg_text(&params, caller_of(flow)->account_id);
    pg_int(&params, page->limit);
    if (list->scope) {
        pg_text(&params, router_param(flow, "id"));
    }
    add_params(&params, page);
    flow->state = page;
    return pg_query(flow, flow->daemon->pg, statement_of(flow, page), &params, reply_page);
}

/* --- the query string --- */

struct seen_names {
    const struct page_list *list;
    struct faults *faults;
    unsigned filters; /* a bit each */
    bool limit, cursor, sort;
};

static void read_query(struct flow *flow, struct wanted_page *page, struct faults *faults)
{
    struct seen_names seen = { .list = page->list, .faults = faults };
    const char *limit = http_query(flow, "limit"), *cursor = http_query(flow, "cursor"), *sort = http_query(flow, "sort");

    if (!http_query_each(flow, note_unknown, &seen) && !faults_any(faults)) {
        faults_add(faults, "?", "invalid", "The query string is malformed.");
    }
    page->limit = LIMIT_DEFAULT;
    page->cursor = cursor ? arena_printf(flow->arena, "\"%s\"", cursor) : "null"; /* its mark is checked below */
    if (limit && !str_parse_int(limit, 1, LIMIT_MAX, &page->limit)) {
        faults_add(faults, "?limit", "out_of_range", "This must be a whole number from 1 to 100.");
    }
    size_t faults_before = json_array_size(faults_list(faults));
    read_sort(page, sort ? sort : page->list->default_sort, faults);
    for (size_t i = 0; page->list->filters[i].name; i++) {
        read_filter(flow, page, i, faults);
    }
    bool is_known_list = json_array_size(faults_list(faults)) == faults_before; /* else no cursor can be told to be of it */
    if (cursor && is_known_list && !read_cursor(flow, page, cursor)) {
        faults_add(faults, "?cursor", "invalid",
                   "This must be the next_cursor of an earlier page of this list, with the same sort and filters.");
    }
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
        if (str_equal(name, seen->list->filters[i].name)) {
            bool was_seen = seen->filters & 1U << i;
            seen->filters |= 1U << i;
            return note_once(seen->faults, name, &was_seen);
        }
    }
    char pointer[80];
    snprintf(pointer, sizeof pointer, "?%s", name);
    faults_add(seen->faults, pointer, "unknown_parameter", "There is no such parameter.");
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

static void read_filter(struct flow *flow, struct wanted_page *page, size_t index, struct faults *faults)
{
    const struct page_filter *filter = &page->list->filters[index];
    const char *value = http_query(flow, filter->name);
    const char *pointer = arena_printf(flow->arena, "?%s", filter->name);

    if (!value) {
        return;
    }
    if (filter->choices) {
        page->choices[index] = choice_of(filter->choices, value);
        if (page->choices[index] < 0) {
            faults_add(faults, pointer, "invalid", arena_printf(flow->arena, "This must be one of %s.", filter->choices));
        }
    } else {
        const char *wrong = filter->check(value);
        if (wrong) {
            faults_add(faults, pointer, "invalid", wrong);
        } else if (filter->canonical) {
            value = filter->canonical(flow->arena, value);
        }
    }
    page->values[index] = value;
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

const char *page_check_search(const char *text)
{
    size_t length = str_utf8_length(text);

    return length >= 1 && length <= SEARCH_MAX && !str_has_control(text, false)
               ? NULL
               : "This must be 1 to 200 characters, none of them a control character.";
}

static bool read_cursor(struct flow *flow, struct wanted_page *page, const char *cursor)
{
    uint8_t *bytes = arena_alloc(flow->arena, CURSOR_MAX + 1);
    uint8_t mark[CRYPTO_HASH_SIZE];
    long length = str_base64url_decode(bytes, CURSOR_MAX, cursor);

    if (length <= MARK_SIZE) {
        return false;
    }
    make_mark(flow, page, bytes + MARK_SIZE, (size_t)length - MARK_SIZE, mark);
    if (!crypto_equal(mark, bytes, MARK_SIZE)) {
        return false;
    }
    page->after_key = (const char *)bytes + MARK_SIZE;
    page->after_id = page->after_key + strlen(page->after_key) + 1;
    return true;
}

/* No filter's value has a line's end in it, so that none can pass for another. */
static void make_mark(struct flow *flow, const struct wanted_page *page, const void *position, size_t length,
                      uint8_t mark[CRYPTO_HASH_SIZE])
{
    struct buf marked = { 0 };

    buf_printf(&marked, "%s %s %s%s\n", page->list->name, caller_of(flow)->account_id, page->descends ? "-" : "",
               page->sort->name);
    if (page->list->scope) {
        buf_printf(&marked, "%s\n", router_param(flow, "id"));
    }
    for (size_t i = 0; page->list->filters[i].name; i++) {
        if (page->values[i]) {
            buf_printf(&marked, "%s=%s\n", page->list->filters[i].name, page->values[i]);
        }
    }
    buf_add_char(&marked, '\n');
    buf_add(&marked, position, length);
    crypto_mark(flow->daemon->keyring, "cursor", marked.data, marked.length, mark);
    buf_clear(&marked);
}

/* --- the statement --- */

static const struct pg_statement *statement_of(struct flow *flow, const struct wanted_page *page)
{
    struct arena *arena = flow->daemon->arena; /* prepared statements live as long as the process */
    unsigned variant = variant_of(page);

    for (const struct page_statement *known = *page->list->statements; known; known = known->next) {
        if (known->variant == variant) {
            return &known->statement;
        }
    }
    struct page_statement *made = arena_alloc(arena, sizeof *made);
    made->statement = *page->list->pattern;
    made->statement.name = arena_printf(arena, "list %s %u", page->list->name, variant);
    made->statement.sql = compose(arena, page);
    made->statement.lane = is_heavy(page) ? PG_LANE_HEAVY : PG_LANE_USUAL;
    made->variant = variant;
    made->next = *page->list->statements;
    *page->list->statements = made;
    return &made->statement;
}

static bool is_heavy(const struct wanted_page *page)
{
    for (size_t i = 0; page->list->filters[i].name; i++) {
        if (page->list->filters[i].is_heavy && page->values[i]) {
            return true;
        }
    }
    return false;
}

static unsigned variant_of(const struct wanted_page *page)
{
    unsigned variant = (unsigned)(page->sort - page->list->sorts) * 4 + (page->descends ? 2 : 0) + (page->after_key ? 1 : 0);

    for (size_t i = 0; page->list->filters[i].name; i++) {
        variant = variant * 8 + (page->values[i] ? 1 + (unsigned)page->choices[i] : 0);
    }
    return variant;
}

/* Which parameter a name is: the account, the limit and, of a list below one thing, its id; then the cursor's two, when there is
 * one; then the filters' values. */
static int parameter_of_cursor(const struct wanted_page *page)
{
    return page->list->scope ? 4 : 3;
}

static const char *compose(struct arena *arena, const struct wanted_page *page)
{
    const struct page_list *list = page->list;
    struct buf conditions = { 0 };
    add_conditions(&conditions, page);
    const struct part parts[] = { { ":from", page->sort->from },
                                  { ":scope", list->scope ? list->scope : "" },
                                  { ":known", list->known ? list->known : "" },
                                  { ":conditions", conditions.data ? conditions.data : "" },
                                  { ":key", page->sort->key },
                                  { ":id", page->sort->id },
                                  { ":direction", page->descends ? "desc" : "asc" },
                                  { NULL, NULL } };
    const struct part parameters[] = {
        { ":account_id", "($1::text)" }, { ":limit", "($2::int)" }, { ":parent_id", "($3::text)" }, { NULL, NULL }
    };

    const char *text = put_in(arena, put_in(arena, list->pattern->sql, parts), parameters);
    buf_clear(&conditions);
    return text;
}

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The text with each of the names replaced, in the arena. A cast (::) is no name. */
static const char *put_in(struct arena *arena, const char *text, const struct part *parts)
{
    struct buf sql = { 0 };

    for (const char *at = text; *at;) {
        const struct part *part = parts;
        while (part->name && (!str_starts_with(at, part->name) || is_of_name(at[strlen(part->name)]))) {
            part++;
        }
        bool is_cast = at > text && at[-1] == ':';
        if (part->name && !is_cast) {
            buf_add_text(&sql, part->text);
            at += strlen(part->name);
        } else {
            buf_add_char(&sql, *at++);
        }
    }
    const char *put = arena_strdup(arena, sql.data);
    buf_clear(&sql);
    return put;
}

static void add_conditions(struct buf *sql, const struct wanted_page *page)
{
    int number = parameter_of_cursor(page);

    if (page->after_key) {
        buf_printf(sql, " and (%s, %s) %s ($%d::%s, $%d)", page->sort->key, page->sort->id, page->descends ? "<" : ">", number,
                   page->sort->type, number + 1);
        number += 2;
    }
    for (size_t i = 0; page->list->filters[i].name; i++) {
        const struct page_filter *filter = &page->list->filters[i];
        if (page->values[i]) {
            add_condition(sql, filter->choices ? filter->conditions[page->choices[i]] : filter->condition, number);
            number += filter->choices ? 0 : 1;
        }
    }
}

static void add_condition(struct buf *sql, const char *condition, int number)
{
    static const char value[] = ":value";

    buf_add_text(sql, " and (");
    for (const char *mark; (mark = strstr(condition, value)); condition = mark + sizeof value - 1) {
        buf_add(sql, condition, (size_t)(mark - condition));
        buf_printf(sql, "$%d", number);
    }
    buf_add_text(sql, condition);
    buf_add_char(sql, ')');
}

static void add_params(struct pg_params *params, const struct wanted_page *page)
{
    if (page->after_key) {
        pg_text(params, page->after_key);
        pg_text(params, page->after_id);
    }
    for (size_t i = 0; page->list->filters[i].name; i++) {
        const struct page_filter *filter = &page->list->filters[i];
        if (page->values[i] && !filter->choices) {
            pg_text(params, page->values[i]);
        }
    }
}

/* --- the answer --- */

/* The columns that every page has, in their order; common/pg/statements sees to it. */
enum { DATA, HAS_MORE, LAST_KEY, LAST_ID };

static int column_of(const struct page_list *list, const char *name)
{
    int column = 0;

    while (column < list->pattern->column_count && !str_equal(list->pattern->columns[column].name, name)) {
        column++;
    }
    return column;
}

static struct next *reply_page(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const struct wanted_page *page = flow->state;
    const struct page_list *list = page->list;
    const struct pg_answer *answer = pg_answer_of(flow);
    if (list->scope && !pg_read_bool(answer, 0, column_of(list, "is_known"))) {
        return problem_reply(flow, 404, "not_found", list->not_found);
    }
    bool has_more = pg_read_bool(answer, 0, HAS_MORE);
    bool goes_on = list->goes_on && !page->descends;
    const char *cursor = "null";
    if (goes_on && pg_answer_is_null(answer, 0, LAST_ID)) {
        cursor = page->cursor;
    } else if (has_more || goes_on) {
        cursor = next_cursor(flow, page, pg_read_text(answer, 0, LAST_KEY), pg_read_text(answer, 0, LAST_ID));
    }
    const char *also =
        list->also ? arena_printf(flow->arena, ",\"%s\":%s", list->also, pg_read_text(answer, 0, column_of(list, list->also)))
                   : "";
    const char *text = arena_printf(flow->arena, "{\"data\":%s,\"has_more\":%s,\"next_cursor\":%s%s}",
                                    pg_read_text(answer, 0, DATA), has_more ? "true" : "false", cursor, also);
    return conditional_reply_json(flow, conditional_tag_of(flow->arena, text), text);
}

static const char *next_cursor(struct flow *flow, const struct wanted_page *page, const char *last_key, const char *last_id)
{
    struct buf position = { 0 };
    uint8_t mark[CRYPTO_HASH_SIZE];

    buf_add(&position, "\0\0\0\0\0\0\0\0", MARK_SIZE);
    buf_add(&position, last_key, strlen(last_key) + 1);
    buf_add_text(&position, last_id);
    make_mark(flow, page, position.data + MARK_SIZE, position.length - MARK_SIZE, mark);
    memcpy(position.data, mark, MARK_SIZE);
    char *text = arena_alloc(flow->arena, str_base64url_size(position.length));
    str_base64url(text, (const uint8_t *)position.data, position.length);
    buf_clear(&position);
    return arena_printf(flow->arena, "\"%s\"", text);
}
