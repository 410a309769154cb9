/* fetcher.c - see the header: jobs are claimed while there is room, obtained (obtain), read beside the loop (fetch_job.c), and
 * their outcome is recorded. Each that ends makes room for the next, which is claimed at once; else there is a look every
 * FETCH_INTERVAL_MS.
 */
#include "services/views/fetch/fetcher.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/str.h"
#include "common/fetch/fetch.h"
#include "common/loop/aside.h"
#include "common/loop/timer.h"
#include "services/views/fetch/claim_fetches.sql.h"
#include "services/views/fetch/fetch_job.h"
#include "services/views/fetch/put_off_fetch.sql.h"
#include "services/views/fetch/store_captions.sql.h"
#include "services/views/fetch/store_logo.sql.h"
#include "services/views/store.h"

/* A lease outlives all that is done under it, but for a file that cannot be read for minutes. */
enum { CONNECT_LIMIT_MS = 5000, LEASE_MORE_S = 60, PRESIGNED_S = 300 };

enum outcome { STORED, PUT_OFF, GIVEN_UP, PASSED, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {
    [STORED] = "stored", [PUT_OFF] = "put_off", [GIVEN_UP] = "given_up", [PASSED] = "passed"
};

struct fetcher {
    struct daemon *daemon;
    const struct views *views;
    struct fetch_pool *anywhere, *store; /* whom a document names; the operator's own store */
    const char *holder;
    struct event *timer;
    LIST_HEAD(, fetch_job) in_hand;
    int count;
    bool is_claiming, is_paused;
    char *behind; /* the account at which the last claim stopped looking; "" at the end */
    struct metric_family *fetches;
};

/* In the order in which they run. */
static void look(evutil_socket_t fd, short what, void *arg);
static void claim(struct fetcher *fetcher);
static void take_claimed(void *arg, const struct pg_answer *answer);
static void take(struct fetcher *fetcher, const struct claim_fetches_out *claimed);
static void obtain(struct fetch_job *job);
static const char *presign(const struct fetch_job *job, const struct views *views);
static void take_answer(void *arg, const struct fetch_result *result);
static void record(void *arg, bool has_run);
static void store_captions(struct fetch_job *job);
static void take_stored_captions(void *arg, const struct pg_answer *answer);
static void store_logo(struct fetch_job *job);
static void take_stored_logo(void *arg, const struct pg_answer *answer);
static void put_off(struct fetch_job *job);
static void take_put_off(void *arg, const struct pg_answer *answer);
static void end(struct fetch_job *job, enum outcome outcome);

static const char *kind_of(const struct fetch_job *job)
{
    return job->interview_id ? "captions" : "logo";
}

static struct fetch_pool *new_pool(struct daemon *daemon, const struct views_settings *settings, const char *allowed)
{
    return fetch_pool_new(daemon->base, &(struct fetch_options){
                                            .allow_networks = allowed,
                                            .ca_file = settings->fetch_ca_file,
                                            .user_agent = "Sharelink-Fetch/" SHARELINK_VERSION,
                                            .connect_limit_ms = CONNECT_LIMIT_MS,
                                            .total_limit_ms = (int)settings->fetch_timeout_seconds * 1000,
                                        });
}

struct fetcher *fetcher_new(struct daemon *daemon, const struct views *views)
{
    const struct views_settings *settings = views->settings;
    struct fetcher *fetcher = mem_alloc(sizeof *fetcher);
    char host[200] = "";

