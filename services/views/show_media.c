/* show_media.c - GET /s/{token}/media/{ref}: an avatar, a video, captions or a résumé of the shortlist, for the session's own
 * eyes. An https: source is a redirect, media:<path> is sent from the operator's MEDIA_DIR with ranges.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/log.h"
#include "common/problem.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/local_media.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_media(struct flow *flow);
static struct next *send_source(struct flow *flow, const char *source, const char *file_name);

static const struct pg_statement find_media = { "find_media",
#include "services/views/find_media.sql.inc"
};

struct next *show_media(struct flow *flow)
{
    const uint8_t *session_hash = visitor_session_hash(flow);
    const char *ref = router_param(flow, "ref");
    const char *dash = strchr(ref, '-');
    int64_t place = 0;
    struct pg_params params;

    if (!dash || !str_parse_int(arena_strndup(flow->arena, ref, (size_t)(dash - ref)), 1, 1000000, &place)) {
        return problem_reply(flow, 404, "not_found", "There is no such file on this page.");
    }
    pg_params_init(&params, flow->arena);
    pg_bytes(&params, visitor_token_hash(flow), CRYPTO_HASH_SIZE);
    if (session_hash) {
        pg_bytes(&params, session_hash, CRYPTO_HASH_SIZE);
    } else {
        pg_null(&params);
    }
    pg_int(&params, place);
    pg_text(&params, ref);
    return pg_query(flow, flow->daemon->pg, &find_media, &params, reply_media);
}

static struct next *reply_media(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    const char *state = pg_rows(flow) > 0 ? pg_get(flow, 0, 0) : "unknown";
    if (!str_equal(state, "active")) {
        return door_refuse(flow, state);
    }
    if (!pg_get_bool(flow, 0, 1)) {
        return problem_reply(flow, 401, "passcode_required", "Open the link with its passcode first.");
    }
    if (pg_is_null(flow, 0, 2)) {
        return problem_reply(flow, 404, "not_found", "There is no such file on this page.");
    }
    return send_source(flow, pg_get(flow, 0, 2), pg_is_null(flow, 0, 3) ? NULL : pg_get(flow, 0, 3));
}

static struct next *send_source(struct flow *flow, const char *source, const char *file_name)
{
    http_set_header(flow, "Referrer-Policy", "no-referrer");
    http_set_header(flow, "X-Robots-Tag", "noindex");
    if (str_starts_with(source, "https://")) {
        http_set_header(flow, "Location", source);
        return http_reply_empty(flow, 302);
    }
    if (str_starts_with(source, "media:") && views_of(flow)->settings->media_dir) {
        return local_media_reply(flow, views_of(flow)->settings->media_dir, source + 6, file_name);
    }
    log_error("media.source_not_served", LOG_TEXT("scheme", str_starts_with(source, "s3:") ? "s3" : "media"),
              LOG_TEXT("request_id", flow->request_id));
    return problem_reply(flow, 502, "media_unavailable", "This file cannot be fetched from where it is kept.");
}
