/* page_statement.c - the statement of a list: its pattern, with what this page's sort and filters put in. */
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"
#include "common/daemon/page_internal.h"

/* Of a list, in each session: a plan takes some hundred kilobytes of PostgreSQL's memory and its text some of ours, and who
 * combines all filters with all sorts could have tens of thousands of them kept. People's programs ask in a few ways. */
enum { KEPT_PLANS_MAX = 100 };

struct page_statement {
    struct pg_statement statement;
    uint64_t variant;
    struct page_statement *next;
};

/* A name in a pattern, and what it stands for. */
struct part {
    const char *name, *text;
};

/* In the order in which they run. */
static uint64_t variant_of(const struct wanted_page *page);
static const char *compose(struct arena *arena, const struct wanted_page *page);
static const char *scope_of(struct arena *arena, const struct wanted_page *page);
static const struct page_filter *keyed_filter(const struct wanted_page *page);
static const struct page_keys *keys_of(const struct wanted_page *page, const struct page_filter *keyed);
static const char *conditions_of(struct arena *arena, const struct wanted_page *page, const struct page_filter *keyed);
static int parameter_of_cursor(const struct wanted_page *page);
static const char *with_value(struct arena *arena, const char *text, int number);
static const char *from_keys(struct arena *arena, const struct wanted_page *page, const struct page_filter *keyed,
                             const char *conditions);
static int parameter_of(const struct wanted_page *page, const struct page_filter *filter);
static bool is_of_name(char c);
static const char *put_in(struct arena *arena, const char *text, const struct part *parts);
static bool is_heavy(const struct wanted_page *page);

const struct pg_statement *page_statement_of(struct flow *flow, const struct wanted_page *page)
{
    uint64_t variant = variant_of(page);
    int count = 0;

    for (const struct page_statement *known = *page->list->statements; known; known = known->next, count++) {
        if (known->variant == variant) {
            return &known->statement;
        }
    }
    bool is_kept = count < KEPT_PLANS_MAX;
    struct arena *arena = is_kept ? flow->daemon->arena : flow->arena; /* prepared statements live as long as the process */
    struct page_statement *made = arena_alloc(arena, sizeof *made);
    made->statement = *page->list->pattern;
    made->statement.name = is_kept ? arena_printf(arena, "list %s %llx", page->list->name, (unsigned long long)variant)
                                   : arena_printf(arena, "list %s", page->list->name);
    made->statement.sql = compose(arena, page);
    made->statement.lane = is_heavy(page) ? PG_LANE_HEAVY : PG_LANE_USUAL;
    made->statement.unnamed = !is_kept;
    if (is_kept) {
        made->variant = variant;
        made->next = *page->list->statements;
        *page->list->statements = made;
    }
    return &made->statement;
}

static uint64_t variant_of(const struct wanted_page *page)
{
    uint64_t variant = (uint64_t)(page->sort - page->list->sorts) * 4 + (page->descends ? 2 : 0) + (page->after_key ? 1 : 0);

    for (size_t i = 0; page->list->filters[i].name; i++) {
        variant = variant * 8 + (page->filters[i].value ? 1 + (unsigned)page->filters[i].choice : 0);
    }
    return variant * 2 + (page->session_id ? 1 : 0);
}

static const char *compose(struct arena *arena, const struct wanted_page *page)
{
    const struct page_list *list = page->list;
    const struct page_filter *keyed = keyed_filter(page);
    bool has_keys = keys_of(page, keyed);
    const char *conditions = conditions_of(arena, page, keyed);
    const struct part whole[] = { { ":from", has_keys ? from_keys(arena, page, keyed, conditions) : page->sort->from },
                                  { ":scope", scope_of(arena, page) },
                                  { ":known", list->known ? list->known : "" },
                                  { ":conditions", has_keys ? "" : conditions },
                                  { NULL, NULL } };
    const struct part order[] = { { ":key", page->sort->key },
                                  { ":id", page->sort->id },
                                  { ":direction", page->descends ? "desc" : "asc" },
                                  { ":account_id", "($1::text)" },
                                  { ":limit", "($2::int)" },
                                  { ":parent_id", "($3::text)" },
                                  { ":session", arena_printf(arena, "($%d::text)", parameter_of(page, NULL)) },
                                  { NULL, NULL } };

    return put_in(arena, put_in(arena, list->pattern->sql, whole), order);
}

static const char *scope_of(struct arena *arena, const struct wanted_page *page)
{
    const struct page_list *list = page->list;

    return !list->scope ? "" : page->session_id ? arena_printf(arena, "%s and (%s)", list->scope, list->of_session) : list->scope;
}

static const struct page_filter *keyed_filter(const struct wanted_page *page)
{
    const struct page_filter *filters = page->list->filters;

    for (size_t i = 0; filters[i].name; i++) {
        if (filters[i].keys && page->filters[i].value) {
            return &filters[i];
        }
    }
    return NULL;
}

