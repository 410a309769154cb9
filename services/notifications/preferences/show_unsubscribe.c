/* show_unsubscribe.c - GET /u/{token}: the page that asks how many mails somebody wants. It changes nothing, for scanners and
 * previews follow every link in a mail. */
#include "common/http/problem.h"
#include "common/http/router.h"
#include "services/notifications/handlers.h"
#include "services/notifications/preferences/show_unsubscribe.sql.h"
#include "services/notifications/preferences/unsubscribe_page.h"

static struct next *reply_page(struct flow *flow);

struct next *show_unsubscribe(struct flow *flow)
{
    struct unsubscribe *who = arena_alloc(flow->arena, sizeof *who);

    if (!unsubscribe_open(flow->arena, flow->daemon, router_param(flow, "token"), who)) {
        return unsubscribe_page_unknown(flow);
    }
    flow->state = who;
    return show_unsubscribe_query(flow, flow->daemon->pg,
                                  &(struct show_unsubscribe_in){ .account_id = who->account_id,
                                                                 .address = who->address,
                                                                 .share_link_id = who->share_link_id },
                                  reply_page);
}

static struct next *reply_page(struct flow *flow)
{
    if (pg_outcome(flow) != PG_OK) {
        return problem_reply_pg(flow);
    }
    struct show_unsubscribe_out out = show_unsubscribe_get(flow, 0);
    struct unsubscribe_present present = {
        .title = out.title,
        .is_daily = !out.is_off && str_equal(out.digest, "daily"),
        .is_first = !out.is_off && str_equal(out.opens, "first"),
        .is_muted = out.is_muted,
        .is_off = out.is_off,
    };
    return unsubscribe_page_ask(flow, flow->state, &present);
}
