/* show_media.c - GET /s/{token}/media/{ref}: an avatar, a video, captions or a résumé of the shortlist, for the session's own
 * eyes. An https: source is a redirect; s3://bucket/key one to a URL that is good for some minutes; media:<path> is a file of
 * the operator's, which nginx sends in a deployment, and this daemon where there is none.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/data/crypto.h"
#include "common/base/log.h"
#include "common/http/problem.h"
#include "services/views/door.h"
#include "services/views/find_media.sql.h"
#include "services/views/handlers.h"
#include "services/views/local_media.h"
#include "services/views/media_type.h"
#include "services/views/store.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_media(struct flow *flow);
static struct next *send_captions(struct flow *flow, const struct find_media_out *out);
static struct next *send_source(struct flow *flow, const char *source, const char *file_name);

static struct next *redirect(struct flow *flow, const char *url);
static struct next *send_to_store(struct flow *flow, const char *place, const char *file_name);
static struct next *send_file(struct flow *flow, const char *path, const char *file_name);
static struct next *reply_unavailable(struct flow *flow, const char *reason);

#define PRESIGNED_S 300

struct next *show_media(struct flow *flow)
{
    const char *ref = router_param(flow, "ref");
    const char *dash = strchr(ref, '-');
    int64_t position = 0;

    if (!dash || !str_parse_int(arena_strndup(flow->arena, ref, (size_t)(dash - ref)), 1, 1000000, &position)) {
        return problem_reply(flow, 404, "not_found", "There is no such file on this page.");
    }
    struct find_media_in in = {
        .token_hash = visitor_token_hash(flow),
        .session_hash = visitor_session_hash(flow),
        .position = position,
        .reference = ref,
    };
    return find_media_query(flow, flow->daemon->pg, &in, reply_media);
}

static struct next *reply_media(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct find_media_out out = find_media_get(flow, 0);
    if (out.door != DOOR_OPEN) {
        return door_refuse(flow, out.door);
    }
    if (!out.source) {
        return problem_reply(flow, 404, "not_found", "There is no such file on this page.");
    }
    return out.is_captions ? send_captions(flow, &out) : send_source(flow, out.source, out.file_name);
}

/* A track is shown from the page's own origin alone, and holds nothing but what was made of its lines. Where this daemon has no
 * media folder of its own to make them of, the gateway sends the file. */
static struct next *send_captions(struct flow *flow, const struct find_media_out *out)
{
    const struct views_settings *settings = views_of(flow)->settings;

    if (out->webvtt) {
        return http_reply(flow, 200, "text/vtt; charset=utf-8", out->webvtt, strlen(out->webvtt));
    }
    if (str_starts_with(out->source, "media:") && settings->media_internal_prefix && !settings->media_dir) {
        return send_file(flow, out->source + strlen("media:"), NULL);
    }
    return problem_reply(flow, 404, "captions_not_ready", "The captions of this answer are not here yet.");
}

static struct next *send_source(struct flow *flow, const char *source, const char *file_name)
{
    const struct views_settings *settings = views_of(flow)->settings;

    if (str_starts_with(source, "https://") || str_starts_with(source, "http://")) {
        return redirect(flow, source);
    }
    if (str_starts_with(source, "s3://") && settings->s3_endpoint) {
        return send_to_store(flow, source + 5, file_name);
    }
    if (str_starts_with(source, "media:") && (settings->media_internal_prefix || settings->media_dir)) {
        return send_file(flow, source + 6, file_name);
    }
    return reply_unavailable(flow, "no_place_for_it");
}

static struct next *redirect(struct flow *flow, const char *url)
{
    http_set_header(flow, "Location", url);
    return http_reply_empty(flow, 302);
}

/* The store is told what to say of the object, so that neither its name nor its type there gets to the reader. */
static struct next *send_to_store(struct flow *flow, const char *place, const char *file_name)
{
    const struct s3_access access = store_access(views_of(flow));
    size_t bucket_length = strcspn(place, "/");
    const char *key = place + bucket_length + (place[bucket_length] == '/');
    struct media_type type = media_type_of(flow, key, file_name);

    const char *url =
        s3_presign_get(flow->arena, &access, arena_strndup(flow->arena, place, bucket_length), key,
                       &(const struct s3_answer){ type.content_type, type.disposition }, clock_wall_ms(), PRESIGNED_S);
    return url ? redirect(flow, url) : reply_unavailable(flow, "bad_s3_name");
}

static struct next *send_file(struct flow *flow, const char *path, const char *file_name)
{
    const struct views_settings *settings = views_of(flow)->settings;
    struct media_type type = media_type_of(flow, path, file_name);

    http_set_header(flow, "Content-Disposition", type.disposition);
    http_set_header(flow, "Content-Security-Policy", type.security_policy);
    if (!settings->media_internal_prefix) {
        return local_media_reply(flow, settings->media_dir, path, type.content_type);
    }
    return local_media_hand_over(flow, settings->media_dir, path, &type, settings->media_internal_prefix);
}

static struct next *reply_unavailable(struct flow *flow, const char *reason)
{
    log_error("media.source_not_served", LOG_TEXT("reason", reason), LOG_TEXT("request_id", flow->request_id));
    http_unset_header(flow, "Content-Disposition");
    return problem_reply(flow, 502, "media_unavailable", "This file cannot be fetched from where it is kept.");
}
