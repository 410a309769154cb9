/* group.c - the table of the consumer groups. The sweep serves all of them in any process; room and take speak of the parts
 * that this process has. */
#include "services/notifications/plan/group.h"

#include "services/notifications/mail/outbox.h"
#include "services/notifications/webhook/webhooks.h"

static const struct pg_statement plan_mails = { .name = "plan_mails", .sql =
#include "services/notifications/plan/plan_mails.sql.inc"
};

static const struct pg_statement plan_webhooks = { .name = "plan_webhooks", .sql =
#include "services/notifications/plan/plan_webhooks.sql.inc"
};

static void add_mail_params(const struct notifications *notifications, struct pg_params *params)
{
    pg_int(params, notifications->settings->mail_gather_seconds);
    pg_int(params, notifications->settings->review_settle_seconds);
}

static int room_for_mails(const struct notifications *notifications)
{
    return notifications->outbox ? outbox_room(notifications->outbox) : 0;
}

static void take_mails(const struct notifications *notifications, const char *leased, int stored)
{
    outbox_take(notifications->outbox, leased, stored);
}

/* The plan leases none: a claim does, which knows what each endpoint has in hand already. */
static int room_for_webhooks(const struct notifications *notifications)
{
    (void)notifications;
    return 0;
}

static void take_webhooks(const struct notifications *notifications, const char *leased, int stored)
{
    (void)leased;
    if (stored > 0) {
        webhooks_wake(notifications->webhooks);
    }
}

const struct group groups[] = {
    { "email", ROLE_EMAIL, &plan_mails, add_mail_params, room_for_mails, take_mails },
    { "webhook", ROLE_WEBHOOK, &plan_webhooks, NULL, room_for_webhooks, take_webhooks },
    { .name = NULL },
};
