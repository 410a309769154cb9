/* group.c - the table of the consumer groups. The sweep serves all of them in any process, those whose role it has not,
 * too: then it leases nothing. */
#include "services/notifications/plan/group.h"

#include "services/notifications/mail/outbox.h"
#include "services/notifications/plan/plan_mails.sql.h"
#include "services/notifications/plan/plan_webhooks.sql.h"
#include "services/notifications/webhook/webhooks.h"

static struct next *plan_for_mails(struct flow *flow, struct pg_texts event_ids, flow_step *then)
{
    const struct notifications *notifications = notifications_of(flow);
    struct plan_mails_in in = {
        .event_ids = event_ids,
        .lease_s = notifications->settings->lease_seconds,
        .lease_holder = notifications->holder,
        .room = notifications->outbox ? outbox_room(notifications->outbox) : 0,
        .gather_s = notifications->settings->mail_gather_seconds,
        .settle_s = notifications->settings->review_settle_seconds,
    };

    return plan_mails_query(flow, flow->daemon->pg, &in, then);
}

static struct planned planned_mails(const struct flow *flow)
{
    struct plan_mails_out out = plan_mails_get(flow, 0);

    return (struct planned){ .leased = out.mails, .unknown = out.unknown, .stored = (int)out.stored };
}

static void take_mails(const struct notifications *notifications, const struct planned *planned)
{
    outbox_take(notifications->outbox, planned->leased, planned->stored);
}

/* The plan leases none: a claim does, which knows what each endpoint has in hand already. */
static struct next *plan_for_webhooks(struct flow *flow, struct pg_texts event_ids, flow_step *then)
{
    struct plan_webhooks_in in = { .event_ids = event_ids };

    return plan_webhooks_query(flow, flow->daemon->pg, &in, then);
}

static struct planned planned_webhooks(const struct flow *flow)
{
    struct plan_webhooks_out out = plan_webhooks_get(flow, 0);

    return (struct planned){ .unknown = out.unknown, .stored = (int)out.stored };
}

static void take_webhooks(const struct notifications *notifications, const struct planned *planned)
{
    if (planned->stored > 0) {
        webhooks_wake(notifications->webhooks);
    }
}

const struct group groups[] = {
    { "email", ROLE_EMAIL, plan_for_mails, planned_mails, take_mails },
    { "webhook", ROLE_WEBHOOK, plan_for_webhooks, planned_webhooks, take_webhooks },
    { .name = NULL },
};
