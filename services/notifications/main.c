/* main.c - the notifications daemon: turns events into mails and webhooks, streams them, and knows what became of each.
 *
 * It owns deliveries in the schema notifications. Events reach it by the streams at once, or by the sweep from events.log
 * when Redis could not tell; both ways end in settle_events.c, and every mail goes out through outbox.c. Start reading there.
 * One process may have all roles or some of them (roles.c): each starts its own parts alone.
 */
#include <string.h>
#include <unistd.h>

#include "common/daemon/daemon.h"
#include "common/fetch/fetch.h"
#include "common/daemon/guard.h"
#include "common/mail/mail.h"
#include "common/data/networks.h"
#include "services/notifications/feed/feed.h"
#include "services/notifications/feed/feed_origins.h"
#include "services/notifications/plan/group_consumer.h"
#include "services/notifications/plan/settle_events.h"
#include "services/notifications/notifications.h"
#include "services/notifications/mail/outbox.h"
#include "services/notifications/roles.h"
#include "services/notifications/plan/sweep.h"
#include "services/notifications/webhook/webhooks.h"

/* Each consumer, each group's turn of the sweep and its retries, and what time asks for, with one of them stuck at a time. */
enum { PLANNING_CONNECTIONS = 4 };

#define FIELD(member) offsetof(struct notifications_settings, member)

