/* stream_entries.c - see the header. Both streams are read page by page; what a page has to lose is deleted before the next is
 * read. The streams are bounded (see common/redis/stream.c), and so is the time; each page is a turn of the loop of its own.
 */
#include "services/links/stream_entries.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/daemon/daemon.h"
#include "common/data/json.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/redis/stream.h"

#define PAGE_ENTRIES  "500"
#define PAGE_MAX      500
#define TIME_LIMIT_US (5 * (int64_t)1000000)

/* Lives until Redis has answered, which may be after its flow. */
struct search {
    struct redis *redis;
    struct flow_wait *wait;
    int64_t until_us, forgotten;
    char *account_id;
    char *quoted_id; /* as it stands in JSON */
    char *last_id;   /* of the page; the next begins behind it */
    size_t stream;
};

/* In the order in which they run. */
static void read_page(struct search *search);
static void on_page(void *arg, const struct redis_value *reply, const char *errstr);
static void on_deleted(void *arg, const struct redis_value *reply, const char *errstr);
static void finish(struct search *search, bool is_complete);

static size_t collect(struct search *search, const struct redis_value *page, const char **ids);
static bool names_interview(const struct search *search, const char *cloud_event);
static const char *field_of(const struct redis_value *fields, const char *name);
static const char *quoted(struct arena *arena, const json_t *value);

static const char *const streams[] = { STREAM_LINKS, STREAM_VIEWS };

struct next *stream_entries_forget(struct flow *flow, const char *account_id, const char *interview_id, flow_step *then)
{
    struct search *search = mem_alloc(sizeof *search);
    struct buf text = { 0 };

    buf_add_json(&text, interview_id, strlen(interview_id));
    search->account_id = mem_strdup(account_id);
    search->quoted_id = text.data;
    search->redis = flow->daemon->redis;
    search->until_us = clock_mono_us() + TIME_LIMIT_US;
    search->wait = flow_wait_begin(flow, then);
    read_page(search);
    return flow_waiting();
}

static void read_page(struct search *search)
{
    struct buf start = { 0 };

    buf_printf(&start, search->last_id ? "(%s" : "-", search->last_id);
    redis_call(search->redis, 0, on_page, search, "XRANGE", streams[search->stream], start.data, "+", "COUNT", PAGE_ENTRIES,
               NULL);
    buf_clear(&start);
}

static void on_page(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct search *search = arg;
    const char *words[PAGE_MAX + 2] = { "XDEL", streams[search->stream] };

    if (errstr || redis_kind(reply) != REDIS_ARRAY || clock_mono_us() > search->until_us) {
        finish(search, false);
        return;
    }
    size_t entries = redis_count(reply);
    free(search->last_id);
    search->last_id = NULL;
    if (entries == 0) {
        search->stream++;
        if (search->stream == sizeof streams / sizeof streams[0]) {
            finish(search, true);
        } else {
            read_page(search);
        }
        return;
    }
    search->last_id = mem_strdup(redis_text(redis_at(redis_at(reply, entries - 1), 0)));
    size_t count = collect(search, reply, words + 2);
    if (count > 0) {
        redis_command(search->redis, words, NULL, count + 2, on_deleted, search);
    } else {
        read_page(search);
    }
}

static void on_deleted(void *arg, const struct redis_value *reply, const char *errstr)
{
    struct search *search = arg;

    if (errstr || redis_kind(reply) != REDIS_INTEGER) {
        finish(search, false);
        return;
    }
    search->forgotten += redis_integer(reply);
    read_page(search);
}

static void finish(struct search *search, bool is_complete)
{
    int64_t forgotten = search->forgotten;

    if (!is_complete) {
        log_warn("erasure.streams_not_searched", LOG_INT("entries_forgotten", forgotten));
    }
    flow_wait_end(search->wait, is_complete ? &forgotten : NULL);
    free(search->account_id);
    free(search->quoted_id);
    free(search->last_id);
    free(search);
}

/* The ids of the entries that name the interview; borrowed from the page. */
static size_t collect(struct search *search, const struct redis_value *page, const char **ids)
{
    size_t count = 0;

    for (size_t i = 0; i < redis_count(page) && count < PAGE_MAX; i++) {
        const struct redis_value *entry = redis_at(page, i);
        const char *type = field_of(redis_at(entry, 1), "type"), *event = field_of(redis_at(entry, 1), "ce");
        bool tells_of_erasure = str_equal(type, "sharelink.candidate.erased.v1");
        if (!tells_of_erasure && event && strstr(event, search->quoted_id) && names_interview(search, event)) {
            ids[count++] = redis_text(redis_at(entry, 0));
        }
    }
    return count;
}

static const char *field_of(const struct redis_value *fields, const char *name)
{
    for (size_t i = 0; i + 1 < redis_count(fields); i += 2) {
        if (str_equal(redis_text(redis_at(fields, i)), name)) {
            return redis_text(redis_at(fields, i + 1));
        }
    }
    return NULL;
}

/* By what its data says: an id may look like any word of the envelope, and be another account's too. */
static bool names_interview(const struct search *search, const char *cloud_event)
{
    struct arena *arena = arena_new();
    const char *error;
    const json_t *event = json_parse(arena, cloud_event, strlen(cloud_event), &error);
    const json_t *data = json_object_get(event, "data"), *list = json_object_get(data, "interview_ids");
    bool is_named = str_equal(quoted(arena, json_object_get(data, "interview_id")), search->quoted_id);

    for (size_t i = 0; i < json_array_size(list) && !is_named; i++) {
        is_named = str_equal(quoted(arena, json_array_get(list, i)), search->quoted_id);
    }
    is_named = is_named && str_equal(json_string_value(json_object_get(event, "accountid")), search->account_id);
    arena_free(arena);
    return is_named;
}

static const char *quoted(struct arena *arena, const json_t *value)
{
    return json_is_string(value) ? json_text(arena, value) : NULL;
}
