/* notifications.h - what the files of the notifications daemon share: its settings and its parts. */
#ifndef SHARELINK_NOTIFICATIONS_H
#define SHARELINK_NOTIFICATIONS_H

#include "common/daemon.h"

struct notifications_settings {
    struct daemon_settings common;
    const char *smtp_url, *smtp_ca_file, *mail_from, *consumer_name;
    bool smtp_require_tls;
    int64_t smtp_timeout_seconds;
    int64_t workers;
    int64_t mail_attempts_max;
    int64_t lease_seconds;
    int64_t sweep_interval_ms, sweep_grace_ms;
};

struct notifications {
    const struct notifications_settings *settings;
    struct outbox *outbox;
    struct stream_consumer *consumer;
    struct sweep *sweep;
};

extern const struct route notifications_routes[];

static inline const struct notifications *notifications_of(const struct flow *flow)
{
    return flow->app;
}

#endif