static const struct config_setting settings[] = {
    { .name = "ROLES",
      .kind = CONFIG_TEXT,
      .offset = FIELD(roles),
      .fallback = "email,webhook,feed,sweep",
      .check = roles_check,
      .about = "What this process does: email, webhook, feed and sweep, divided by commas." },
    { .name = "SMTP_URL",
      .kind = CONFIG_TEXT,
      .offset = FIELD(smtp_url),
      .optional = true,
      .secret = true,
      .check = mail_check_url,
      .about = "Required for the role email. The mail server: smtp://[user:password@]host[:port], or smtps:// for TLS from the "
               "first byte." },
    { .name = "SMTP_REQUIRE_TLS",
      .kind = CONFIG_TEXT,
      .offset = FIELD(smtp_require_tls),
      .optional = true,
      .check = mail_check_tls,
      .about = "Send no mail by smtp:// unless the server offers STARTTLS with a certificate that we trust: on or off. On when "
               "nothing is said, but for a server on this machine or a host without a dot." },
    { .name = "SMTP_CA_FILE",
      .kind = CONFIG_TEXT,
      .offset = FIELD(smtp_ca_file),
      .optional = true,
      .check = config_check_certificates,
      .about = "Certificates (PEM) to trust for SMTP instead of the system's." },
    { .name = "SMTP_TIMEOUT_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(smtp_timeout_seconds),
      .fallback = "30",
      .min = 1,
      .max = 600,
      .about = "How long one mail's conversation with the server may take." },
    { .name = "MAIL_FROM",
      .kind = CONFIG_TEXT,
      .offset = FIELD(mail_from),
      .optional = true,
      .check = mail_check_from,
      .about = "Required for the role email. The sender of all mails: an address, or Name <address>." },
    { .name = "WORKERS",
      .kind = CONFIG_INT,
      .offset = FIELD(workers),
      .fallback = "8",
      .min = 1,
      .max = 128,
      .about = "Mails that one process sends at the same time." },
    { .name = "MAIL_ATTEMPTS_MAX",
      .kind = CONFIG_INT,
      .offset = FIELD(mail_attempts_max),
      .fallback = "300",
      .min = 1,
      .max = 10000,
      .about =
          "Tries of one mail before it becomes a dead letter; the pauses between them grow to five minutes, so 300 is a day." },
    { .name = "MAIL_UNCERTAIN_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(mail_uncertain_seconds),
      .fallback = "300",
      .min = 1,
      .max = 86400,
      .about =
          "How long a mail of which the server did not say what became of it waits for its one more try, unless another mail "
          "goes through." },
    { .name = "MAIL_GATHER_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(mail_gather_seconds),
      .fallback = "3600",
      .min = 0,
      .max = 86400,
      .about = "How long a reviewer's later opens are gathered into one mail; 0 sends a mail for each." },
    { .name = "REVIEW_SETTLE_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(review_settle_seconds),
      .fallback = "120",
      .min = 0,
      .max = 86400,
      .about =
          "How long a reviewer's feedback must have rested before a mail tells of it, and how long a webhook waits for further "
          "changes of a review; 0 sends a mail and a webhook for each change." },
    { .name = "EXPIRY_WARNING_HOURS",
      .kind = CONFIG_INT,
      .offset = FIELD(expiry_warning_hours),
      .fallback = "48",
      .min = 0,
      .max = 8760,
      .about = "How long before a link expires its owner is warned; 0 warns nobody." },
    { .name = "WEBHOOK_ALLOW_NETWORKS",
      .kind = CONFIG_TEXT,
      .offset = FIELD(webhook_allow_networks),
      .optional = true,
      .check = networks_check,
      .about = "CIDRs, divided by commas, that webhooks may go to although they are not public; empty allows none." },
    { .name = "WEBHOOK_WORKERS",
      .kind = CONFIG_INT,
      .offset = FIELD(webhook_workers),
      .fallback = "64",
      .min = 1,
      .max = 1000,
      .about = "Webhooks that one process posts at the same time." },
    { .name = "WEBHOOK_ENDPOINT_WORKERS",
      .kind = CONFIG_INT,
      .offset = FIELD(webhook_endpoint_workers),
      .fallback = "4",
      .min = 1,
      .max = 1000,
      .about = "Those of them to one endpoint, so that a slow one does not hold up the others." },
    { .name = "WEBHOOK_TIMEOUT_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(webhook_timeout_seconds),
      .fallback = "15",
      .min = 1,
      .max = 60,
      .about = "How long an endpoint may take to answer, from the connect to the answer's end." },
    { .name = "WEBHOOK_RETRY_SECONDS",
      .kind = CONFIG_TEXT,
      .offset = FIELD(webhook_retry_seconds),
      .fallback = "5,300,1800,7200,18000,36000,36000",
      .check = webhooks_check_schedule,
      .about = "Pauses before the tries after the first; then a webhook is a dead letter." },
    { .name = "WEBHOOK_DISABLE_AFTER_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(webhook_disable_after_seconds),
      .fallback = "432000",
      .min = 0,
      .max = 31536000,
      .about = "How long an endpoint may fail, without a success, before it is switched off." },
    { .name = "WEBHOOK_CA_FILE",
      .kind = CONFIG_TEXT,
      .offset = FIELD(webhook_ca_file),
      .optional = true,
      .check = config_check_certificates,
      .about = "Certificates (PEM) to trust for webhooks instead of the system's." },
    { .name = "FEED_HEARTBEAT_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(feed_heartbeat_seconds),
      .fallback = "14",
      .min = 1,
      .max = 14,
      .about = "How long nothing is sent to a listener of the feed before a comment is." },
    { .name = "FEED_STREAMS_PER_KEY",
      .kind = CONFIG_INT,
      .offset = FIELD(feed_streams_per_key),
      .fallback = "20",
      .min = 1,
      .max = 100000,
      .about = "Event streams that one API key may have open at this process." },
    { .name = "FEED_STREAMS_PER_SESSION",
      .kind = CONFIG_INT,
      .offset = FIELD(feed_streams_per_session),
      .fallback = "4",
      .min = 1,
      .max = 100000,
      .about = "Event streams that one session of the console may have open at this process." },
    { .name = "FEED_STREAMS_PER_ACCOUNT",
      .kind = CONFIG_INT,
      .offset = FIELD(feed_streams_per_account),
      .fallback = "100",
      .min = 1,
      .max = 100000,
      .about = "Event streams that all API keys of an account together may have open at this process; its sessions of the "
               "console, too." },
    { .name = "FEED_ALLOW_ORIGINS",
      .kind = CONFIG_TEXT,
      .offset = FIELD(feed_allow_origins),
      .optional = true,
      .check = feed_origins_check,
      .about =
          "Origins, divided by commas, whose pages may follow the feed with an API key (CORS); empty allows none but our own." },
    { .name = "LEASE_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(lease_seconds),
      .fallback = "15",
      .min = 2,
      .max = 600,
      .about = "How long a mail or webhook stays with a worker that is not heard of any more; a worker begins none that it holds "
               "for longer." },
    { .name = "SWEEP_INTERVAL_MS",
      .kind = CONFIG_INT,
      .offset = FIELD(sweep_interval_ms),
      .fallback = "1000",
      .min = 10,
      .max = 60000,
      .about = "How often events.log is searched for events that no stream has brought." },
    { .name = "SWEEP_GRACE_MS",
      .kind = CONFIG_INT,
      .offset = FIELD(sweep_grace_ms),
      .fallback = "2000",
      .min = 0,
      .max = 600000,
      .about = "How long the streams may take before the sweep brings an event." },
    { .name = "CONSUMER_NAME",
      .kind = CONFIG_TEXT,
      .offset = FIELD(consumer_name),
      .optional = true,
      .about = "This process's name in its consumer group, stable over restarts; the host's name and port when not given." },
    { .name = NULL },
};

/* A value that was refused has its line already. */
static int require(const char *variable, const char *value, struct buf *faults)
{
    if (value || (faults->data && strstr(faults->data, variable))) {
        return 0;
    }
    buf_printf(faults, "%s: is required for the role email; set it, or %s_FILE\n", variable, variable);
    return 1;
}

static int check_settings(const void *given, struct buf *faults)
{
    const struct notifications_settings *wanted = given;

    if (!wanted->roles || !(roles_of(wanted->roles) & ROLE_EMAIL)) {
        return 0;
    }
    return require("SHARELINK_SMTP_URL", wanted->smtp_url, faults) + require("SHARELINK_MAIL_FROM", wanted->mail_from, faults);
}

static const char *name_of_process(struct arena *arena, const struct notifications_settings *given)
{
    char host[200] = "";

    gethostname(host, sizeof host - 1);
    return given->consumer_name ? given->consumer_name : arena_printf(arena, "%s/%s", host, given->common.listen);
}

