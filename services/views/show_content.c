/* show_content.c - GET /s/{token}/content: the shortlist as this link's settings let it be seen, searched, filtered, sorted.
 *
 * The session is proved good first, for this very request. That tells the version of all that the page is made of, too: a
 * page that was made of the same is given out again, any other is made anew by show_content.sql, which redacts. The ETag is
 * a digest of what is shown, so it can tell of nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "common/http/problem.h"
#include "services/views/content_cache.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/session.h"
#include "services/views/show_content.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

enum parameter { SEARCH, JOB, TYPE, REVIEWED, MIN_RATING, SORT, PARAMETERS };

static const char *const parameter_names[PARAMETERS] = { "search", "job", "type", "reviewed", "min_rating", "sort" };

struct wanted {
    const char *values[PARAMETERS]; /* NULL: not asked for */
    const char *const *words;       /* of the search, as LIKE patterns */
    size_t word_count;
    struct faults *faults;
    uint8_t key[CRYPTO_HASH_SIZE];
};

/* In the order in which they run. */
static void read_query(struct flow *flow, struct wanted *wanted);
static struct next *reply_cached(struct flow *flow);
static struct next *make_content(struct flow *flow, const struct wanted *wanted);
static struct next *reply_made(struct flow *flow);

static bool note_parameter(void *arg, const char *name, const char *value);
static void check_values(struct flow *flow, struct wanted *wanted);
static void split_search(struct flow *flow, struct wanted *wanted);
static void make_key(struct flow *flow, struct wanted *wanted);
static struct next *reply_disabled(struct flow *flow, const struct wanted *wanted);
static struct next *reply_page(struct flow *flow, const struct content_page *page);
static bool lists_tag(const char *header, const char *tag);

#define SEARCH_MAX 200
#define WORDS_MAX  20

struct next *show_content(struct flow *flow)
{
    struct wanted *wanted = arena_alloc(flow->arena, sizeof *wanted);

    wanted->faults = faults_new(flow->arena);
    read_query(flow, wanted);
    if (faults_any(wanted->faults)) {
        return session_reply_faults(flow, wanted->faults);
    }
    make_key(flow, wanted);
    flow->state = wanted;
    return session_prove(flow, reply_cached);
}

/* --- the query string --- */

static void read_query(struct flow *flow, struct wanted *wanted)
{
    if (!http_query_each(flow, note_parameter, wanted)) {
        faults_add(wanted->faults, "?", "invalid", "The query string is malformed.");
        return;
    }
    check_values(flow, wanted);
    if (wanted->values[SEARCH] && !faults_any(wanted->faults)) {
        split_search(flow, wanted);
    }
}

static bool note_parameter(void *arg, const char *name, const char *value)
{
    struct wanted *wanted = arg;
    char pointer[80];

    snprintf(pointer, sizeof pointer, "?%.70s", str_is_utf8(name, strlen(name)) ? name : "");
    for (enum parameter i = 0; i < PARAMETERS; i++) {
        if (str_equal(name, parameter_names[i])) {
            if (wanted->values[i]) {
                faults_add(wanted->faults, pointer, "duplicate", "This parameter is given twice.");
            }
            wanted->values[i] = value;
            return true;
        }
    }
    faults_add(wanted->faults, pointer, "unknown_parameter", "There is no such parameter.");
    return true;
}

static bool is_one_of(const char *value, const char *const *choices)
{
    while (*choices && !str_equal(value, *choices)) {
        choices++;
    }
    return *choices;
}

static void check_values(struct flow *flow, struct wanted *wanted)
{
    static const char *const types[] = { "one_way", "live", NULL };
    static const char *const answers[] = { "yes", "no", NULL };
    static const char *const ratings[] = { "1", "2", "3", "4", "5", NULL };
    static const char *const sorts[] = {
        "name", "-name", "completed_at", "-completed_at", "rating", "-rating", "position", NULL
    };
    static const char *const *const choices[PARAMETERS] = {
        [TYPE] = types, [REVIEWED] = answers, [MIN_RATING] = ratings, [SORT] = sorts
    };
    static const char *const rules[PARAMETERS] = {
        "This must be 1 to 200 characters, none of them a control character.",
        "This must be the id of a job.",
        "This must be one_way or live.",
        "This must be yes or no.",
        "This must be a whole number from 1 to 5.",
        "This must be one of name -name completed_at -completed_at rating -rating position.",
    };

    for (enum parameter i = 0; i < PARAMETERS; i++) {
        const char *value = wanted->values[i];
        if (!value) {
            continue;
        }
        size_t length = str_utf8_length(value), most = i == SEARCH ? SEARCH_MAX : 128;
        bool is_good =
            choices[i] ? is_one_of(value, choices[i]) : length >= 1 && length <= most && !str_has_control(value, false);
        if (!is_good) {
            faults_add(wanted->faults, arena_printf(flow->arena, "?%s", parameter_names[i]), "invalid", rules[i]);
        }
    }
}