    gethostname(host, sizeof host - 1);
    fetcher->daemon = daemon;
    fetcher->views = views;
    fetcher->anywhere = new_pool(daemon, settings, settings->fetch_allow_networks);
    fetcher->store = new_pool(daemon, settings, "0.0.0.0/0,::/0");
    fetcher->holder = arena_printf(daemon->arena, "%s/%s", host, daemon->settings->listen);
    fetcher->behind = mem_strdup("");
    fetcher->fetches =
        metrics_counter("sharelink_fetches_total", "Tries to fetch captions and logos, by what became of them.", "kind,outcome");
    /* There from the start: a counter that appears with its first count shows no increase. */
    for (int i = 0; i < OUTCOMES; i++) {
        metrics_series(fetcher->fetches, (const char *[]){ "captions", outcome_names[i] });
        metrics_series(fetcher->fetches, (const char *[]){ "logo", outcome_names[i] });
    }
    LIST_INIT(&fetcher->in_hand);
    fetcher->timer = timer_every(daemon->base, settings->fetch_interval_ms, look, fetcher);
    return fetcher;
}

static void look(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    claim(arg);
}

static void claim(struct fetcher *fetcher)
{
    const struct views_settings *settings = fetcher->views->settings;
    int room = (int)settings->fetch_workers - fetcher->count;

    if (room <= 0 || fetcher->is_claiming || fetcher->is_paused || !pg_pool_is_ready(fetcher->daemon->pg)) {
        return;
    }
    struct arena *arena = arena_new();
    struct pg_params params;
    const char **accounts = arena_calloc(arena, (size_t)fetcher->count + 1, sizeof *accounts);
    size_t held = 0;
    struct fetch_job *job;
    LIST_FOREACH(job, &fetcher->in_hand, in_hand)
    {
        accounts[held++] = job->account_id;
    }
    struct claim_fetches_in in = {
        .room = room,
        .lease_s = settings->fetch_timeout_seconds + LEASE_MORE_S,
        .lease_holder = fetcher->holder,
        .held_account_ids = { accounts, held },
        .account_most = settings->fetch_account_workers,
        .behind_id = fetcher->behind,
    };
    claim_fetches_params(&params, arena, &in);
    fetcher->is_claiming = true;
    pg_send(fetcher->daemon->pg, &claim_fetches_statement, &params, take_claimed, fetcher);
    arena_free(arena);
}

static void take_claimed(void *arg, const struct pg_answer *answer)
{
    struct fetcher *fetcher = arg;

    fetcher->is_claiming = false;
    if (pg_answer_outcome(answer) != PG_OK) {
        log_warn("fetches.claim_failed", LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)),
                 LOG_TEXT("error", pg_answer_error(answer)));
        return;
    }
    int rows = pg_answer_rows(answer);
    const char *behind = "";
    bool has_taken = false;
    for (int row = 0; row < rows; row++) {
        struct claim_fetches_out claimed = claim_fetches_read(answer, row);
        behind = claimed.go_on_behind ? claimed.go_on_behind : "";
        if (claimed.has_fetch_id) {
            take(fetcher, &claimed);
            has_taken = true;
        }
    }
    free(fetcher->behind);
    fetcher->behind = mem_strdup(behind);
    if (has_taken || *fetcher->behind) {
        claim(fetcher);
    }
}

static void take(struct fetcher *fetcher, const struct claim_fetches_out *claimed)
{
    const struct views_settings *settings = fetcher->views->settings;
    struct arena *arena = arena_new();
    struct fetch_job *job = arena_alloc(arena, sizeof *job);

    job->fetcher = fetcher;
    job->arena = arena;
    job->id = claimed->fetch_id;
    job->document_version = claimed->document_version;
    job->attempts = claimed->attempts;
    job->account_id = arena_strdup(arena, claimed->account_id);
    job->interview_id = arena_strdup(arena, claimed->interview_id);
    job->url = arena_strdup(arena, claimed->url);
    job->most = (size_t)(job->interview_id ? settings->captions_kb : settings->logo_kb) * 1024;
    LIST_INSERT_HEAD(&fetcher->in_hand, job, in_hand);
    fetcher->count++;
    obtain(job);
}

/* --- the bytes --- */

