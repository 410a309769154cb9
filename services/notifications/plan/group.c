/* group.c - the table of the consumer groups. The sweep serves all of them in any process, those whose role it has not,
 * too: then it leases nothing. */
#include "services/notifications/plan/group.h"

#include "common/base/clock.h"
#include "services/notifications/mail/outbox.h"
#include "services/notifications/plan/condemn_mails.sql.h"
#include "services/notifications/plan/condemn_webhooks.sql.h"
#include "services/notifications/plan/plan_mails.sql.h"
#include "services/notifications/plan/plan_webhooks.sql.h"
#include "services/notifications/webhook/webhooks.h"

static struct next *plan_for_mails(struct flow *flow, struct pg_texts event_ids, struct pg_limits limits, flow_step *then)
{
    const struct notifications *notifications = notifications_of(flow);
    struct plan_mails_in in = {
        .event_ids = event_ids,
        .lease_s = notifications->settings->lease_seconds,
        .lease_holder = notifications->holder,
        .room = notifications->outbox ? outbox_room(notifications->outbox) : 0,
        .gather_s = notifications->settings->mail_gather_seconds,
        .settle_s = notifications->settings->review_settle_seconds,
        .asked_us = clock_boot_us(),
    };
    struct pg_params params;

    plan_mails_params(&params, flow->arena, &in);
    params.limits = limits;
    return pg_query(flow, notifications->planning, &plan_mails_statement, &params, then);
}

static struct planned planned_mails(const struct flow *flow)
{
    struct plan_mails_out out = plan_mails_get(flow, 0);

    return (struct planned){ .leased = out.mails, .asked_us = out.asked_us, .unknown = out.unknown, .stored = (int)out.stored };
}

static void take_mails(const struct notifications *notifications, const struct planned *planned)
{
    outbox_take(notifications->outbox, planned->leased, planned->stored, planned->asked_us);
}

static struct next *condemn_mail(struct flow *flow, const char *event_id, const char *error, flow_step *then)
{
    struct condemn_mails_in in = { .event_id = event_id, .error = error };

    return condemn_mails_query(flow, notifications_of(flow)->planning, &in, then);
}

static int64_t condemned_mails(const struct flow *flow)
{
    return condemn_mails_get(flow, 0).condemned;
}

/* The plan leases none: a claim does, which knows what each endpoint has in hand already. */
static struct next *plan_for_webhooks(struct flow *flow, struct pg_texts event_ids, struct pg_limits limits, flow_step *then)
{
    const struct notifications *notifications = notifications_of(flow);
    struct plan_webhooks_in in = {
        .event_ids = event_ids,
        .settle_s = notifications->settings->review_settle_seconds,
    };
    struct pg_params params;

    plan_webhooks_params(&params, flow->arena, &in);
    params.limits = limits;
    return pg_query(flow, notifications->planning, &plan_webhooks_statement, &params, then);
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

static struct next *condemn_webhook(struct flow *flow, const char *event_id, const char *error, flow_step *then)
{
    struct condemn_webhooks_in in = { .event_id = event_id, .error = error };

    return condemn_webhooks_query(flow, notifications_of(flow)->planning, &in, then);
}

static int64_t condemned_webhooks(const struct flow *flow)
{
    return condemn_webhooks_get(flow, 0).condemned;
}

const struct group groups[] = {
    { "email", "plan_mails", ROLE_EMAIL, plan_for_mails, planned_mails, take_mails, condemn_mail, condemned_mails },
    { "webhook", "plan_webhooks", ROLE_WEBHOOK, plan_for_webhooks, planned_webhooks, take_webhooks, condemn_webhook,
      condemned_webhooks },
    { .name = NULL },
};
