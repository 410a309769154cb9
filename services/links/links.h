/* links.h - what the files of the links daemon share: its routes, and who is calling. */
#ifndef SHARELINK_LINKS_H
#define SHARELINK_LINKS_H

#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"

struct links_settings {
    struct daemon_settings common;
    int64_t link_max_age_days, scheduler_interval_ms;
    int64_t invitations_per_address, link_content_mb;
    int64_t batches_at_work, batches_waiting;
    bool allow_http_media;
};

/* What lives as long as the daemon. */
struct links_parts {
    struct scheduler *scheduler;
    struct turns *batches;
};

extern const struct route links_routes[];

static inline const struct links_settings *links_settings_of(const struct daemon *daemon)
{
    return (const struct links_settings *)daemon->settings;
}

#endif
