/* show_content.c - GET /s/{token}/content: the list as this link's settings let it be seen, searched, filtered, sorted.
 *
 * The session is proved good first, for this very request. That tells the version of all that the list is made of, too: a
 * list that was made of the same is given out again, any other is made anew (make_content.c), and then the session is proved
 * once more. What is looked for is looked for in a text of the link that is made and kept likewise, when somebody searches; its
 * interviews are those of the list when both were made of the same version of the link. The ETag is a digest of what is shown, so
 * it can tell of nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "common/http/conditional.h"
#include "common/http/problem.h"
#include "services/views/content_cache.h"
#include "services/views/content_page.h"
#include "services/views/handlers.h"
#include "services/views/make_content.h"
#include "services/views/search_text.h"
#include "services/views/searches.h"
#include "services/views/session.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

enum parameter { SEARCH, JOB, TYPE, REVIEWED, MIN_RATING, SORT, PARAMETERS };

static const char *const parameter_names[PARAMETERS] = { "search", "job", "type", "reviewed", "min_rating", "sort" };

struct wanted {
    const char *values[PARAMETERS]; /* NULL: not asked for */
    struct faults *faults;
    struct made *page, *text; /* made for this request, or NULL */
    int rounds;
};

/* In the order in which they run. */
static void read_query(struct flow *flow, struct wanted *wanted);
static struct next *prove(struct flow *flow);
static struct next *find_page(struct flow *flow);
static struct next *find_text(struct flow *flow, struct wanted *wanted, struct content_page *page);
static struct next *judge_made(struct flow *flow);
static struct next *reply_page(struct flow *flow, struct wanted *wanted, struct content_page *page, struct search_text *text);

static bool is_any_asked_for(const struct wanted *wanted);
static bool note_parameter(void *arg, const char *name, const char *value);
static void check_values(struct flow *flow, struct wanted *wanted);
static struct next *reply_disabled(struct flow *flow, const struct wanted *wanted);
static bool asks_for_feedback(const struct wanted *wanted);

#define SEARCH_MAX 200
#define ROUNDS_MAX 5

struct next *show_content(struct flow *flow)
{
    struct wanted *wanted = arena_alloc(flow->arena, sizeof *wanted);

    wanted->faults = faults_new(flow->arena);
    read_query(flow, wanted);
    if (faults_any(wanted->faults)) {
        return session_reply_faults(flow, wanted->faults);
    }
    flow->state = wanted;
    return is_any_asked_for(wanted) ? searches_take_turn(flow, views_of(flow)->searches, prove) : prove(flow);
}

static bool is_any_asked_for(const struct wanted *wanted)
{
    for (enum parameter i = 0; i < PARAMETERS; i++) {
        if (wanted->values[i]) {
            return true;
        }
    }
    return false;
}

/* --- the query string --- */

static void read_query(struct flow *flow, struct wanted *wanted)
{
    if (!http_query_each(flow, note_parameter, wanted)) {
        faults_add(wanted->faults, "?", "invalid", "The query string is malformed.");
        return;
    }
    check_values(flow, wanted);
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

/* --- the answer --- */

static struct next *prove(struct flow *flow)
{
    const struct wanted *wanted = flow->state;

    return session_prove(flow, wanted->values[SEARCH], find_page);
}

static struct next *find_page(struct flow *flow)
{
    struct wanted *wanted = flow->state;
    struct next *refusal = session_refusal(flow);

    if (refusal) {
        return refusal;
    }
    const uint8_t *key = visitor_token_hash(flow).data;
    const char *version = session_content_version(flow);
    struct made *page = wanted->page ? wanted->page : content_cache_find(views_of(flow)->content, key, version);
    if (!page) {
        return make_content(flow, &content_list, key, version, &wanted->page, judge_made);
    }
    return session_search(flow) ? find_text(flow, wanted, (struct content_page *)page)
                                : reply_page(flow, wanted, (struct content_page *)page, NULL);
}

/* Of the same version of the link as the page; where that has changed while one of them was being made, both are wanted anew. */
static struct next *find_text(struct flow *flow, struct wanted *wanted, struct content_page *page)
{
    const char *version = session_link_version(flow);
    uint8_t *key = arena_alloc(flow->arena, CRYPTO_HASH_SIZE);
    const char *name = arena_printf(flow->arena, "texts of %s", session_share_link_id(flow));

    struct made *text = wanted->text;
    if (!str_equal(content_page_link_version(page), version) || (text && !str_equal(text->version, version))) {
        wanted->page = wanted->text = NULL;
        if (++wanted->rounds == ROUNDS_MAX) {
            http_set_header(flow, "Retry-After", "1");
            return problem_reply(flow, 503, "busy", "This link is being changed all the time. Try again in a moment.");
        }
        return prove(flow);
    }
    crypto_hash(key, name, strlen(name));
    text = text ? text : content_cache_find(views_of(flow)->content, key, version);
    return text ? reply_page(flow, wanted, page, (struct search_text *)text)
                : make_content(flow, &content_texts, key, version, &wanted->text, judge_made);
}

static struct next *judge_made(struct flow *flow)
{
    if (pg_outcome(flow) == PG_OK) {
        return prove(flow);
    }
    if (str_equal(pg_sqlstate(flow), "57014")) { /* it took longer than a statement may */
        http_set_header(flow, "Retry-After", "10");
        return problem_reply(flow, 503, "content_too_slow", "This shortlist takes too long to put together just now.");
    }
    return problem_reply_pg(flow);
}

static bool asks_for_feedback(const struct wanted *wanted)
{
    const char *sort = wanted->values[SORT];

    return wanted->values[REVIEWED] || wanted->values[MIN_RATING] || (sort && str_ends_with(sort, "rating"));
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

static struct next *reply_page(struct flow *flow, struct wanted *wanted, struct content_page *page, struct search_text *text)
{
    const char *reviewed = wanted->values[REVIEWED], *rating = wanted->values[MIN_RATING];
    bool is_reviewed = reviewed && str_equal(reviewed, "yes");

    if (asks_for_feedback(wanted) && !content_page_has_feedback(page)) {
        return reply_disabled(flow, wanted);
    }
    struct content_view view =
        content_page_view(page, flow->arena,
                          &(struct content_wish){
                              .hits = text ? search_text_find(text, flow->arena, session_search(flow)) : NULL,
                              .job_id = wanted->values[JOB],
                              .type = wanted->values[TYPE],
                              .is_reviewed = reviewed ? &is_reviewed : NULL,
                              .min_rating = rating ? *rating - '0' : 0,
                              .sort = wanted->values[SORT],
                          });
    http_set_header(flow, "ETag", view.etag);
    if (conditional_is_known(flow, view.etag)) {
        return http_reply_empty(flow, 304);
    }
    if (view.is_whole) {
        return http_reply_shared(flow, 200, "application/json", view.body, view.length, made_release, made_hold(page));
    }
    return http_reply(flow, 200, "application/json", view.body, view.length);
}
