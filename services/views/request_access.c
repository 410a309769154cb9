/* request_access.c - POST /s/{token}/request-access: asks the owner for a new link. It needs no session, and works where the
 * link is over; that is what it is for.
 *
 * The owner is told once an hour at most by each, and so often by all together. The answer is the same each time, so that it
 * tells nobody who else has asked. The page's form asks the same where there is no script, and is answered by a page.
 */
#include <strings.h>

#include "common/http/fields.h"
#include "common/data/id.h"
#include "common/http/problem.h"
#include "common/redis/stream.h"
#include "services/views/door.h"
#include "services/views/gate_page.h"
#include "services/views/handlers.h"
#include "services/views/page.h"
#include "services/views/request_access.sql.h"
#include "services/views/views.h"
#include "services/views/visitor.h"

static struct next *reply_requested(struct flow *flow);

static bool is_form(struct flow *flow);
static struct next *reply_form(struct flow *flow, const struct request_access_out *out);

struct next *request_access(struct flow *flow)
{
    struct next *refusal = NULL;
    char event_id[ID_SIZE];

    if (!is_form(flow) && !fields_none_sent(flow, &refusal)) {
        return refusal;
    }
    id_new(event_id, "evt_");
    struct request_access_in in = {
        .token_hash = visitor_token_hash(flow),
        .mails_max = views_of(flow)->settings->access_requests_per_owner,
        .event_id = event_id,
        .request_id = flow->request_id,
        .traceparent = flow->traceparent,
    };
    return request_access_query(flow, flow->daemon->pg, &in, reply_requested);
}

/* As a browser sends one by itself; there is nothing in it. */
static bool is_form(struct flow *flow)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = http_header(flow, "Content-Type");

    return type && strncasecmp(type, form, sizeof form - 1) == 0;
}

static struct next *reply_requested(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct request_access_out out = request_access_get(flow, 0);
    switch (out.outcome) {
    case REQUEST_ACCESS_REQUESTED:
        if (out.event) {
            stream_add(flow->daemon->redis, STREAM_VIEWS, "sharelink.link.access_requested.v1", out.event);
        }
        return is_form(flow) ? reply_form(flow, &out) : http_reply_json(flow, 202, "{\"status\":\"requested\"}");
    case REQUEST_ACCESS_TOO_MANY_MAILS:
        http_set_header(flow, "Retry-After", arena_printf(flow->arena, "%lld", (long long)out.retry_s));
        return problem_reply(flow, 429, "too_many_mails",
                             "The person who shared this has been asked many times within the hour. Ask again later.");
    case REQUEST_ACCESS_UNKNOWN:
        break;
    }
    return door_refuse(flow, DOOR_UNKNOWN);
}

static struct next *reply_form(struct flow *flow, const struct request_access_out *out)
{
    struct page page = {
        .language = words_choose(out->reviewer_locale, http_header(flow, "Accept-Language"), out->account_locale),
        .locale = out->reviewer_locale,
        .brand = { .name = out->brand_name, .accent = out->brand_accent, .logo = out->brand_logo },
    };

    return gate_page_reply_asked(flow, &page, out->sender_name, out->is_open, out->is_basic);
}
