/* common_settings.h - the settings that all daemons share. */
#ifndef SHARELINK_COMMON_SETTINGS_H
#define SHARELINK_COMMON_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"

/* Settings that all daemons share; the first member of each daemon's own settings struct. */
struct daemon_settings {
    const char *database_url;
    const char *redis_url;
    const char *public_url;
    const char *secret_key, *secret_key_previous;
    const char *listen, *health_listen;
    const char *trusted_proxies; /* CIDRs, divided by commas */
    int log_format, log_level;
    int64_t database_connections, database_lock_seconds, database_heavy_connections, database_heavy_waiting;
    bool database_unnamed_statements;
    int64_t connections_max, first_byte_seconds, waiting_answers_mb;
    int64_t drain_seconds;
    bool allow_cores;
    /* of guard_settings; 0 for a daemon without a guard */
    int64_t rate_limit_burst, rate_limit_per_second, session_rate_limit_burst, session_rate_limit_per_second, bad_keys_per_minute,
        idempotency_mb;
};

extern const struct config_setting common_settings[]; /* ended by a NULL name */

#endif
