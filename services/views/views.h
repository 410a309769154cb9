/* views.h - what the files of the views daemon share: its parts and its routes. */
#ifndef SHARELINK_VIEWS_H
#define SHARELINK_VIEWS_H

#include "common/daemon/daemon.h"
#include "common/pg/batch.h"

struct content_cache;
struct content_makers;
struct fetcher;
struct turns;

struct views_settings {
    struct daemon_settings common;
    const char *media_dir;             /* NULL when there are no local media */
    const char *media_internal_prefix; /* NULL when this daemon sends local media itself */
    const char *s3_endpoint, *s3_region, *s3_access_key_id, *s3_secret_access_key; /* endpoint and keys NULL without S3 */
    bool s3_path_style;
    bool allow_http_media;
    int64_t content_cache_mb;
    /* docs/limits.md tells what these are. */
    int64_t guess_tries_per_network, guess_tries_per_link, guess_window_seconds, guess_pause_seconds, guess_link_pause_seconds,
        guess_pause_most_seconds;
    int64_t unusual_opens, unusual_networks;
    int64_t access_requests_per_owner, basic_opens_per_network, review_revisions, review_revisions_kb, searches_at_work,
        searches_waiting;
    const char *fetch_allow_networks, *fetch_ca_file; /* may be NULL */
    int64_t fetch_workers, fetch_account_workers, fetch_timeout_seconds, fetch_interval_ms, fetch_tries,
        fetch_retry_first_seconds, fetch_retry_most_seconds, captions_kb, transcripts_kb_per_interview, link_content_mb, logo_kb;
};

struct views {
    const struct views_settings *settings;
    struct pg_batch *opens, *sessions, *watches;
    struct content_cache *content;
    struct content_makers *makers;
    struct turns *searches;
    struct fetcher *fetcher;
    bool secure_cookies;
    const char *origin;    /* of PUBLIC_URL, as browsers write it */
    const char *s3_origin; /* of the store, likewise: the Host that they send is signed; NULL without S3 */
};

extern const struct route views_routes[];

static inline const struct views *views_of(const struct flow *flow)
{
    return flow->app;
}

#endif