/* Each word must be found somewhere; their order and what lies between them do not matter. */
static void split_search(struct flow *flow, struct wanted *wanted)
{
    const char **words = arena_calloc(flow->arena, WORDS_MAX, sizeof *words);
    const char *at = wanted->values[SEARCH];

    while (*(at += strspn(at, " ")) && wanted->word_count < WORDS_MAX) {
        size_t length = wanted->word_count == WORDS_MAX - 1 ? strlen(at) : strcspn(at, " ");
        words[wanted->word_count++] = str_like_pattern(flow->arena, at, length);
        at += length;
    }
    wanted->words = words;
}

/* No value holds a control character, so that none can pass for another. */
static void make_key(struct flow *flow, struct wanted *wanted)
{
    struct pg_bytes token_hash = visitor_token_hash(flow);
    struct buf text = { 0 };

    buf_add(&text, token_hash.data, token_hash.length);
    for (enum parameter i = 0; i < PARAMETERS; i++) {
        buf_add_text(&text, wanted->values[i] ? wanted->values[i] : "");
        buf_add_char(&text, '\n');
    }
    crypto_hash(wanted->key, text.data, text.length);
    buf_clear(&text);
}

/* --- the answer --- */

static struct next *reply_cached(struct flow *flow)
{
    const struct wanted *wanted = flow->state;
    struct next *refusal = session_refusal(flow);

    if (refusal) {
        return refusal;
    }
    const struct content_page *page = content_cache_find(views_of(flow)->content, wanted->key, session_content_version(flow));
    return page ? reply_page(flow, page) : make_content(flow, wanted);
}

static struct next *make_content(struct flow *flow, const struct wanted *wanted)
{
    const char *reviewed = wanted->values[REVIEWED], *rating = wanted->values[MIN_RATING];
    bool is_reviewed = reviewed && str_equal(reviewed, "yes");
    int64_t min_rating = rating ? *rating - '0' : 0;

    struct show_content_in in = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .media_path = arena_printf(flow->arena, "%s/media/", visitor_path(flow)),
        .words = { wanted->words, wanted->word_count },
        .job_id = wanted->values[JOB],
        .type = wanted->values[TYPE],
        .is_reviewed = reviewed ? &is_reviewed : NULL,
        .min_rating = rating ? &min_rating : NULL,
        .sort = wanted->values[SORT],
    };
    /* A search reads all that the link shows. */
    struct pg_pool *pool = wanted->word_count ? pg_heavy(flow->daemon->pg) : flow->daemon->pg;
    return show_content_query(flow, pool, &in, reply_made);
}

static struct next *reply_made(struct flow *flow)
{
    const struct wanted *wanted = flow->state;
    uint8_t digest[CRYPTO_HASH_SIZE];
    char tag[CONTENT_ETAG_SIZE - 2];

    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct show_content_out out = show_content_get(flow, 0);
    if (out.door != DOOR_OPEN) {
        return door_refuse(flow, out.door);
    }
    if (out.asks_for_feedback) {
        return reply_disabled(flow, wanted);
    }
    struct content_page page = { .body = out.content, .length = strlen(out.content) };
    crypto_hash(digest, page.body, page.length);
    str_base64url(tag, digest, 16);
    snprintf(page.etag, sizeof page.etag, "\"%s\"", tag);
    content_cache_keep(views_of(flow)->content, wanted->key, out.content_version, &page);
    return reply_page(flow, &page);
}

/* Where there is no feedback, nothing can be asked about it. */
static struct next *reply_disabled(struct flow *flow, const struct wanted *wanted)
{
    static const char detail[] = "This link has no feedback to go by.";
    const char *sort = wanted->values[SORT];

    if (wanted->values[REVIEWED]) {
        faults_add(wanted->faults, "?reviewed", "feedback_disabled", detail);
    }
    if (wanted->values[MIN_RATING]) {
        faults_add(wanted->faults, "?min_rating", "feedback_disabled", detail);
    }
    if (sort && str_ends_with(sort, "rating")) {
        faults_add(wanted->faults, "?sort", "feedback_disabled", detail);
    }
    return faults_reply(flow, wanted->faults);
}

static struct next *reply_page(struct flow *flow, const struct content_page *page)
{
    const char *known = http_header(flow, "If-None-Match");

    http_set_header(flow, "ETag", page->etag);
    if (known && lists_tag(known, page->etag)) {
        return http_reply_empty(flow, 304);
    }
    return http_reply(flow, 200, "application/json", page->body, page->length);
}

/* A tag holds no comma and no other tag, so that it can be looked for as it is; W/ before it makes no difference here. */
static bool lists_tag(const char *header, const char *tag)
{
    return str_equal(header, "*") || strstr(header, tag);
}