static void obtain(struct fetch_job *job)
{
    static const char *const none[] = { NULL };
    struct fetcher *fetcher = job->fetcher;
    const struct views_settings *settings = fetcher->views->settings;
    bool is_https = str_starts_with(job->url, "https://");

    if (is_https || (str_starts_with(job->url, "http://") && settings->allow_http_media)) {
        job->fault = fetch_check_url(fetcher->anywhere, job->url);
        if (!job->fault) {
            fetch_get(fetcher->anywhere, job->url, none, job->most, take_answer, job);
            return;
        }
    } else if (job->interview_id && str_starts_with(job->url, "s3://") && settings->s3_endpoint) {
        const char *url = presign(job, fetcher->views);
        if (url) {
            fetch_get(fetcher->store, url, none, job->most, take_answer, job);
            return;
        }
        job->fault = "no store has such an object";
    } else if (job->interview_id && str_starts_with(job->url, "media:") && settings->media_dir) {
        job->media_dir = arena_strdup(job->arena, settings->media_dir);
        job->path = job->url + strlen("media:");
        aside_run(fetcher->daemon->base, fetch_job_read, record, job);
        return;
    } else {
        job->fault = "there is no place for it: see S3_ENDPOINT and MEDIA_DIR";
    }
    put_off(job);
}

static const char *presign(const struct fetch_job *job, const struct views *views)
{
    const char *place = job->url + strlen("s3://");
    size_t bucket_length = strcspn(place, "/");
    const struct s3_access access = store_access(views);

    return s3_presign_get(job->arena, &access, arena_strndup(job->arena, place, bucket_length), place + bucket_length + 1, NULL,
                          clock_wall_ms(), PRESIGNED_S);
}

static void take_answer(void *arg, const struct fetch_result *result)
{
    struct fetch_job *job = arg;

    if (result->status == 200) {
        buf_add(&job->bytes, result->body, result->length);
        aside_run(job->fetcher->daemon->base, fetch_job_read, record, job);
        return;
    }
    job->fault =
        result->error ? arena_strdup(job->arena, result->error) : arena_printf(job->arena, "it answered %d", result->status);
    put_off(job);
}

/* --- what became of it --- */

static void record(void *arg, bool has_run)
{
    struct fetch_job *job = arg;

    if (!has_run) {
        job->fault = "there is no thread to read it in";
    }
    if (job->fault) {
        put_off(job);
    } else if (job->interview_id) {
        store_captions(job);
    } else {
        store_logo(job);
    }
}

static void store_captions(struct fetch_job *job)
{
    struct pg_params params;
    struct store_captions_in in = {
        .fetch_id = job->id,
        .lease_holder = job->fetcher->holder,
        .document_version = job->document_version,
        .lines = job->lines.data,
        .kb_max = job->fetcher->views->settings->transcripts_kb_per_interview,
        .content_max = job->fetcher->views->settings->link_content_mb * 1024 * 1024,
    };

    store_captions_params(&params, job->arena, &in);
    pg_send(job->fetcher->daemon->pg, &store_captions_statement, &params, take_stored_captions, job);
}

/* What PostgreSQL has not taken for now is fetched again when the lease is over; what it never will take is put off like the
 * rest. */
static bool has_failed(struct fetch_job *job, const struct pg_answer *answer)
{
    if (pg_answer_outcome(answer) == PG_OK) {
        return false;
    }
    log_warn("fetch.not_recorded", LOG_TEXT("kind", kind_of(job)), LOG_TEXT("interview_id", job->interview_id),
             LOG_TEXT("sqlstate", pg_answer_sqlstate(answer)), LOG_TEXT("error", pg_answer_error(answer)));
    if (pg_answer_outcome(answer) == PG_REJECTED) {
        job->fault = "it cannot be stored";
        put_off(job);
    } else {
        end(job, PASSED);
    }
    return true;
}

static void take_stored_captions(void *arg, const struct pg_answer *answer)
{
    struct fetch_job *job = arg;

    if (has_failed(job, answer)) {
        return;
    }
    switch (store_captions_read(answer, 0).outcome) {
    case STORE_CAPTIONS_STORED:
        end(job, STORED);
        return;
    case STORE_CAPTIONS_TOO_LARGE:
        job->fault = "the captions of this interview are too long together";
        put_off(job);
        return;
    case STORE_CAPTIONS_LINK_IS_FULL:
        job->fault = "the interviews of a link that has this one would be too large together";
        put_off(job);
        return;
    case STORE_CAPTIONS_PASSED:
        break;
    }
    end(job, PASSED);
}

