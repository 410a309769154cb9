/* show_gate.c - GET /s/{token} and /s/{token}/state: who shares, and the one button. Looking is no open: these change nothing,
 * so mail scanners and link previews may come as often as they like.
 */
#include <string.h>

#include "common/http/problem.h"
#include "services/views/door.h"
#include "services/views/handlers.h"
#include "services/views/page.h"
#include "services/views/show_gate.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *find(struct flow *flow, flow_step *then);
static struct next *reply_page(struct flow *flow);
static struct next *reply_state(struct flow *flow);

static struct next *reply_closed_page(struct flow *flow, int status, const char *path, const char *heading,
                                      const char *explanation);
static struct next *reply_gate_page(struct flow *flow, const struct show_gate_out *out);
static struct next *reply_over_page(struct flow *flow, const char *heading, const char *sender);

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
    struct show_gate_in in = { .token_hash = visitor_token_hash(flow) };

    return show_gate_query(flow, flow->daemon->pg, &in, then);
}

static struct next *reply_page(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        http_set_header(flow, "Retry-After", "1");
        return reply_closed_page(flow, 503, "", "One moment, please",
                                 "We cannot reach our records just now. Please try again in a minute.");
    }
    struct show_gate_out out = show_gate_get(flow, 0);
    switch (out.state) {
    case SHOW_GATE_STATE_ACTIVE:
        return reply_gate_page(flow, &out);
    case SHOW_GATE_STATE_EXPIRED:
        return reply_over_page(flow, "This link has expired", out.sender_name);
    case SHOW_GATE_STATE_DEACTIVATED:
        return reply_over_page(flow, "This link was switched off", out.sender_name);
    case SHOW_GATE_STATE_UNKNOWN:
        break;
    }
    return reply_closed_page(
        flow, 404, "", "We do not know this link",
        "It may have been copied in part. Open it from the mail again, or ask the person who sent it to you.");
}

static struct next *reply_gate_page(struct flow *flow, const struct show_gate_out *out)
{
    return page_reply(
        flow, 200, gate_page,
        (const struct page_value[]){ { "sender", out->sender_name },
                                     { "count", arena_printf(flow->arena, "%lld", (long long)out->interview_count) },
                                     { "candidates", out->interview_count == 1 ? "candidate" : "candidates" },
                                     { "path", visitor_path(flow) },
                                     { "language", "en" },
                                     { NULL, NULL } });
}

static struct next *reply_over_page(struct flow *flow, const char *heading, const char *sender)
{
    return reply_closed_page(
        flow, 410, visitor_path(flow), heading,
        arena_printf(flow->arena, "%s shared interviews with you here. You can ask %s for a new link.", sender, sender));
}

/* path: of a link that a new one can be asked for; else "". */
static struct next *reply_closed_page(struct flow *flow, int status, const char *path, const char *heading,
                                      const char *explanation)
{
    return page_reply(
        flow, status, closed_page,
        (const struct page_value[]){
            { "path", path }, { "heading", heading }, { "explanation", explanation }, { "language", "en" }, { NULL, NULL } });
}

static struct next *reply_state(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct show_gate_out out = show_gate_get(flow, 0);
    if (out.state == SHOW_GATE_STATE_UNKNOWN) {
        return door_refuse(flow, DOOR_UNKNOWN);
    }
    struct buf reply = { 0 };
    buf_printf(&reply, "{\"state\":\"%s\",\"sender_name\":", show_gate_state_values[out.state]);
    buf_add_json(&reply, out.sender_name, strlen(out.sender_name));
    buf_add_text(&reply, ",\"requires\":\"passcode\"}");
    struct next *next = http_reply_json(flow, 200, reply.data);
    buf_clear(&reply);
    return next;
}
