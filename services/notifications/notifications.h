/* notifications.h - what the files of the notifications daemon share: its settings, its roles and its parts. */
#ifndef SHARELINK_NOTIFICATIONS_H
#define SHARELINK_NOTIFICATIONS_H

#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"

/* What a process does; see roles.c. A set of them is a bit each. */
enum role { ROLE_EMAIL = 1, ROLE_WEBHOOK = 2, ROLE_FEED = 4, ROLE_SWEEP = 8 };

struct notifications_settings {
    struct daemon_settings common;
    const char *roles;
    const char *smtp_url, *smtp_require_tls, *smtp_ca_file, *mail_from, *consumer_name;
    int64_t smtp_timeout_seconds;
    int64_t workers;
    int64_t mail_attempts_max, mail_uncertain_seconds;
    int64_t mail_gather_seconds, review_settle_seconds, expiry_warning_hours;
    int64_t lease_seconds;
    int64_t sweep_interval_ms, sweep_grace_ms;
    const char *webhook_allow_networks, *webhook_retry_seconds, *webhook_ca_file;
    const char *feed_allow_origins;
    int64_t feed_heartbeat_seconds, feed_streams_per_key, feed_streams_per_session, feed_streams_per_account;
    int64_t webhook_workers, webhook_endpoint_workers, webhook_timeout_seconds, webhook_disable_after_seconds;
};

enum { GROUPS_MAX = 4 };

/* Parts of roles that this process has not are NULL. */
struct notifications {
    const struct notifications_settings *settings;
    unsigned roles;
    const char *holder;                /* this process's name as a lease holder and as a consumer */
    struct pg_pool *planning;          /* what may be locked or slow has connections of its own */
    struct pg_work *plans[GROUPS_MAX]; /* of all groups */
    struct fetch_pool *fetch;
    struct outbox *outbox;
    struct webhooks *webhooks;
    struct feed *feed;
    struct stream_consumer *consumers[GROUPS_MAX]; /* of the groups of our roles, in the order of groups */
    struct sweep *sweep;
};

extern const struct route notifications_routes[];

static inline const struct notifications *notifications_of(const struct flow *flow)
{
    return flow->app;
}

#endif