static void store_logo(struct fetch_job *job)
{
    struct pg_params params;
    struct store_logo_in in = {
        .fetch_id = job->id,
        .lease_holder = job->fetcher->holder,
        .document_version = job->document_version,
        .digest = job->digest,
        .content_type = job->content_type,
        .bytes = pg_bytes_of(job->bytes.data, job->bytes.length),
    };

    store_logo_params(&params, job->arena, &in);
    pg_send(job->fetcher->daemon->pg, &store_logo_statement, &params, take_stored_logo, job);
}

static void take_stored_logo(void *arg, const struct pg_answer *answer)
{
    struct fetch_job *job = arg;

    if (!has_failed(job, answer)) {
        end(job, store_logo_read(answer, 0).outcome == STORE_LOGO_STORED ? STORED : PASSED);
    }
}

/* In so many seconds, or below 0: no more. */
static int64_t delay_of(const struct fetch_job *job)
{
    const struct views_settings *settings = job->fetcher->views->settings;

    if (job->fetcher->is_paused) {
        return 0;
    }
    if (job->is_lasting || job->attempts >= settings->fetch_tries) {
        return -1;
    }
    return backoff_ms((unsigned)job->attempts - 1, (int)settings->fetch_retry_first_seconds,
                      (int)settings->fetch_retry_most_seconds);
}

static void put_off(struct fetch_job *job)
{
    struct pg_params params;
    struct put_off_fetch_in in = {
        .fetch_id = job->id,
        .lease_holder = job->fetcher->holder,
        .document_version = job->document_version,
        .error = job->fault,
        .delay_s = delay_of(job),
    };

    job->is_lasting = in.delay_s < 0;
    log_warn("fetch.failed", LOG_TEXT("kind", kind_of(job)), LOG_TEXT("account_id", job->account_id),
             LOG_TEXT("interview_id", job->interview_id), LOG_INT("attempt", job->attempts), LOG_TEXT("error", job->fault),
             LOG_INT("again_in_s", in.delay_s));
    put_off_fetch_params(&params, job->arena, &in);
    pg_send(job->fetcher->daemon->pg, &put_off_fetch_statement, &params, take_put_off, job);
}

static void take_put_off(void *arg, const struct pg_answer *answer)
{
    struct fetch_job *job = arg;
    bool is_noted = pg_answer_outcome(answer) == PG_OK && pg_answer_rows(answer) > 0;

    end(job, !is_noted ? PASSED : job->is_lasting ? GIVEN_UP : PUT_OFF);
}

static void end(struct fetch_job *job, enum outcome outcome)
{
    struct fetcher *fetcher = job->fetcher;

    metrics_add(metrics_series(fetcher->fetches, (const char *[]){ kind_of(job), outcome_names[outcome] }), 1);
    if (outcome == STORED) {
        log_info("fetch.stored", LOG_TEXT("kind", kind_of(job)), LOG_TEXT("account_id", job->account_id),
                 LOG_TEXT("interview_id", job->interview_id));
    }
    LIST_REMOVE(job, in_hand);
    fetcher->count--;
    buf_clear(&job->bytes);
    buf_clear(&job->lines);
    arena_free(job->arena);
    claim(fetcher);
}

void fetcher_pause(struct fetcher *fetcher)
{
    fetcher->is_paused = true;
    evtimer_del(fetcher->timer);
    fetch_pool_cancel(fetcher->anywhere);
    fetch_pool_cancel(fetcher->store);
}

bool fetcher_is_empty(const struct fetcher *fetcher)
{
    return fetcher->count == 0 && !fetcher->is_claiming;
}

void fetcher_free(struct fetcher *fetcher)
{
    event_free(fetcher->timer);
    fetch_pool_free(fetcher->anywhere);
    fetch_pool_free(fetcher->store);
    free(fetcher->behind);
    free(fetcher);
}