static const struct page_keys *keys_of(const struct wanted_page *page, const struct page_filter *keyed)
{
    const struct page_filter *filters = page->list->filters;

    for (size_t i = 0; !keyed && filters[i].name; i++) {
        if (filters[i].is_narrow && page->filters[i].value) {
            return NULL;
        }
    }
    return keyed ? keyed->keys : page->list->usual_keys;
}

static const char *conditions_of(struct arena *arena, const struct wanted_page *page, const struct page_filter *keyed)
{
    const struct page_list *list = page->list;
    struct buf sql = { 0 };
    int number = parameter_of_cursor(page);

    buf_add(&sql, "", 0);
    if (page->session_id && !list->scope) {
        buf_printf(&sql, " and (%s)", list->of_session);
    }
    if (list->always) {
        buf_printf(&sql, " and (%s)", list->always);
    }
    if (!keyed && keys_of(page, keyed)) {
        buf_printf(&sql, " and (%s)", keys_of(page, keyed)->condition);
    }
    if (page->after_key) {
        buf_printf(&sql, " and (%s, %s) %s ($%d::%s, $%d)", page->sort->key, page->sort->id, page->descends ? "<" : ">", number,
                   page->sort->type, number + 1);
    }
    for (size_t i = 0; list->filters[i].name; i++) {
        const struct page_filter *filter = &list->filters[i];
        if (page->filters[i].value) {
            const char *condition = filter == keyed   ? filter->keys->condition
                                    : filter->choices ? filter->conditions[page->filters[i].choice]
                                                      : filter->condition;
            buf_printf(&sql, " and (%s)", with_value(arena, condition, parameter_of(page, filter)));
            if (page->session_id && filter->of_session) {
                buf_printf(&sql, " and (%s)", with_value(arena, filter->of_session, parameter_of(page, filter)));
            }
        }
    }
    const char *text = arena_strdup(arena, sql.data);
    buf_clear(&sql);
    return text;
}

/* Which parameter a name is: the account, the limit and, of a list below one thing, its id; then the cursor's two, when there is
 * one; then the filters' values; then the session's id, when there is one. */
static int parameter_of_cursor(const struct wanted_page *page)
{
    return page->list->scope ? 4 : 3;
}

static int parameter_of(const struct wanted_page *page, const struct page_filter *filter)
{
    int number = parameter_of_cursor(page) + (page->after_key ? 2 : 0);

    for (const struct page_filter *each = page->list->filters; each != filter && each->name; each++) {
        number += page->filters[each - page->list->filters].value && !each->choices;
    }
    return number;
}

static const char *with_value(struct arena *arena, const char *text, int number)
{
    const struct part value[] = { { ":value", arena_printf(arena, "$%d", number) }, { NULL, NULL } };

    return put_in(arena, text, value);
}

/* Each key's first rows, as many as the page has; of many keys only those of which a row can be on the page. The plan is made
 * once for all limits: 101, the most that a page can want, tells it how few rows these are. */
static const char *from_keys(struct arena *arena, const struct wanted_page *page, const struct page_filter *keyed,
                             const char *conditions)
{
    const struct page_sort *sort = page->sort;
    int row_length = (int)strcspn(sort->id, "."); /* "l.id": l */
    const char *row = arena_printf(arena, "%.*s", row_length, sort->id);
    const struct page_keys *wanted = keys_of(page, keyed);
    const char *keys = keyed ? with_value(arena, wanted->keys, parameter_of(page, keyed)) : wanted->keys;
    const char *rows =
        arena_printf(arena, "from %s where %s.account_id = :account_id%s order by %s :direction, :key :direction, :id :direction",
                     sort->from, row, conditions, wanted->order);

    if (wanted->are_many) {
        keys = arena_printf(
            arena,
            "select * from (select keys.* from (%s) as keys cross join lateral (select :key, :id %s limit 1) as first (key, id)"
            " order by first.key :direction, first.id :direction limit 101) as few limit :limit + 1",
            keys, rows);
    }
    return arena_printf(
        arena, "(%s) as keys cross join lateral (select * from (select %s.* %s limit 101) as few limit :limit + 1) as %s", keys,
        row, rows, row);
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

static bool is_heavy(const struct wanted_page *page)
{
    for (size_t i = 0; page->list->filters[i].name; i++) {
        if (page->list->filters[i].is_heavy && page->filters[i].value) {
            return true;
        }
    }
    return false;
}

void page_add_params(struct pg_params *params, struct flow *flow, const struct wanted_page *page)
{
    pg_text(params, caller_of(flow)->account_id);
    pg_int(params, page->limit);
    if (page->list->scope) {
        pg_text(params, router_param(flow, "id"));
    }
    if (page->after_key) {
        pg_text(params, page->after_key);
        pg_text(params, page->after_id);
    }
    for (size_t i = 0; page->list->filters[i].name; i++) {
        const struct wanted_filter *wanted = &page->filters[i];
        if (wanted->value && wanted->words) {
            pg_text_array(params, wanted->words, wanted->word_count);
        } else if (wanted->value && !page->list->filters[i].choices) {
            pg_text(params, wanted->value);
        }
    }
    if (page->session_id) {
        pg_text(params, page->session_id);
    }
}
