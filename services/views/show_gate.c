/* show_gate.c - GET /s/{token} and /s/{token}/state: who shares, and the one button. Looking is no open: these change nothing,
 * so mail scanners and link previews may come as often as they like.
 */
#include "common/data/crypto.h"
#include "common/http/problem.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/page.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *find(struct flow *flow, flow_step *then);
static struct next *reply_page(struct flow *flow);
static struct next *reply_state(struct flow *flow);

static const struct pg_statement find_gate = { .name = "show_gate", .sql =
#include "services/views/show_gate.sql.inc"
};

static const char gate_page[] =
#include "services/views/pages/page.html.inc"
    ;
static const char closed_page[] =
#include "services/views/pages/closed.html.inc"
    ;

struct next *show_gate(struct flow *flow)
{
    return find(flow, reply_page);
}

struct next *show_state(struct flow *flow)
{
    return find(flow, reply_state);
}

static struct next *find(struct flow *flow, flow_step *then)
{
    struct pg_params params;

    pg_params_init(&params, flow->arena);
    pg_bytes(&params, visitor_token_hash(flow), CRYPTO_HASH_SIZE);
    return pg_query(flow, flow->daemon->pg, &find_gate, &params, then);
}

/* path: of a link that a new one can be asked for; else "". */
static struct next *reply_closed_page(struct flow *flow, int status, const char *path, const char *heading, const char *explanation)
{
    return page_reply(flow, status, closed_page,
                      (const struct page_value[]){
                          { "path", path }, { "heading", heading }, { "explanation", explanation }, { NULL, NULL } });
}

static struct next *reply_page(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        http_set_header(flow, "Retry-After", "1");
        return reply_closed_page(flow, 503, "", "One moment, please", "We cannot reach our records just now. Please try again in a minute.");
    }
    if (pg_rows(flow) == 0) {
        return reply_closed_page(flow, 404, "", "We do not know this link",
                                 "It may have been copied in part. Open it from the mail again, or ask the person who sent it to you.");
    }
    const char *state = pg_get(flow, 0, 0), *sender = pg_get(flow, 0, 1), *count = pg_get(flow, 0, 3);
    if (!str_equal(state, "active")) {
        const char *heading = str_equal(state, "expired") ? "This link has expired" : "This link was switched off";
        return reply_closed_page(flow, 410, visitor_path(flow), heading,
                                 arena_printf(flow->arena, "%s shared interviews with you here. You can ask %s for a new link.", sender, sender));
    }
    return page_reply(flow, 200, gate_page,
                      (const struct page_value[]){ { "sender", sender },
                                                   { "count", count },
                                                   { "candidates", str_equal(count, "1") ? "candidate" : "candidates" },
                                                   { "path", visitor_path(flow) },
                                                   { NULL, NULL } });
}

static struct next *reply_state(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    if (pg_rows(flow) == 0) {
        return door_refuse(flow, "unknown");
    }
    struct buf reply = { 0 };
    buf_printf(&reply, "{\"state\":\"%s\",\"sender_name\":", pg_get(flow, 0, 0));
    buf_add_json(&reply, pg_get(flow, 0, 1), pg_get_length(flow, 0, 1));
    buf_add_text(&reply, ",\"requires\":\"passcode\"}");
    struct next *next = http_reply_json(flow, 200, reply.data);
    buf_clear(&reply);
    return next;
}