static void start(struct daemon *daemon)
{
    struct notifications *notifications = arena_alloc(daemon->arena, sizeof *notifications);

    notifications->settings = (const struct notifications_settings *)daemon->settings;
    notifications->roles = roles_of(notifications->settings->roles);
    notifications->holder = name_of_process(daemon->arena, notifications->settings);
    daemon->app = notifications;
    daemon->guard = guard_new(daemon);
    notifications->planning = pg_pool_new(daemon->base, &(struct pg_pool_options){
                                                            .name = "notifications-planning",
                                                            .url = daemon->settings->database_url,
                                                            .connections = PLANNING_CONNECTIONS,
                                                            .queue_limit = 64,
                                                            .answer_limit_ms = 10000,
                                                            .has_limits = true,
                                                            .unnamed = daemon->settings->database_unnamed_statements,
                                                        });
    for (size_t i = 0; groups[i].name; i++) {
        notifications->plans[i] = settle_events_work(daemon, notifications, &groups[i]);
    }
    notifications->fetch =
        fetch_pool_new(daemon->base, &(struct fetch_options){
                                         .allow_networks = notifications->settings->webhook_allow_networks,
                                         .ca_file = notifications->settings->webhook_ca_file,
                                         .user_agent = "Sharelink-Webhooks/" SHARELINK_VERSION,
                                         .connect_limit_ms = 5000,
                                         .total_limit_ms = (int)notifications->settings->webhook_timeout_seconds * 1000,
                                         .answer_max = 8192,
                                     });
    if (notifications->roles & ROLE_FEED) {
        notifications->feed = feed_new(daemon, notifications->settings);
    }
    if (notifications->roles & ROLE_WEBHOOK) {
        notifications->webhooks = webhooks_new(daemon, notifications);
    }
    if (notifications->roles & ROLE_EMAIL) {
        notifications->outbox = outbox_new(daemon, notifications);
    }
    for (size_t i = 0; groups[i].name; i++) {
        if (notifications->roles & groups[i].role) {
            notifications->consumers[i] = group_consumer_new(daemon, notifications, &groups[i]);
        }
    }
    if (notifications->roles & ROLE_SWEEP) {
        notifications->sweep = sweep_new(daemon, notifications);
    }
}

static bool is_connected(struct daemon *daemon)
{
    const struct notifications *notifications = daemon->app;

    return guard_is_connected(daemon->guard) && pg_pool_is_ready(notifications->planning);
}

static void drain(struct daemon *daemon)
{
    struct notifications *notifications = daemon->app;

    for (size_t i = 0; i < GROUPS_MAX; i++) {
        if (notifications->consumers[i]) {
            stream_consumer_pause(notifications->consumers[i]);
        }
    }
    for (size_t i = 0; groups[i].name; i++) {
        pg_work_pause(notifications->plans[i]);
    }
    if (notifications->sweep) {
        sweep_pause(notifications->sweep);
    }
    if (notifications->feed) {
        feed_pause(notifications->feed);
    }
    if (notifications->webhooks) {
        webhooks_pause(notifications->webhooks);
    }
    if (notifications->outbox) {
        outbox_pause(notifications->outbox);
    }
}

static bool is_quiet(struct daemon *daemon)
{
    const struct notifications *notifications = daemon->app;

    return flow_count() == 0 && (!notifications->outbox || outbox_is_empty(notifications->outbox)) &&
           (!notifications->webhooks || webhooks_is_empty(notifications->webhooks)) &&
           (!notifications->feed || feed_is_quiet(notifications->feed));
}

static void stop(struct daemon *daemon)
{
    struct notifications *notifications = daemon->app;

    if (notifications->sweep) {
        sweep_free(notifications->sweep);
    }
    for (size_t i = 0; i < GROUPS_MAX; i++) {
        if (notifications->consumers[i]) {
            stream_consumer_free(notifications->consumers[i]);
        }
    }
    if (notifications->feed) {
        feed_free(notifications->feed);
    }
    if (notifications->webhooks) {
        webhooks_free(notifications->webhooks);
    }
    fetch_pool_free(notifications->fetch);
    if (notifications->outbox) {
        outbox_free(notifications->outbox);
    }
    for (size_t i = 0; groups[i].name; i++) {
        pg_work_free(notifications->plans[i]);
    }
    pg_pool_free(notifications->planning);
    guard_free(daemon->guard);
}

int main(int argc, char **argv)
{
    static const struct daemon_spec notifications = {
        .name = "notifications",
        .about = "mails and webhooks that events ask for, and the feed of events",
        .settings_size = sizeof(struct notifications_settings),
        .settings = settings,
        .check_settings = check_settings,
        .routes = notifications_routes,
        .openapi = {
#include "proto/openapi/notifications.inc"
        },
        .guard = feed_origins_guard,
        .guard_settings = guard_settings,
        .start = start,
        .is_connected = is_connected,
        .drain = drain,
        .is_quiet = is_quiet,
        .stop = stop,
    };
    return daemon_main(&notifications, argc, argv);
}
