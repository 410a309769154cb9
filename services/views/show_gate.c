/* show_gate.c - GET /s/{token} and /s/{token}/state: who shares, and the one button. Looking is no open: these change nothing,
 * so mail scanners and link previews may come as often as they like.
 */
#include <string.h>

#include "common/http/problem.h"
#include "services/views/door.h"
#include "services/views/gate_page.h"
#include "services/views/handlers.h"
#include "services/views/show_gate.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *find(struct flow *flow, flow_step *then);
static struct next *reply_page(struct flow *flow);
static struct next *reply_state(struct flow *flow);

static void add_reason(struct flow *flow, struct buf *to, const struct show_gate_out *out);
static struct page page_of(struct flow *flow, const struct show_gate_out *out);
static struct gate gate_of(const struct show_gate_out *out);

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
    struct show_gate_in in = { .token_hash = visitor_token_hash(flow), .session_hash = visitor_session_hash(flow) };

    return show_gate_query(flow, flow->daemon->pg, &in, then);
}

static struct next *reply_page(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        http_set_header(flow, "Retry-After", "1");
        return gate_page_say(flow, 503, PAGES_AWAY_HEADING, PAGES_AWAY_TEXT, true);
    }
    struct show_gate_out out = show_gate_get(flow, 0);
    if (out.state == SHOW_GATE_STATE_UNKNOWN) {
        return gate_page_say(flow, 404, PAGES_UNKNOWN_HEADING, PAGES_UNKNOWN_TEXT, false);
    }
    struct page page = page_of(flow, &out);
    struct gate gate = gate_of(&out);
    return out.state == SHOW_GATE_STATE_ACTIVE ? gate_page_reply(flow, &page, &gate) : gate_page_reply_over(flow, &page, &gate);
}

static struct page page_of(struct flow *flow, const struct show_gate_out *out)
{
    return (struct page){
        .language = words_choose(out->reviewer_locale, http_header(flow, "Accept-Language"), out->account_locale),
        .locale = out->reviewer_locale,
        .brand = { .name = out->brand_name, .accent = out->brand_accent, .logo = out->brand_logo },
    };
}

static struct gate gate_of(const struct show_gate_out *out)
{
    return (struct gate){
        .sender = out->sender_name,
        .session = show_gate_session_values[out->session],
        .candidate_count = out->interview_count,
        .job_count = out->job_count,
        .seconds = out->seconds,
        .expires_at = out->expires_at,
        .closed_at = out->closed_at,
        .closed_code = out->closed_code,
        .is_expired = out->state == SHOW_GATE_STATE_EXPIRED,
    };
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
    buf_add_text(&reply, ",\"requires\":\"passcode\",\"reason\":");
    add_reason(flow, &reply, &out);
    buf_add_text(&reply, "}");
    http_set_header(flow, "Vary", "Accept-Language");
    struct next *next = http_reply_json(flow, 200, reply.data);
    buf_clear(&reply);
    return next;
}

static void add_reason(struct flow *flow, struct buf *to, const struct show_gate_out *out)
{
    struct page page = page_of(flow, out);
    struct gate gate = gate_of(out);

    if (out->state == SHOW_GATE_STATE_ACTIVE) {
        buf_add_text(to, "null");
        return;
    }
    const char *reason = gate_page_why_over(flow, &page, &gate);
    buf_add_json(to, reason, strlen(reason));
}
