/* show_content.c - GET /s/{token}/content: the shortlist as this link's settings let it be seen. The statement redacts; this
 * file only decides between the content and the reasons for none.
 */
#include "common/crypto.h"
#include "common/problem.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_content(struct flow *flow);

static const struct pg_statement find_content = { "show_content",
#include "services/views/show_content.sql.inc"
};

struct next *show_content(struct flow *flow)
{
    const uint8_t *session_hash = visitor_session_hash(flow);
    struct pg_params params;

    if (http_query_string(flow)) {
        struct faults *faults = faults_new(flow->arena);
        faults_add(faults, "?", "unknown_parameter", "The content takes no parameters.");
        return faults_reply(flow, faults);
    }
    pg_params_init(&params, flow->arena);
    pg_bytes(&params, visitor_token_hash(flow), CRYPTO_HASH_SIZE);
    if (session_hash) {
        pg_bytes(&params, session_hash, CRYPTO_HASH_SIZE);
    } else {
        pg_null(&params);
    }
    pg_text(&params, arena_printf(flow->arena, "%s/media/", visitor_path(flow)));
    return pg_query(flow, flow->daemon->pg, &find_content, &params, reply_content);
}

static struct next *reply_content(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return door_refuse(flow, "unknown");
    }
    const char *state = pg_get(flow, 0, 0);
    if (!str_equal(state, "active")) {
        return door_refuse(flow, state);
    }
    if (!pg_get_bool(flow, 0, 1)) {
        return problem_reply(flow, 401, "passcode_required", "Open the link with its passcode first.");
    }
    return http_reply_json(flow, 200, pg_get(flow, 0, 2));
}
